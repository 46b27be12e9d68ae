"""A damaged checkpoint is named in one line, or it is as good as it was."""

import functools
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError
from mtmd_tf.training.checkpoints import LatestCheckpoint, restore_best, write_best
from tests.malformed import UserError, tried


class Model(tf.Module):
    def __init__(self, size: int = 3, value: float = 0.0) -> None:
        super().__init__()
        self.table = tf.Variable(tf.fill([size], value))
        self.step = tf.Variable(value, dtype=tf.float64)


def latest(model: Model, run: pathlib.Path) -> LatestCheckpoint:
    return LatestCheckpoint(tf.train.Checkpoint(model=model), run)


def restore_latest(model: Model, run: pathlib.Path) -> None:
    assert latest(model, run).restore()


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> pathlib.Path:
    run = tmp_path_factory.mktemp("sound") / "run"
    write_best(Model(value=2.0), run)
    latest(Model(value=2.0), run).save(7)
    return run


def faults(path: pathlib.Path):
    """`(what, bytes)` of a file: cut off, one bit turned at places all over it, other text, nothing."""
    content = path.read_bytes()
    for size in (0, 1, len(content) // 2, len(content) - 1):
        yield f"cut to {size}", content[:size]
    for place in range(0, len(content), max(1, len(content) // 12)):
        turned = bytearray(content)
        turned[place] ^= 0x10
        yield f"a bit of byte {place}", bytes(turned)
    yield "text", b"not a checkpoint"
    yield "missing", None


@pytest.mark.parametrize(
    ("prefix", "restore"), [("best", restore_best), ("ckpt-7", restore_latest), ("checkpoint", restore_latest)]
)
def test_a_damaged_checkpoint_is_named_or_as_good_as_it_was(sound, tmp_path, prefix, restore):
    names = [path.name for path in (sound / "checkpoints").iterdir() if path.name.partition(".")[0] == prefix]
    assert names
    refused = 0
    for name in names:
        for number, (what, content) in enumerate(faults(sound / "checkpoints" / name)):
            run = shutil.copytree(sound, tmp_path / name / str(number))
            path = run / "checkpoints" / name
            path.unlink() if content is None else path.write_bytes(content)
            model = Model()
            damage = name, content
            said = tried("checkpoint", damage, functools.partial(restore, model, run), user_errors=ConfigError)
            if isinstance(said, UserError):
                refused += 1
                assert said.startswith(str(run / "checkpoints")), said
                continue
            np.testing.assert_array_equal(model.table, [2.0, 2.0, 2.0], err_msg=f"{name}: {what}")
            assert float(model.step) == 2.0
    assert refused > 5


def test_that_of_another_model_is_refused(sound):
    with pytest.raises(ConfigError, match=r"checkpoints/best: the checkpoint is damaged or of another model \("):
        restore_best(Model(size=4), sound)


def test_nothing_saved_is_nothing_restored(tmp_path):
    assert not latest(Model(), tmp_path).restore()


@pytest.mark.parametrize("elsewhere", ["../../victim/ckpt-1", "/victim/ckpt-1"])
def test_a_checkpoint_elsewhere_is_neither_read_nor_deleted(sound, tmp_path, elsewhere):
    run = shutil.copytree(sound, tmp_path / "run")
    state = run / "checkpoints" / "checkpoint"
    state.write_text(state.read_text().replace("ckpt-7", elsewhere))
    with pytest.raises(ConfigError, match=r"checkpoints/checkpoint: .*\(it names a checkpoint elsewhere\); restore it"):
        latest(Model(), run)
