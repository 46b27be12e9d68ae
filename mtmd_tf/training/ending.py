"""When a training ends: after its epochs, or once more of them no longer help (docs/adr/0048)."""

import math

import tensorflow as tf

from mtmd_tf.config import AVERAGED, TrainConfig

_MOST_TIMES = 10  # a training whose loss still falls ends after so many times its epochs
_GAIN = 0.01  # of the held-out loss: less over the last quarter of the steps is not worth another quarter
_LEAST_WITHOUT = 500  # steps without a gain, or as many as the epochs take: a shorter flat part is often a hump


class Ending(tf.Module):
    """When a training ends, and what it needs to know for that, which a checkpoint keeps.

    With `schedule=cosine` it ends after its epochs. With `schedule=averaged` it takes its epochs, and ends once the
    held-out loss has not fallen by 1% over the last quarter of its steps and over at least 500 steps (or the steps of
    its epochs, if these are fewer). Either ends earlier when patience runs out.

    Args:
        config: Configuration of the training.
        per_epoch: Steps of an epoch.

    Attributes:
        least: Steps of the epochs.
        most: Steps after which it ends in any case.
    """

    def __init__(self, config: TrainConfig, *, per_epoch: int) -> None:
        super().__init__(name="ending")
        self._open, self._patience = config.schedule == AVERAGED, config.patience
        epochs = config.epochs * per_epoch
        longest = epochs * _MOST_TIMES if self._open else epochs
        self.most = min(longest, config.max_steps or longest)
        self.least = min(epochs, self.most)
        self.loss = tf.Variable(float("inf"), dtype=tf.float64, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    @property
    def expected(self) -> int:
        """The steps after which it ends unless an evaluation there, or before, finds that the loss has fallen."""
        if not self._open:
            return self.most
        fell = int(self.step)
        if not fell:
            return self.least
        without_gain = max(fell // 3, min(self.least, _LEAST_WITHOUT))  # a third of those before, a quarter of all
        return min(max(self.least, fell + without_gain), self.most)

    def take_evaluation(self, best: float, *, step: int) -> None:
        """Takes the best loss so far into account, at an evaluation after `step` steps."""
        before = float(self.loss)
        if best < before * (1.0 - math.copysign(_GAIN, before)):  # what rounds below 0 has to fall too
            self.loss.assign(best)
            self.step.assign(step)

    def over(self, *, step: int, without_gain: int) -> bool:
        """Whether the training ends here.

        Args:
            step: Steps taken.
            without_gain: Evaluations since the best one.
        """
        return step >= self.expected or 0 < self._patience <= without_gain
