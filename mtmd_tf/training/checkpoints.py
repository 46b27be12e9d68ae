"""The checkpoints of a training: the latest to go on from, the best to use; a damaged one is named."""

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator

import tensorflow as tf
from google.protobuf.message import DecodeError

from mtmd_tf.config import ConfigError
from tfrecords_tools.user_errors import one_line

FOLDER = "checkpoints"
_BEST = "best"
_DAMAGE = (AssertionError, DecodeError, LookupError, RuntimeError, TypeError, ValueError, tf.errors.OpError)


class LatestCheckpoint:
    """Where a training was when it was interrupted.

    Args:
        checkpoint: Checkpoint to save and restore.
        run: The run's folder.
        chief: Whether this process writes the folder. Of several workers one does; the others read it, and take part
            where a save adds up what each of them has.

    Raises:
        ConfigError: The file that says which checkpoint is the latest is damaged, or names one elsewhere.
    """

    def __init__(self, checkpoint: tf.train.Checkpoint, run: pathlib.Path, *, chief: bool = True) -> None:
        self._chief = chief
        self._folder = run / FOLDER
        self._state = self._folder / "checkpoint"
        with _named(str(self._state), rule=_from_the_start(self._folder)):
            self._manager = tf.train.CheckpointManager(checkpoint, str(self._folder), max_to_keep=1)
            if any(pathlib.Path(path).parent.resolve() != self._folder.resolve() for path in self._manager.checkpoints):
                raise ValueError("it names a checkpoint elsewhere")  # the next save would delete it

    def restore(self) -> bool:
        """Gives back what was saved last; False where nothing was.

        Raises:
            ConfigError: It is damaged, or of another model; or there are some, but not which one is the latest.
        """
        latest = self._manager.latest_checkpoint
        if latest is None and any(self._folder.glob("ckpt-*")):
            raise ConfigError(f"{self._state} is damaged or missing; {_from_the_start(self._folder)}")
        if latest is None:
            return False
        with _named(latest, rule=_from_the_start(self._folder)):
            self._manager.checkpoint.restore(latest).assert_existing_objects_matched()
        return True

    def save(self, step: int) -> None:
        """Replaces what was saved before, once this is there."""
        if self._chief:
            self._manager.save(step)
        else:
            _take_part(self._manager.checkpoint)


def write_best(model: tf.keras.Model, run: pathlib.Path, *, chief: bool = True) -> None:
    """Keeps a model's weights as the best of its training; only the chief does, and the other workers take part."""
    checkpoint = tf.train.Checkpoint(model=model)
    if chief:
        checkpoint.write(str(run / FOLDER / _BEST))
    else:
        _take_part(checkpoint)


def _take_part(checkpoint: tf.train.Checkpoint) -> None:
    """Saves where nobody looks, as TensorFlow's guide has it: a save adds up the metrics of all workers."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write(f"{folder}/part")


def restore_best(model: tf.keras.Model, run: pathlib.Path) -> None:
    """Gives a built model the best weights of a training.

    Raises:
        ConfigError: They are damaged, or of another model.
    """
    path = str(run / FOLDER / _BEST)
    with _named(path, rule=f"restore it, or remove {run} to train anew"):
        tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched().expect_partial()


@contextlib.contextmanager
def _named(path: str, *, rule: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ConfigError(
            f"{path}: the checkpoint is damaged or of another model ({one_line(error)}); {rule}"
        ) from error


def _from_the_start(folder: pathlib.Path) -> str:
    return f"restore it, or remove {folder} to train from the start"
