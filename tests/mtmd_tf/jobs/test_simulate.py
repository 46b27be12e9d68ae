"""`python -m mtmd_tf.jobs.simulate` from flags to files."""

import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import simulate
from tests.mtmd_tf.jobs.recipe import call
from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.requests import DataError
from tfrecords_tools.sources import adworld


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("simulate") / "data"
    adworld.build(folder, requests=60, seed=3, candidates=2, days=6)
    return folder


def run(data: pathlib.Path, out: pathlib.Path, *flags: str) -> None:
    given = ["--requests=200", "--candidates=40", "--keep=5", "--tick_minutes=240", *flags]
    call(simulate, f"--data={data}", f"--out={out}", *given)


def test_it_prints_the_arms_and_leaves_the_files(data, tmp_path, capsys):
    run(data, tmp_path / "out", "--arm=random", "--arm=ceiling=oracle")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("| arm")
    assert [line.split()[1] for line in said[2:4]] == ["random", "ceiling"]
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"users.parquet", "ticks.parquet", "stages.parquet", "advertisers.parquet", "run.json"} <= files


@pytest.mark.parametrize(
    ("flags", "error", "rule"),
    [
        (["--arm=random", "--arm=random"], ConfigError, "the name 'random' comes twice"),
        (["--arm=random", "--keep=41"], ConfigError, "keep is 41; it must be at most candidates, which is 40"),
        (["--arm=random", "--candidates=401"], ConfigError, "candidates is 401; this world has 400 ads"),
        (["--arm=a=nowhere:here"], DataError, "nowhere holds no ranker.json"),
        ([], ConfigError, "give at least one --arm"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(data, tmp_path, flags, error, rule):
    with pytest.raises(error, match=rule) as message:
        run(data, tmp_path / "out", *flags)
    assert "\n" not in str(message.value)
    assert not (tmp_path / "out/run.json").exists()


def test_a_data_set_that_is_no_ad_world_is_refused(tmp_path):
    write_tiny(tmp_path / "data")
    with pytest.raises(DataError, match="a simulation needs the world that made the data"):
        run(tmp_path / "data", tmp_path / "out", "--arm=random")
