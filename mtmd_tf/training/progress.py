"""Where a training is: steps, clocks and the best evaluation so far, saved with every checkpoint."""

import time

import tensorflow as tf

from mtmd_tf.fit_result import FitResult


class Progress:
    """The state of a training beside its weights.

    Attributes:
        checkpoint: The state as part of a checkpoint; its names are those in the files.
    """

    def __init__(self) -> None:
        self.step, self.epoch, self.epoch_step, self.pairs = (_integer(0) for _ in range(4))
        self.best_step, self._evaluations_without_gain = _integer(-1), _integer(0)
        self.seconds, self.cpu_seconds = _real(0.0), _real(0.0)
        self.best_loss = _real(float("inf"))
        self.checkpoint = tf.train.Checkpoint(
            step=self.step,
            epoch=self.epoch,
            epoch_step=self.epoch_step,
            pairs=self.pairs,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            best_step=self.best_step,
            best_loss=self.best_loss,
            evaluations_without_gain=self._evaluations_without_gain,
        )
        self.start_clocks()

    def start_clocks(self) -> None:
        """Begins a stretch of training."""
        self._wall, self._cpu, self._pairs_since = time.perf_counter(), time.process_time(), 0

    def stop_clocks(self) -> None:
        """Ends a stretch of training and adds up its time."""
        self.seconds.assign_add(time.perf_counter() - self._wall)
        self.cpu_seconds.assign_add(time.process_time() - self._cpu)

    def pairs_per_second(self) -> float:
        """Pairs trained on per second since the clocks started."""
        return self._pairs_since / (time.perf_counter() - self._wall)

    def take_step(self, *, epoch: int, epoch_step: int, pairs: int) -> int:
        """Counts a step; returns how many were taken.

        Args:
            epoch: Epoch of the step.
            epoch_step: Steps of that epoch that are done with this one.
            pairs: Pairs of the batch.
        """
        self.epoch.assign(epoch)
        self.epoch_step.assign(epoch_step)
        self.pairs.assign_add(pairs)
        self._pairs_since += pairs
        return int(self.step.assign_add(1))

    def take_evaluation(self, loss: float) -> bool:
        """Counts an evaluation; returns whether its loss on the held-out days is the least so far."""
        better = loss < float(self.best_loss)
        if better:
            self.best_loss.assign(loss)
            self.best_step.assign(int(self.step))
            self._evaluations_without_gain.assign(0)
        else:
            self._evaluations_without_gain.assign_add(1)
        return better

    @property
    def without_gain(self) -> int:
        """Evaluations since the one with the least loss."""
        return int(self._evaluations_without_gain)

    def result(self, *, total_steps: int) -> FitResult:
        """How a training ended that was to take `total_steps`."""
        return FitResult(
            steps=int(self.step),
            best_step=int(self.best_step),
            held_out_loss=float(self.best_loss),
            stopped_early=int(self.step) < total_steps,
            pairs=int(self.pairs),
            seconds=round(float(self.seconds), 3),
            cpu_seconds=round(float(self.cpu_seconds), 3),
        )


def _integer(value: int) -> tf.Variable:
    return tf.Variable(value, dtype=tf.int64, trainable=False)


def _real(value: float) -> tf.Variable:
    return tf.Variable(value, dtype=tf.float64, trainable=False)
