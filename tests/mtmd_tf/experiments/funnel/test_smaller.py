"""A page's stages at other sizes, in a folder of their own."""

import pathlib
import re

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.funnel.smaller import changes_named, smaller
from mtmd_tf.experiments.funnel.stages import Progress, Stage

TRAIN = Stage.read("trained: 4: runs/a/report.md: train.py --data=data/a --run=runs/a --max_steps=300")
BUILD = Stage.read("built: 1: data/a/manifest.json: -m tfrecords_tools build adworld --out=data/a")
TABLES = Stage.read("tables: 9: runs/b/report.md: -m mtmd_tf.jobs.reproduce_funnel --flagfile=docs/funnel/cuts.flags")


def test_flags_of_a_program_go_behind_those_of_its_stages():
    flags = changes_named(["train.py: --max_steps=2 --dim=1", "tfrecords_tools: --requests=30"])
    train, build, tables = smaller([TRAIN, BUILD, TABLES], flags, within=pathlib.Path("small"))
    here = pathlib.Path.cwd()
    assert train.command == (
        str(here / "train.py"), "--data=data/a", "--run=runs/a", "--max_steps=300", "--max_steps=2", "--dim=1",
    )  # fmt: skip
    assert build.command == (*BUILD.command, "--requests=30")
    assert tables.command[-1] == f"--flagfile={here}/docs/funnel/cuts.flags"
    own, other = smaller([TRAIN, BUILD], flags | {"trained": "--max_steps=9"}, within=pathlib.Path("small"))
    assert own.command[-1] == "--max_steps=9"
    assert other.command == build.command
    assert {each.within for each in (train, build, tables)} == {pathlib.Path("small")}


def test_a_smaller_stage_is_finished_in_its_own_folder(tmp_path: pathlib.Path):
    [own] = smaller([BUILD], {}, within=tmp_path)
    progress = Progress([own], tmp_path / "record")
    with pytest.raises(ConfigError, match="built ended and left no"):
        progress.ended(own, 1.0)
    (tmp_path / own.done.parent).mkdir(parents=True)
    (tmp_path / own.done).touch()
    progress.ended(own, 1.0)
    assert progress.finished(own)
    assert not own.done.exists()


@pytest.mark.parametrize("texts", [["train.py"], ["train.py: "], [": --a=1"], ["train.py: --a=1", "train.py: --b=1"]])
def test_another_form_is_refused(texts: list[str]):
    with pytest.raises(ConfigError, match=re.escape(f"--smaller={texts[-1]!r}: it is 'NAME: FLAGS', once a name")):
        changes_named(texts)


def test_a_program_that_no_stage_runs_is_refused():
    with pytest.raises(
        ConfigError,
        match=r"no stage is or runs 'trian.py'; --dry_run lists stages, which run train.py, tfrec",
    ):
        smaller([TRAIN, BUILD, TABLES], {"trian.py": "--dim=1"}, within=pathlib.Path("small"))
