"""How a step of training is computed: the precision of its matrix products, and XLA (docs/adr/0043)."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from mtmd_tf.config import BFLOAT16, FLOAT32, TF32

# TensorFlow takes TF32 on GPUs unless it is told not to; evaluations and exports are to be float32 there too.
tf.config.experimental.enable_tensor_float_32_execution(False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Execution:
    """What a step takes beside the formulas; everything outside of a step has the defaults.

    Attributes:
        precision: What matrix products round their factors to, one of `config.PRECISIONS`.
        xla: Whether XLA compiles a tower's domains and the dense optimizer.
        in_blocks: Whether MTMD's towers take LayerNorms by blocks of rows (docs/adr/0055): on a processor, not by XLA.
    """

    precision: str = FLOAT32
    xla: bool = False
    in_blocks: bool = False


PLAIN = Execution()
_current = PLAIN  # of the process, not of a thread: a strategy traces each replica in a thread of its own


@contextlib.contextmanager
def executing(execution: Execution) -> Iterator[None]:
    """Within, steps are traced and run as `execution` says."""
    global _current
    before, _current = _current, execution
    tf.config.experimental.enable_tensor_float_32_execution(execution.precision == TF32)
    try:
        yield
    finally:
        _current = before
        tf.config.experimental.enable_tensor_float_32_execution(before.precision == TF32)


def xla() -> bool:
    """Whether XLA compiles what is traced now."""
    return _current.xla


def in_blocks() -> bool:
    """Whether LayerNorms of what is traced now go by blocks of rows."""
    return _current.in_blocks and not _current.xla and not tf.config.get_visible_devices("GPU")


def product(
    rows: tf.Tensor, kernel: tf.Tensor | tf.Variable, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """The matrix product of rows `[..., rows, inputs]` and kernel `[..., inputs, units]`, of the rows' type.

    In bfloat16 both factors are rounded, and so is the product; its gradients are such products too. What they are
    added to, weights among it, keeps its type.

    Args:
        rows: The first factor.
        kernel: The second factor.
        transpose_a: Whether `rows` comes as `[..., inputs, rows]`.
        transpose_b: Whether `kernel` comes as `[..., units, inputs]`.
    """
    turned = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    if _current.precision != BFLOAT16:
        return tf.matmul(rows, kernel, **turned)
    brief = tf.matmul(tf.cast(rows, tf.bfloat16), tf.cast(kernel, tf.bfloat16), **turned)
    return tf.cast(brief, rows.dtype)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors as a step is to call it: compiled by XLA, once for each set of shapes, or as it is."""
    return tf.function(function, jit_compile=True, autograph=False) if _current.xla else function
