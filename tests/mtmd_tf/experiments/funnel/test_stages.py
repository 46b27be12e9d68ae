"""Which stages of a page are finished, and what the others will take."""

import pathlib
import re

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.funnel.stages import Progress, Stage, stages_named


def stage(folder: pathlib.Path, title: str, *, minutes: float = 1.0, said: str = "") -> Stage:
    return Stage(title=title, minutes=minutes, done=folder / title / "done", command=("-c", said or title))


def end(progress: Progress, ended: Stage, *, seconds: float = 60.0) -> None:
    ended.done.parent.mkdir(exist_ok=True)
    ended.done.touch()
    progress.ended(ended, seconds)


def test_a_line_is_a_title_minutes_a_file_and_a_command_with_colons_of_its_own():
    found = Stage.read("two cuts: 1.5: runs/a/b.md: -m mtmd_tf.jobs.compare_cuts --arm='rcr: runs/rcr-0'")
    assert (found.title, found.minutes, found.done) == ("two cuts", 1.5, pathlib.Path("runs/a/b.md"))
    assert found.command == ("-m", "mtmd_tf.jobs.compare_cuts", "--arm=rcr: runs/rcr-0")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "--stage: name one at least"),
        (["a: 1: f"], "'a: 1: f': it is 'TITLE: MINUTES: FILE: ARGUMENTS'"),
        (["a: soon: f: -c 1"], "it is 'TITLE: MINUTES: FILE: ARGUMENTS'"),
        (["a: 0: f: -c 1"], "minutes are above 0"),
        (["a: nan: f: -c 1"], "minutes are above 0"),
        (["a: 1: : -c 1"], "none of them is empty"),
        (["a: 1: f: -c 'x"], "it is 'TITLE: MINUTES: FILE: ARGUMENTS'"),
        (["a: 1: f: -c 1 --flagfile=nowhere.flags"], "--stage=a: there is no flag file nowhere.flags"),
        (["a: 1: f: -c 1", "a: 1: g: -c 2"], "the title 'a' comes twice"),
    ],
)
def test_another_line_is_refused(texts: list[str], message: str):
    with pytest.raises(ConfigError, match=re.escape(message)):
        stages_named(texts)


def test_a_stage_is_finished_once_it_ended_and_its_file_is_there(tmp_path: pathlib.Path):
    one, two = stages = [stage(tmp_path, "one"), stage(tmp_path, "two")]
    end(Progress(stages, tmp_path / "record"), one)
    again = Progress(stages, tmp_path / "record")
    assert [again.finished(each) for each in stages] == [True, False]
    two.done.parent.mkdir()
    two.done.touch()  # there, but nothing says that its command ended
    one.done.unlink()
    assert [again.finished(each) for each in stages] == [False, False]


def test_other_arguments_run_a_stage_again_and_those_after_it_that_name_its_folder(tmp_path: pathlib.Path):
    def stages(said: str) -> list[Stage]:
        reads = stage(tmp_path, "reads", said=f"--data={tmp_path}/made")
        return [stage(tmp_path, "made", said=said), reads, stage(tmp_path, "apart")]

    first = Progress(stages("--seed=0"), tmp_path / "record")
    for each in stages("--seed=0"):
        end(first, each)
    later = Progress(stages("--seed=1"), tmp_path / "record")
    assert [later.finished(each) for each in stages("--seed=1")] == [False, False, True]
    assert all(Progress(stages("--seed=0"), tmp_path / "record").finished(each) for each in stages("--seed=0"))


def test_another_flag_file_runs_a_stage_again(tmp_path: pathlib.Path):
    flagfile = tmp_path / "own.flags"
    flagfile.write_text("--seed=0\n")
    own = Stage(title="own", minutes=1.0, done=tmp_path / "own" / "done", command=("-c", f"--flagfile={flagfile}"))
    end(Progress([own], tmp_path / "record"), own)
    assert Progress([own], tmp_path / "record").finished(own)
    flagfile.write_text("--seed=1\n")
    assert not Progress([own], tmp_path / "record").finished(own)


def test_what_is_left_goes_at_the_pace_of_what_is_finished(tmp_path: pathlib.Path):
    stages = [stage(tmp_path, "one", minutes=2), stage(tmp_path, "two", minutes=3), stage(tmp_path, "last", minutes=10)]
    progress = Progress(stages, tmp_path / "record")
    assert progress.left == 15 * 60
    end(progress, stages[0], seconds=240)  # twice as slow as said
    assert progress.left == 2 * 13 * 60
    end(progress, stages[1], seconds=1)  # it had been done before, which tells nothing of the machine
    assert progress.left == 2 * 10 * 60
    assert "1 stage is missing, about 20 min." in progress.plan()


def test_a_stage_that_leaves_no_file_is_refused(tmp_path: pathlib.Path):
    [only] = [stage(tmp_path, "only")]
    with pytest.raises(ConfigError, match=r"only ended and left no .*done; the stage names another file"):
        Progress([only], tmp_path / "record").ended(only, 1.0)


def test_a_record_that_was_changed_is_refused(tmp_path: pathlib.Path):
    [only] = [stage(tmp_path, "only")]
    end(Progress([only], tmp_path / "record"), only)
    text = (tmp_path / "record").read_text()
    (tmp_path / "record").write_text(text.replace("60.0", "61.0"))
    with pytest.raises(ConfigError, match=r"was changed after it was written.*remove it"):
        Progress([only], tmp_path / "record")
