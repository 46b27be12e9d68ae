"""The page of the funnel by one command: it runs what is missing, in order, and goes on where it was left."""

import importlib
import pathlib
import shlex

from mtmd_tf.experiments.funnel.smaller import changes_named, smaller
from mtmd_tf.experiments.funnel.stages import stages_named
from mtmd_tf.jobs import funnel
from tests.mtmd_tf.jobs.recipe import ended, parsed

PAGE = pathlib.Path("docs/funnel/page.flags")


def writes(folder: pathlib.Path, title: str) -> str:
    """A stage that adds its title to a log and leaves its file, unless there is a file `broken`."""
    code = (
        f"import pathlib, sys; f = pathlib.Path({str(folder)!r}); sys.exit(1) if (f / 'broken').exists() else None; "
        f"(f / 'log').open('a').write('{title} '); (f / '{title}').touch()"
    )
    return f"--stage={title}: 1: {folder / title}: -c {shlex.quote(code)}"


def test_a_page_goes_on_where_it_was_left(tmp_path: pathlib.Path):
    stages = [writes(tmp_path, title) for title in ("one", "two", "three")]
    record = f"--record={tmp_path / 'own' / 'stages.json'}"
    assert ended(funnel, *stages[:1], record).returncode == 0
    (tmp_path / "broken").touch()
    failed = ended(funnel, *stages, record)
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    assert "failed; its own message is above" in failed.stderr
    assert (tmp_path / "log").read_text() == "one "
    (tmp_path / "broken").unlink()
    assert "2 stages are missing" in ended(funnel, *stages, record, "--dry_run").stdout
    assert (tmp_path / "log").read_text() == "one "
    said = ended(funnel, *stages, record).stdout
    assert (tmp_path / "log").read_text() == "one two three "
    assert "=== [1/3] one: finished, skipped" in said
    assert "=== [3/3] three; about" in said
    assert "Nothing is missing." in ended(funnel, *stages, record, "--dry_run").stdout


def test_a_dry_run_leaves_nothing_behind(tmp_path: pathlib.Path):
    ended(funnel, writes(tmp_path, "one"), f"--record={tmp_path / 'own' / 'stages.json'}", "--dry_run")
    assert list(tmp_path.iterdir()) == []


def page() -> list[str]:
    return [line.removeprefix("--stage=") for line in PAGE.read_text().splitlines() if line.startswith("--stage=")]


def test_every_command_of_the_page_has_flags_of_its_job_and_writes_where_its_stage_says():
    """A stage's file is below a folder that its command, or its flag file, names."""
    jobs = 0
    for stage in stages_named(page()):
        folders = [str(parent) for parent in stage.done.parents if len(parent.parts) > 1]
        assert any(folder in stage.text for folder in folders), stage.title
        if stage.command[0] == "-m" and stage.command[1].startswith("mtmd_tf.jobs."):
            with parsed(importlib.import_module(stage.command[1]), *stage.command[2:]):  # refuses an unknown flag
                jobs += 1
    assert jobs >= 8


def test_the_small_page_has_flags_of_its_programs(tmp_path: pathlib.Path):
    with parsed(funnel, f"--flagfile={PAGE}", f"--flagfile={PAGE.with_name('small.flags')}") as own:
        stages = smaller(stages_named(own.stage), changes_named(own.smaller), within=pathlib.Path(own.within))
    assert len(stages) == len(page())
    for stage in stages:
        if stage.command[0] == "-m" and stage.command[1].startswith("mtmd_tf.jobs."):
            with parsed(importlib.import_module(stage.command[1]), *stage.command[2:]):  # refuses an unknown flag
                pass
    said = ended(funnel, f"--flagfile={PAGE}", f"--within={tmp_path / 'small'}", "--dry_run").stdout
    assert f"{len(stages)} stages are missing" in said
    assert not (tmp_path / "small").exists()


def test_stages_run_in_the_folder_that_is_said(tmp_path: pathlib.Path):
    stage = (
        '--stage=one: 1: own/one: -c \'import pathlib; pathlib.Path("own").mkdir(); pathlib.Path("own/one").touch()\''
    )
    assert ended(funnel, stage, f"--within={tmp_path}", "--smaller=-c: one").returncode == 0
    assert (tmp_path / "own/one").exists()
    assert (
        "Nothing is missing." in ended(funnel, stage, f"--within={tmp_path}", "--smaller=-c: one", "--dry_run").stdout
    )


def test_the_page_says_how_many_stages_it_has_and_that_they_take_less_than_six_hours():
    stages, text = stages_named(page()), pathlib.Path("docs/funnel.md").read_text(encoding="utf-8")
    hours = sum(stage.minutes for stage in stages) / 60
    assert hours < 6
    assert f"about {hours:.0f} hours on 2 idle cores" in text
    assert f"its {len(stages)} stages" in text
