"""The ladder from plan to page, with trainings that only leave what a finished run leaves."""

import dataclasses
import pathlib
import shutil

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.answer import answer
from mtmd_tf.experiments.ladder import report, training
from mtmd_tf.experiments.ladder.measure import measure
from mtmd_tf.experiments.ladder.progress import Progress
from mtmd_tf.experiments.ladder.recipe import Line, Recipe, variants_of
from mtmd_tf.experiments.ladder.records import LadderFolder
from mtmd_tf.experiments.ladder.rungs import rungs_named
from mtmd_tf.experiments.ladder.training import train_rung
from mtmd_tf.sizing.facts import NOMINAL
from tests.mtmd_tf.experiments.finished import leave_run
from tests.mtmd_tf.experiments.ladder.test_recipe import a_recipe

ERROR = {"single_slice": 1.0, "mtmd": 0.5, "mmoe": 0.8}


class Trainer:
    """Trains nothing; counts."""

    def __init__(self, *, labels: str = "one") -> None:
        self.labels, self.trained, self.prepared = labels, [], []

    def prepare(self, rung) -> pathlib.Path:
        self.prepared.append(rung.name)
        return pathlib.Path(self.labels)

    def command(self, data, run, folder) -> list[str]:
        self.trained.append(run.title)
        leave_run(run, folder, error=ERROR[run.model.architecture])
        return ["-c", "pass"]


FACTS = {
    name: dataclasses.replace(NOMINAL, pairs=pairs)
    for name, pairs in {"": 50, "home/standard": 40, "search/standard": 10}.items()
}


@pytest.fixture(autouse=True)
def data(monkeypatch):
    """A data set's identity is its folder's name."""
    monkeypatch.setattr(training, "facts_of_slices", lambda data, *, tasks: (str(data), FACTS))
    monkeypatch.setattr(training.own_models, "lacking", lambda runs, *, data: {})


def small(**options) -> Recipe:
    """Two seeds on the first rung, one on the others."""
    rungs = rungs_named(["cj:0.02", "cj:0.05", "adworld:2000", "adworld:2000:far"])
    variants = variants_of([], only=["mtmd", "mmoe"])
    plain = {"rungs": rungs, "variants": variants, "top": rungs[1:], "top_only": (), "top_seeds": (0,)}
    return a_recipe(**{**plain, **options})


def train_all(recipe: Recipe, place: pathlib.Path, trainer: Trainer) -> LadderFolder:
    folder = LadderFolder(place / "docs" / "results" / "ladder")
    progress = Progress(recipe, folder, workers=1)
    for rung in recipe.rungs:
        train_rung(
            rung,
            recipe,
            folder,
            progress=progress,
            prepare=trainer.prepare,
            command=trainer.command,
            runs=place / "runs",
        )
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture
def trained(place, tmp_path) -> pathlib.Path:
    """A folder of a whole ladder of two seeds; trained once."""
    if not (place / "docs").exists():
        train_all(small(), place, Trainer())
    shutil.copytree(place / "docs", tmp_path / "docs")
    return tmp_path


def test_a_run_is_kept_in_a_small_file_and_its_folder_is_removed(trained, place):
    assert len(list(trained.glob("docs/results/ladder/*/*.json"))) == 2 * 4 + 3 * 4
    assert max(path.stat().st_size for path in trained.glob("docs/results/ladder/*/*.json")) < 10_000
    assert not list(place.glob("runs/*/*"))


def test_a_fresh_clone_trains_nothing_again_and_asks_for_no_data(trained, capsys):
    trainer = Trainer()
    train_all(small(), trained, trainer)
    assert (trainer.trained, trainer.prepared) == ([], [])
    assert "cj:0.02: all 8 runs are in" in capsys.readouterr().out


