"""What the benchmark refuses and shows, and whether the committed page shows the committed results."""

import pathlib

from mtmd_tf.benchmarks.figures import Bench, Figure, Machine, Section
from mtmd_tf.benchmarks.page import BEGIN, END, between_marks, shown
from mtmd_tf.jobs import bench
from tests.mtmd_tf.jobs.recipe import call, ended

CHECKOUT = pathlib.Path(__file__).parents[3]
RESULTS, PAGE = CHECKOUT / "docs/results/bench", CHECKOUT / "docs/performance.md"


def test_an_unknown_section_or_curve_is_refused_with_the_choices() -> None:
    said = ended(bench, "--only=trainning").stderr
    assert said == "error: --only has 'trainning'; choose from ['training', 'serving', 'labels'].\n"
    assert ended(bench, "--curves", "--only=training").stderr.startswith(
        "error: --only has 'training'; choose from ['surfaces', 'tasks', 'candidates',"
    )


def test_results_are_shown_again_without_measuring(tmp_path, capsys) -> None:
    said = ended(bench, "--rebuild", f"--results={tmp_path}").stderr
    assert said == (
        f"error: {tmp_path} has neither bench.json nor curves.json; python -m mtmd_tf.jobs.bench makes them.\n"
    )
    figure = Figure(name="fast", value=12.0, unit="times", target=10.0)
    Bench(rounds=3, sections={"training": Section(figures=(figure,), seconds=60.0)}).save(tmp_path)
    call(bench, "--rebuild", f"--results={tmp_path}")
    assert "| fast   | 12 times | at least 10 |           1.20 | yes |" in capsys.readouterr().out
    assert "| fast " in (tmp_path / "bench.md").read_text()


def test_figures_of_another_machine_are_not_mixed_with_these(tmp_path, monkeypatch) -> None:
    def of(cores: int) -> Machine:
        return Machine(processor="x", cores=cores, instructions=(), float32=1.0, bfloat16=1.0, bandwidth=1.0)

    Bench(rounds=7, machine=of(64)).save(tmp_path)
    monkeypatch.setattr("mtmd_tf.benchmarks.machine.measure_machine", lambda: of(2))
    assert ended(bench, "--only=labels", f"--results={tmp_path}").stderr == (
        f"error: {tmp_path} has figures of 64 cores of x, and here are 2 of x: leave out --only, or give another "
        "--results.\n"
    )


def test_medians_of_other_rounds_are_not_mixed_with_these(tmp_path) -> None:
    Bench(rounds=3).save(tmp_path)
    assert ended(bench, "--only=labels", f"--results={tmp_path}").stderr == (
        f"error: {tmp_path} has medians of 3 rounds: say --rounds=3, leave out --only, or give another --results.\n"
    )


def test_the_committed_page_shows_the_committed_results() -> None:
    # Otherwise run: python -m mtmd_tf.jobs.bench --rebuild --results=docs/results/bench --page=docs/performance.md
    text = PAGE.read_text(encoding="utf-8")
    if RESULTS.exists():
        assert between_marks(text, shown(RESULTS, link="results/bench"), name=str(PAGE)) == text
    else:
        assert f"{BEGIN}\n{END}" in text
