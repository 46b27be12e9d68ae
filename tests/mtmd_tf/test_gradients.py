"""Gradients that are written out are those of automatic differentiation."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf import adaptation, blocks, crossing, gates, gradients, model, routing, tasks
from mtmd_tf.execution import Execution, executing
from mtmd_tf.features import fields
from mtmd_tf.tasks import LogProbability

ORDER, INVERSE, SIZES = tf.constant([2, 0, 1]), tf.constant([1, 2, 0]), tf.constant([1, 2])
MASK = tf.constant([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
LABEL = tf.constant([0.0, 0.3, 1.0])
SPLITS = tf.constant([0, 2, 2, 3], tf.int64)


def drawn(*shapes: Sequence[int]) -> list[tf.Tensor]:
    """Numbers of these shapes, the same in every run."""
    generator = np.random.default_rng(0)
    return [tf.constant(generator.normal(size=shape), tf.float32) for shape in shapes]


@dataclasses.dataclass(frozen=True)
class Case:
    """A function, what it is in TensorFlow's words, and the shapes of what it is of."""

    ours: Callable[..., tf.Tensor]
    plain: Callable[..., tf.Tensor]
    shapes: tuple[tuple[int, ...], ...]


def mapped_plainly(rows: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    return tf.matmul(rows, kernel) + (bias[0, 0] if rows.shape.rank == 2 else bias)


def cross_entropy(pair: tf.Tensor) -> tf.Tensor:
    return 1.0 - LABEL * pair[:, 0] - (1.0 - LABEL) * pair[:, 1]


CASES = {
    "expanded": Case(lambda x: gradients.expanded(x, 1), lambda x: x[:, None], ((3, 2),)),
    "squeezed": Case(lambda x: gradients.squeezed(x, 0), lambda x: x[0], ((1, 3, 2),)),
    "joined": Case(lambda *x: gradients.joined(x, 1), lambda *x: tf.concat(x, axis=1), ((3, 2), (3, 1), (3, 4))),
    "picked": Case(lambda x: gradients.picked(x, (3, 0), axis=1), lambda x: tf.gather(x, [3, 0], axis=1), ((3, 4, 2),)),
    "picked, nothing left": Case(
        lambda x: gradients.picked(x, (1, 0), axis=0), lambda x: tf.gather(x, [1, 0]), ((2, 3),)
    ),
    "picked, none": Case(  # of a domain without a number, eagerly too
        lambda x: gradients.picked(x, (), axis=1), lambda x: tf.gather(x, tf.zeros([0], tf.int32), axis=1), ((3, 4),)
    ),
    "reshaped": Case(lambda x: gradients.reshaped(x, 8), lambda x: tf.reshape(x, [-1, 8]), ((3, 2, 4),)),
    "repeated": Case(
        lambda x: gradients.repeated(x, tf.constant(3)), lambda x: tf.broadcast_to(x, [3, 2, 4]), ((2, 4),)
    ),
    "rows_at": Case(
        lambda x: gradients.rows_at(x, tf.constant([0, 2, 0])), lambda x: tf.gather(x, [0, 2, 0]), ((4, 2),)
    ),
    "permuted": Case(lambda x: gradients.permuted(x, ORDER, INVERSE), lambda x: tf.gather(x, ORDER), ((3, 2),)),
    "stacked_rows": Case(
        lambda *x: gradients.stacked_rows(x, SIZES), lambda *x: tf.concat(x, axis=0), ((1, 2), (2, 2))
    ),
    "stacked_rows, one part": Case(
        lambda *x: gradients.stacked_rows(x, SIZES[:1]), lambda *x: tf.concat(x, axis=0), ((1, 2),)
    ),
    "joined, one part": Case(lambda *x: gradients.joined(x, 1), lambda *x: tf.concat(x, axis=1), ((3, 2),)),
    "one map": Case(blocks.mapped, mapped_plainly, ((3, 4), (4, 2), (1, 1, 2))),
    "maps of the same rows": Case(blocks.mapped, mapped_plainly, ((1, 3, 4), (5, 4, 2), (5, 1, 2))),
    "maps of rows of their own": Case(blocks.mapped, mapped_plainly, ((5, 3, 4), (5, 4, 2), (5, 1, 2))),
    "mean of a field": Case(gates._mean, lambda x: tf.reduce_mean(x, axis=2), ((3, 2, 4),)),
    "gate": Case(gates._twice_sigmoid, lambda x: 2.0 * tf.sigmoid(x), ((3, 2),)),
    "gated": Case(gates._gated, lambda gate, x: gate[:, :, None] * x, ((3, 2), (3, 2, 4))),
    "directed": Case(
        adaptation._directed, lambda x, along, start: x[:, :, None] * along + start, ((3, 2), (2, 4), (2, 4))
    ),
    "filled": Case(
        lambda x, other: adaptation._filled(x, MASK, other),
        lambda x, other: tf.where(MASK[:, :, None] > 0, x, other),
        ((3, 2, 4), (2, 4)),
    ),
    "an expert of one task": Case(routing._times, lambda a, b: a * b, ((5, 3, 1), (5, 3, 4))),
    "an expert of all tasks": Case(routing._times, lambda a, b: a * b, ((5, 3, 1), (1, 3, 4))),
    "crossed": Case(crossing._crossed, lambda a, b, c: a * b + c, ((5, 3, 4), (5, 3, 4), (5, 3, 4))),
    "crossed with the same rows": Case(crossing._crossed, lambda a, b, c: a * b + c, ((1, 3, 4), (5, 3, 4), (1, 3, 4))),
    "dot products": Case(model._dots, lambda a, b: tf.reduce_sum(a * b, axis=1), ((3, 4), (3, 4))),
    "sums of bags": Case(
        lambda x: fields.pool(x, SPLITS, mean=False),
        lambda x: tf.reduce_sum(tf.RaggedTensor.from_row_splits(x, SPLITS), axis=1),
        ((3, 2),),
    ),
    "means of bags": Case(
        lambda x: fields.pool(x, SPLITS, mean=True),
        lambda x: tf.stack([(x[0] + x[1]) / 2.0, 0.0 * x[0], x[2] / 1.0]),
        ((3, 2),),
    ),
    "cross entropy": Case(lambda pair: tasks._cross_entropy(LABEL, pair, less=tf.ones([3])), cross_entropy, ((3, 2),)),
    "weighed loss": Case(
        lambda x: tasks._weighed(x, LABEL, tf.constant(1.3)),
        lambda x: tf.math.divide_no_nan(tf.reduce_sum(LABEL * x), 1.3),
        ((3,),),
    ),
}


def of(function: Callable[..., tf.Tensor], tensors: Sequence[tf.Tensor]) -> list[np.ndarray]:
    """The output of a function, and the gradient of a weighted sum of it by each tensor."""
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output = function(*tensors)
        weight = tf.reshape(tf.range(1.0, 1.0 + tf.cast(tf.size(output), tf.float32)), tf.shape(output))
        total = tf.reduce_sum(weight * output)
    return [output, *map(tf.convert_to_tensor, tape.gradient(total, list(tensors)))]


def unknown_rows(function: Callable[..., tf.Tensor], tensors: Sequence[tf.Tensor]) -> list[np.ndarray]:
    """The same, in a graph that knows no number of rows."""
    specs = [tf.TensorSpec([None if size == 3 else size for size in t.shape], tf.float32) for t in tensors]
    return tf.function(lambda *x: of(function, x), input_signature=specs, autograph=False)(*tensors)


@pytest.mark.parametrize("name", CASES)
def test_output_and_gradient_are_those_of_the_plain_formula(name: str) -> None:
    case = CASES[name]
    tensors = drawn(*case.shapes)
    wanted = of(case.plain, tensors)
    for found in (of(case.ours, tensors), unknown_rows(case.ours, tensors)):
        for own, plain in zip(found, wanted, strict=True):
            np.testing.assert_allclose(own, plain, rtol=1e-6, atol=1e-7)


def test_a_function_that_is_differentiated_as_a_whole_has_the_gradient_too() -> None:
    tensors = drawn((1, 3, 4), (5, 4, 2), (5, 1, 2))
    wanted = of(mapped_plainly, tensors)
    inner = tf.function(blocks.mapped, autograph=False)
    with executing(Execution(xla=True)):
        marked = of(inner, tensors)
    for found in (of(inner, tensors), marked):  # by the names of its operations, and as XLA has it
        for own, plain in zip(found, wanted, strict=True):
            np.testing.assert_allclose(own, plain, rtol=1e-6, atol=1e-7)


def test_a_constant_is_made_once_a_graph() -> None:
    def three() -> list[Any]:
        return [gradients.constant([0, 1]), gradients.constant([0, 1]), gradients.constant(1.0, tf.float32)]

    graph = tf.Graph()
    with graph.as_default():
        first, second, other = three()
    assert first is second
    assert other.dtype == tf.float32
    assert [op.type for op in graph.get_operations()] == ["Const", "Const"]
    assert three() == [[0, 1], [0, 1], 1.0]  # eagerly, as they are


def test_a_label_has_no_gradient() -> None:
    pair = LogProbability.of_logit(tf.constant([0.2, -1.0, 3.0]))
    with tf.GradientTape() as tape:
        tape.watch(LABEL)
        loss = tasks.BernoulliKL()(LABEL, tf.stack(pair, axis=1))
    assert tape.gradient(loss, LABEL) is None
