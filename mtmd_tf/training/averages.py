"""The average of a model's dense weights over the later part of its steps (docs/adr/0048)."""

import contextlib
from collections.abc import Iterator, Sequence

import tensorflow as tf

EVERY = 4  # steps from one weighing to the next; each costs three passes over the weights
_LATER = 5.0  # the power with which a step's weight in the average grows with its number


class Averages(tf.Module):
    """Averages weights of any shape; step t of T weighs about (t / T)^5, so that early ones are forgotten.

    The average needs no end that is known before. Embedding tables stay out of it: Adagrad slows down by itself, and
    a pass over a large table a step would cost more than the step.

    Args:
        variables: The weights, made already. In a strategy's scope the averages are on every replica, as they are.
    """

    def __init__(self, variables: Sequence[tf.Variable]) -> None:
        super().__init__(name="averages")
        self._variables = variables
        self.count = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.averages = [tf.Variable(variable, trainable=False) for variable in variables]
        self._weigh = tf.function(self._weighed, autograph=False)

    def take_step(self, step: int) -> None:
        """Weighs the weights after `step` steps in, at every fourth."""
        if step % EVERY == 0:
            self._weigh()

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The variables hold their averages inside; before the first weighing they stay as they are."""
        if not self.count.numpy():
            yield
            return
        kept = [tf.identity(variable) for variable in self._variables]
        _assign(self._variables, self.averages)
        try:
            yield
        finally:
            _assign(self._variables, kept)

    def _weighed(self) -> None:
        weight = (_LATER + 1.0) / (_LATER + tf.cast(self.count.assign_add(1), tf.float32))
        for average, variable in zip(self.averages, self._variables, strict=True):
            average.assign_add(weight * (variable - average))


def _assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
