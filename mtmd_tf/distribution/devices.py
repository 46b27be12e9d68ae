"""The device of a training in one process: whether it is there, and where the embedding tables are (docs/adr/0043)."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from mtmd_tf.config import HOST, TF32, ConfigError

_TABLE = "_table"  # what the name of a side's table ends in
_TF32_SINCE = (8, 0)  # NVIDIA's compute capability


def require_gpu(setting: str, *, otherwise: str) -> None:
    """Refuses a machine without a GPU that TensorFlow may use.

    Args:
        setting: Setting that asks for it, as a flag.
        otherwise: Setting that does not.

    Raises:
        ConfigError: There is none.
    """
    if not tf.config.get_visible_devices("GPU"):
        raise ConfigError(f"{setting}, and TensorFlow finds no GPU here; install mtmd-tf[cuda], or say {otherwise}.")


def require_precision(precision: str) -> None:
    """Refuses TF32 where it would silently be float32.

    Raises:
        ConfigError: No GPU has it.
    """
    if precision != TF32:
        return
    setting, otherwise = f"--precision={TF32}", "--precision=float32"
    require_gpu(setting, otherwise=otherwise)
    for gpu in tf.config.get_visible_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        if details.get("compute_capability", _TF32_SINCE) < _TF32_SINCE:
            raise ConfigError(f"{setting}, which {details.get('device_name', gpu.name)} lacks; say {otherwise}.")


@contextlib.contextmanager
def tables_on(device: str) -> Iterator[None]:
    """Within, embedding tables are made where `DistributionConfig.tables` says; their optimizer follows them."""
    if device != HOST:
        yield
        return

    def on_host(make: Callable[..., tf.Variable], **arguments: Any) -> tf.Variable:
        table = str(arguments.get("name")).endswith(_TABLE)
        with tf.device("CPU:0") if table else contextlib.nullcontext():
            return make(**arguments)

    with tf.variable_creator_scope(on_host):
        yield
