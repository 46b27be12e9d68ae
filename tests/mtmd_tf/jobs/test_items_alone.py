"""Every recipe that takes `--data` and needs requests refuses items alone in one line that says what to do."""

import pathlib

import pytest

from tests import warm
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.catalogs import item_rows, write, write_parquet

COMMANDS = {
    "train.py": ("train.py", "--run={out}"),
    "label": ("-m", "mtmd_tf.jobs.label", "--out={out}"),
    "rank": ("-m", "mtmd_tf.jobs.rank", "--export={exports}", "--embeddings={embeddings}"),
    "skew": ("-m", "mtmd_tf.jobs.skew", "--export={exports}", "--embeddings={embeddings}", "--out={out}"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_it_ends_in_one_line_and_writes_nothing(world: World, tmp_path: pathlib.Path, name: str) -> None:
    write_parquet(tmp_path / "ads.parquet", item_rows())
    write(tmp_path, "ads.parquet", out="ads")
    places = {"exports": world.exports, "embeddings": world.embeddings, "out": tmp_path / "out"}
    done = warm.run(*(word.format(**places) for word in COMMANDS[name]), f"--data={tmp_path / 'ads'}")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path}/ads has items alone and no requests: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
