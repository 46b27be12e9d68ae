"""Loads an exported tower, checks its stamp, and calls its signatures."""

import contextlib
import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from absl import logging
from google.protobuf.message import DecodeError

from mtmd_tf.serving.specification import ServingError
from mtmd_tf.serving.stamps import require_stamp
from tfrecords_tools.user_errors import one_line

# TensorFlow takes TF32 on GPUs unless it is told not to; embeddings are float32 wherever they are made (docs/adr/0043).
tf.config.experimental.enable_tensor_float_32_execution(False)


def load_tower(folder: pathlib.Path, *, stamp: str) -> tf.Module:
    """The SavedModel in `folder`.

    Raises:
        ServingError: It is damaged, or carries another stamp; it names both.
    """
    tower = load_quietly(folder)
    require_own(folder, tower.stamp().numpy().decode(), stamp=stamp)
    return tower


def require_own(folder: pathlib.Path, found: str, *, stamp: str) -> None:
    """Refuses a SavedModel beside the `ranker.json` of another export.

    Raises:
        ServingError: It carries `found`, not `stamp`; it names both.
    """
    require_stamp(found, stamp, holder=f"{folder}", other="but ranker.json says", rule="export again")


def load_quietly(folder: pathlib.Path) -> tf.Module:
    """The SavedModel in `folder`, without a warning for each function that an exported tower cannot be trained.

    Raises:
        ServingError: It is damaged.
    """
    with quietly(folder):
        return tf.saved_model.load(str(folder))


@contextlib.contextmanager
def quietly(folder: pathlib.Path) -> Iterator[None]:
    """Within, the SavedModel in `folder` is loaded, and TensorFlow warns of nothing.

    Raises:
        ServingError: It is damaged.
    """
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    except (OSError, ValueError, LookupError, RuntimeError, DecodeError, tf.errors.OpError) as error:
        raise ServingError(f"{folder} is damaged ({one_line(error)}); remove it and export again") from error
    finally:
        logging.set_verbosity(verbosity)


def embed(tower: tf.Module, signature: str, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """`[rows, width]`: the concatenated embedding that `signature` makes of its inputs."""
    tensors = {name: tf.constant(array.tolist() if array.dtype == object else array) for name, array in inputs.items()}
    return tower.signatures[signature](**tensors)["embedding"].numpy()


@contextlib.contextmanager
def rewritten_graphs() -> Iterator[None]:
    """Within, graphs are rewritten as a server does it; training leaves them as they are traced (docs/adr/0003)."""
    before = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})
