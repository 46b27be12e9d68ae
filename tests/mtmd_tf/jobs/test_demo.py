import os
import pathlib

import pytest

from mtmd_tf.jobs import demo
from mtmd_tf.jobs.demo import Stage, complete, stages


def test_a_fraction_of_the_households_has_folders_of_its_own():
    part, whole = stages(households=0.3, flagfile="cj.flags"), stages(households=1.0, flagfile="cj.flags")
    assert [str(stage.done[0]) for stage in part if stage.done] == [
        "data/cj-0.3/manifest.json",
        "data/cj-0.3-labeled/manifest.json",
        "runs/cj-0.3/report.md",
        "exports/cj-0.3/ranker.json",
        "embeddings/cj-0.3/manifest.json",
    ]
    assert str(whole[0].done[0]) == "data/cj/manifest.json"
    assert "--households=0.3" in part[0].command


def test_baselines_are_trained_beside_the_demos_model_and_not_without_being_asked():
    plain, more = (stages(households=0.3, flagfile="cj.flags", baselines=asked) for asked in (False, True))
    [added] = [stage for stage in more if stage not in plain]
    assert more.index(added) == 3  # after the training; what an export needs is newer than what it is made from
    assert "--one=runs/cj-0.3" in added.command
    assert "--flagfile=cj.flags" in added.command
    assert [str(path) for path in added.done] == ["runs/cj-0.3/over_slices.md"]


def test_it_ends_with_products_for_every_surface_and_the_report():
    last = stages(households=0.3, flagfile="cj.flags")[-4:]
    assert [stage.command[-1] for stage in last[:3]] == ["--surface=mailer", "--surface=display", "--surface=both"]
    assert "runs/cj-0.3/report.md" in last[3].command[-1]


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> pathlib.Path:
    monkeypatch.setattr(demo, "_CHECKOUT", tmp_path)
    for name, time in (("first", 100.0), ("second", 200.0)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time, time))
    return tmp_path


@pytest.mark.parametrize(
    ("done", "since", "finished"),
    [
        (("first", "second"), 100.0, 200.0),
        (("first", "second"), 150.0, None),  # a stage before it was run again: this one is stale
        (("first", "third"), 0.0, None),
        ((), 0.0, None),
    ],
)
def test_a_stage_is_complete_when_all_its_files_are_there_and_fresh(checkout, done, since, finished):
    stage = Stage(title="a", command=("-c", ""), done=tuple(pathlib.Path(name) for name in done))
    assert complete(stage, since=since) == finished


def test_a_failed_demo_run_again_goes_on_where_it_failed(tmp_path, monkeypatch, capsys, labeled):
    """Three stages in real processes: the second fails until its input is there."""

    def write(name: str, *, needs: str = "") -> tuple[str, ...]:
        return ("-c", f"import pathlib; {needs and f'open({needs!r}); '}pathlib.Path({name!r}).write_text('x')")

    def three(**_) -> tuple[Stage, ...]:
        return (
            Stage(title="one", command=write("one"), done=(pathlib.Path("one"),)),
            Stage(title="two", command=write("two", needs="given"), done=(pathlib.Path("two"),)),
            Stage(title="three", command=("-c", "print('shown')")),
        )

    monkeypatch.setattr(demo, "_CHECKOUT", tmp_path)
    assert demo.walk(three()) == 1
    assert "Stage 2 failed" in capsys.readouterr().err
    (tmp_path / "given").write_text("")
    assert demo.walk(three()) == 0
    out = capsys.readouterr().out
    assert "[1/3] one: complete in ., skipped" in out
    assert (tmp_path / "two").exists()
    assert demo.walk(three()) == 0
    assert "[2/3] two: complete in ., skipped" in capsys.readouterr().out