def test_a_lost_run_alone_is_trained_again(trained):
    [lost] = trained.glob("docs/results/ladder/cj-0.02/mmoe-all-seed1-*.json")
    before = measure(LadderFolder(trained / "docs" / "results" / "ladder"), draws=50)
    lost.unlink()
    trainer = Trainer()
    folder = train_all(small(), trained, trainer)
    assert (trainer.trained, trainer.prepared) == (["mmoe on all slices, seed 1"], ["cj:0.02"])
    assert measure(folder, draws=50) == before


def test_gains_are_the_means_of_the_cells(trained):
    gains = measure(LadderFolder(trained / "docs" / "results" / "ladder"), draws=50)
    found = {(gain.new, gain.old, gain.measure): gain for gain in gains if gain.rung.name == "cj:0.02"}
    for measured in ("log_mae", "kl"):
        assert found["mtmd", "single_slice", measured].improvement.value == pytest.approx(50.0, abs=1e-3)
        assert found["mmoe", "single_slice", measured].improvement.value == pytest.approx(20.0, abs=1e-3)
        assert found["mtmd", "mmoe", measured].improvement.value == pytest.approx(37.5, abs=1e-3)
    gain = found["mtmd", "single_slice", "kl"]
    assert (gain.seeds, gain.pairs_a_slice, gain.better, len(gain.cells)) == ((0, 1), 25.0, 2, 2)
    assert gain.improvement.low <= gain.improvement.value + 1e-3
    assert gain.improvement.value <= gain.improvement.high + 1e-3
    assert {cell.surface: cell.pairs for cell in gain.cells} == {"home": 40, "search": 10}


def test_a_seed_that_is_not_finished_is_left_out(trained):
    [lost] = trained.glob("docs/results/ladder/cj-0.02/single_slice-home-standard-seed1-*.json")
    lost.unlink()
    gains = measure(LadderFolder(trained / "docs" / "results" / "ladder"), draws=50)
    assert {gain.seeds for gain in gains if gain.rung.name == "cj:0.02" and gain.old == "single_slice"} == {(0,)}


def test_other_settings_of_a_variant_take_its_place(trained):
    recipe = small(at=(Line.read("cj:0.02 mmoe: --epochs=9", flag="at"),))
    trainer = Trainer()
    folder = train_all(recipe, trained, trainer)
    assert trainer.trained == [f"mmoe on all slices, seed {seed}" for seed in (0, 1)]
    [of_seed_0, _] = folder.rungs["cj:0.02"].runs["mmoe"].values()
    assert folder.entries(recipe.rungs[0])[of_seed_0[0]].record.config["train"]["epochs"] == 9


def test_a_rung_begun_on_other_labels_is_not_mixed_with_these(trained):
    for path in trained.glob("docs/results/ladder/cj-0.02/mtmd-*.json"):
        path.unlink()
    with pytest.raises(
        ConfigError, match=r"cj:0.02 was begun on the labels one; those here are other, .* remove .*cj-0.02"
    ):
        train_all(small(), trained, Trainer(labels="other"))


def test_the_plan_says_what_is_missing_and_each_run_what_is_left(tmp_path, capsys):
    recipe = small(rungs=rungs_named(["cj:0.02"]), seeds=(0,), top=())
    plan = Progress(recipe, LadderFolder(tmp_path / "none"), workers=1).plan()
    assert "| cj:0.02 |         17,000 |    8 |       8 |" in plan
    train_all(recipe, tmp_path, Trainer())
    printed = capsys.readouterr().out
    assert "ladder: 1 more runs, about " in printed
    assert printed.endswith("ladder: no run left\n")


def test_the_page_answers_from_what_was_kept_alone(trained):
    text = report.write(trained / "docs" / "results" / "ladder", trained / "docs" / "ladder.md")
    assert text == (trained / "docs" / "ladder.md").read_text()
    said = " ".join(text.split())
    assert "By KL one model (mtmd) is better than one model a slice on 4 of 4 rungs, the whole interval above 0" in said
    assert (
        "On Complete Journey the gain does not change significantly with data: +50.0% by KL at 25 pairs a slice" in said
    )
    assert "ad world of 2,000 requests, by KL: +50.0% where a slice's own share of what moves a click is 12%" in said
    assert "mtmd against the other variants by KL, mean of the rungs that both were trained on: mmoe +37.5%" in said
    assert "the mean of these" not in said  # mmoe alone
    for name in ("size", "distance", "slices"):
        assert f"](results/ladder/{name}.png)" in text
        assert (trained / "docs" / "results" / "ladder" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_answer_is_of_the_largest_rung_that_has_both(trained):
    ladder = measure(LadderFolder(trained / "docs" / "results" / "ladder"))
    assert cells(answer({}, {"": ladder})) == [
        ["Complete Journey, cj:0.02", "one model a slice", "2", "+50.0%", "+50.0%"],
        ["the ad world, adworld:2000", "one model a slice", "1", "+50.0%", "+50.0%"],
    ]


def cells(told: str) -> list[list[str]]:
    """The table's lines, the figures without their intervals."""
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in told.splitlines() if " | " in line]
    return [[*line[:3], *(cell.split(" ")[0] for cell in line[3:5])] for line in lines[1:] if line[2].isdecimal()]


def test_before_anything_can_be_compared_there_is_no_page(tmp_path):
    assert report.write(tmp_path / "ladder", tmp_path / "ladder.md") is None


def test_a_broken_file_is_named(trained):
    path = next(trained.glob("docs/results/ladder/cj-0.02/mtmd-*.json"))
    path.write_text("{}")
    with pytest.raises(ConfigError, match=f"{path.name} is no record of a run of the ladder"):
        train_all(small(), trained, Trainer())


def test_a_rung_whose_models_of_one_slice_are_missing_does_not_stop_the_page(trained):
    for path in trained.glob("docs/results/ladder/cj-0.02/single_slice-*.json"):
        path.unlink()
    text = report.write(trained / "docs" / "results" / "ladder", trained / "docs" / "ladder.md")
    assert "| cj:0.05 " in text
    assert "| cj:0.02 |" not in text.partition("## Against the other variants")[0]


def test_a_slice_that_no_model_could_learn_is_left_out_of_the_rung_and_named_on_the_page(tmp_path, monkeypatch, capsys):
    why = {"search/standard": "no pair in the split eval"}
    asked = lambda runs, *, data: {name: why[name] for name in {run.slice for run in runs} & set(why)}  # noqa: E731
    monkeypatch.setattr(training.own_models, "lacking", asked)
    recipe, trainer = small(rungs=rungs_named(["cj:0.02"]), seeds=(0,), top=()), Trainer()
    folder = train_all(recipe, tmp_path, trainer)
    said = "search x standard has no model of its own: no pair in the split eval"
    printed = capsys.readouterr().out
    assert f"note: cj:0.02: {said}; the rung leaves it out." in printed
    assert printed.endswith("ladder: no run left\n")
    assert trainer.trained == [
        "single_slice on home/standard, seed 0",
        "mtmd on all slices, seed 0",
        "mmoe on all slices, seed 0",
    ]
    gains = measure(LadderFolder(folder.folder), draws=50)
    assert {(len(gain.cells), gain.cells[0].surface, gain.pairs_a_slice) for gain in gains} == {(1, "home", 40.0)}
    assert f"- cj:0.02: {said}." in report.write(folder.folder, tmp_path / "docs" / "ladder.md")
    train_all(recipe, tmp_path, trainer)
    assert len(trainer.trained) == 3


def test_a_rung_without_any_slice_to_learn_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(training.own_models, "lacking", lambda runs, *, data: dict.fromkeys(FACTS, "no pair"))
    with pytest.raises(ConfigError, match=r"no slice of one can have a model of its own: no pair\."):
        train_all(small(rungs=rungs_named(["cj:0.02"]), seeds=(0,), top=()), tmp_path, Trainer())
