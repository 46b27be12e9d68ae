"""The training loop: steps, looks at held-out days, early stopping, and going on after a kill (paper section 3.1)."""

import dataclasses
import math
import pathlib
import time
from collections.abc import Iterator, Sequence

import tensorflow as tf
from tqdm import tqdm

from mtmd_tf.config import RESTORE, ConfigError, TrainConfig
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.sharing import deviations
from mtmd_tf.training.checkpoints import LatestCheckpoint, restore_best, write_best
from mtmd_tf.training.journal import HELD_OUT_LOSS, Journal, write_sealed
from mtmd_tf.training.optimizers import SplitOptimizer
from tfrecords_tools.locks import alone_in
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.sealed import read_sealed

_LOG_EVERY = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class FitResult:
    """How a training ended.

    Attributes:
        steps: Steps taken.
        best_step: The step whose weights the model holds now.
        held_out_loss: The loss on the held-out days at that step.
        stopped_early: Whether patience ran out.
        pairs: Pairs trained on, repeats counted.
        seconds: Spent in training steps and reading, over all runs of an interrupted training; looks left out.
        cpu_seconds: Processor time of the same.
    """

    steps: int
    best_step: int
    held_out_loss: float
    stopped_early: bool
    pairs: int
    seconds: float
    cpu_seconds: float


class _Progress(tf.Module):
    """Where a training is; saved with every checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.epoch_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.pairs = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self.cpu_seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self.best_loss = tf.Variable(float("inf"), dtype=tf.float64, trainable=False)
        self.looks_without_gain = tf.Variable(0, dtype=tf.int64, trainable=False)


def fit(
    model: tf.keras.Model,
    data: DataSet,
    *,
    config: TrainConfig,
    run: pathlib.Path,
    days: Sequence[str],
    held_out_days: Sequence[str],
    cross: bool = False,
) -> FitResult:
    """Trains `model` and leaves it with its best weights; killed and called again, it goes on where it was.

    Args:
        model: Has `compute_loss(batch, training)`, `embedding_variables` and `dense_variables`.
        data: Its split `train` is read.
        config: The schedule.
        run: Folder for checkpoints, metrics.jsonl, tensorboard/ and, at the end, fit.json.
        days: Days to train on.
        held_out_days: Days to stop early by; none may be in `days`.
        cross: Whether the model reads cross features.

    Raises:
        ConfigError: Days on both sides, none to train on, held-out days without a label, a loss that is not finite, or
            another process that trains in the folder.
        DataError: A record that breaks the data contract.
    """
    _check_days(days, held_out_days)
    # Rewriting a graph of 13,000 operations takes seconds and makes no step of training faster (docs/adr/0003).
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    return _Fit(model, data, config=config, run=run, days=days, held_out_days=held_out_days, cross=cross).run()


class _Fit:
    def __init__(
        self, model, data: DataSet, *, config: TrainConfig, run: pathlib.Path, days, held_out_days, cross
    ) -> None:
        self._model, self._data, self._config, self._run = model, data, config, run
        self._days, self._held_out_days, self._cross = days, held_out_days, cross
        if config.use_weights and "weight" not in data.manifest.columns:
            raise ConfigError(f"{data.folder} has no column `weight` for --use_weights to weigh pairs by.")
        self._sample = data.sampled(config.sample_share, seed=config.seed)  # looks read all of the days held out
        self._epoch_steps = self._sample.batch_count(
            "train", batch_requests=config.batch_requests, days=days, skip_corrupt=config.skip_corrupt
        )
        if not self._epoch_steps or not data.requests("train", days=held_out_days, skip_corrupt=config.skip_corrupt):
            where = f"the slice {'/'.join(data.slice)} of {data.folder}" if data.slice else str(data.folder)
            where = f"a share of {config.sample_share:g} of {where}" if self._sample.sample else where
            raise ConfigError(f"{where} has no request on the days to train on or on those held out.")
        everything = config.epochs * self._epoch_steps
        self._total = min(everything, config.max_steps) if config.max_steps else everything
        self._optimizer = SplitOptimizer(config, total_steps=self._total)
        self._progress = _Progress()
        empty = data.empty_batch(cross=cross)
        model.compute_loss(empty)  # makes the variables, as the next line does, so that one trace is enough
        self._optimizer.make_variables(tables=model.embedding_variables, dense=model.dense_variables)
        spec = batch_spec(empty)
        self._train_step = tf.function(self._step, input_signature=[spec], autograph=False)
        self._look_step = tf.function(model.compute_loss, input_signature=[spec], autograph=False)
        checkpoint = tf.train.Checkpoint(model=model, optimizer=self._optimizer, progress=self._progress)
        self._latest = LatestCheckpoint(checkpoint, run)

    def run(self) -> FitResult:
        done = self._run / "fit.json"
        if done.exists():
            restore_best(self._model, self._run)
            return FitResult(**read_sealed(done, refusal=ConfigError, rule=RESTORE))
        self._run.mkdir(parents=True, exist_ok=True)
        with alone_in(self._run, doing="training", other="--run", refusal=ConfigError):
            return self._train_to_the_end(done)

    def _train_to_the_end(self, done: pathlib.Path) -> FitResult:
        if self._latest.restore():
            print(f"Going on from step {int(self._progress.step)} of {self._total} in {self._run}.", flush=True)
        journal = Journal(self._run, step=int(self._progress.step))
        self._train(journal)
        restore_best(self._model, self._run)
        result = self._result()
        write_sealed(done, dataclasses.asdict(result))
        return result

    def _train(self, journal: Journal) -> None:
        progress, config = self._progress, self._config
        look_every = config.look_every or self._epoch_steps
        bar = progress_bar(total=self._total, initial=int(progress.step), desc="train", unit=" steps")
        batches = self._endless(epoch=int(progress.epoch), skip=int(progress.epoch_step))
        wall, cpu, pairs = time.perf_counter(), time.process_time(), 0
        while int(progress.step) < self._total and not self._out_of_patience():
            epoch, epoch_step, batch = next(batches)
            loss, norm = self._train_step(batch)
            step = int(progress.step.assign_add(1))
            self._require_finite(float(loss), step)
            progress.epoch.assign(epoch)
            progress.epoch_step.assign(epoch_step)
            count = batch.request.shape[0]
            progress.pairs.assign_add(count)
            pairs += count
            bar.update()
            if step % _LOG_EVERY == 0 or step == self._total:
                seconds = time.perf_counter() - wall
                journal.write(step, loss=float(loss), gradient_norm=float(norm), pairs_per_second=pairs / seconds)
                bar.set_postfix_str(f"loss {float(loss):.4f}, {pairs / seconds:,.0f} pairs/s", refresh=False)
                self._tick(wall, cpu)
                wall, cpu, pairs = time.perf_counter(), time.process_time(), 0
            looking = step % look_every == 0 or step == self._total
            if looking or step % config.checkpoint_every == 0:
                self._tick(wall, cpu)
                if looking:
                    self._look(journal, bar)
                self._latest.save(step)
                wall, cpu, pairs = time.perf_counter(), time.process_time(), 0
        bar.close()

    def _step(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = self._model.compute_loss(self._weighed(batch), training=True)
        tables, dense = self._model.embedding_variables, self._model.dense_variables
        apart = [variable for weight in deviations(self._model) for variable in weight.own]
        return loss, self._optimizer.minimize(loss, tape, tables=tables, dense=dense, deviations=apart)

    def _look(self, journal: Journal, bar: tqdm) -> None:
        """Measures the held-out days; keeps the weights where they are the best so far."""
        progress = self._progress
        for metric in self._model.metrics:
            metric.reset_state()
        total, seen = 0.0, 0
        requests = self._config.batch_requests
        for batch in self._data.batches(
            "train",
            batch_requests=requests,
            days=self._held_out_days,
            cross=self._cross,
            shuffle_requests=2 * self._config.look_requests,  # a sample of all those days, the same at every look
            seed=self._config.seed,
            take=-(-self._config.look_requests // requests),
            skip_corrupt=self._config.skip_corrupt,
        ):
            count = int(batch.request.shape[0])
            total += float(self._look_step(self._weighed(batch))) * count
            seen += count
        loss = total / seen
        metrics = {metric.name: float(metric.result()) for metric in self._model.metrics}
        step = int(progress.step)
        self._require_finite(loss, step)
        if not any(float(metric.count) for metric in self._model.metrics if isinstance(metric, tf.keras.metrics.Mean)):
            days = f"{self._held_out_days[0]} to {self._held_out_days[-1]}"
            wanted = (
                "both a label and, as --use_weights asks, a weight above 0" if self._config.use_weights else "a label"
            )
            raise ConfigError(
                f"no pair of {self._data.folder} on the days held out, {days}, has {wanted} to learn from."
            )
        journal.write(step, **{HELD_OUT_LOSS: loss}, **{f"held_out_{name}": value for name, value in metrics.items()})
        better = loss < float(progress.best_loss)
        bar.write(f"step {step}: held-out loss {loss:.5f}{' (best so far)' if better else ''}")
        if better:
            progress.best_loss.assign(loss)
            progress.best_step.assign(step)
            progress.looks_without_gain.assign(0)
            write_best(self._model, self._run)
        else:
            progress.looks_without_gain.assign_add(1)

    def _weighed(self, batch: Batch) -> Batch:
        return batch if self._config.use_weights else batch._replace(weight=tf.ones_like(batch.weight))

    def _endless(self, *, epoch: int, skip: int) -> Iterator[tuple[int, int, Batch]]:
        """Batches, each with its epoch and how many batches of the epoch are then done."""
        while True:
            for place, batch in enumerate(self._batches(epoch=epoch, skip=skip), start=skip + 1):
                yield epoch, place, batch
            epoch, skip = epoch + 1, 0

    def _require_finite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise ConfigError(
                f"the loss is {loss} at step {step}: training diverged. Lower --learning_rate "
                f"({self._config.learning_rate}) or --clip_norm ({self._config.clip_norm}) in a new --run."
            )

    def _batches(self, *, epoch: int, skip: int) -> Iterator[Batch]:
        return self._sample.batches(
            "train",
            batch_requests=self._config.batch_requests,
            days=self._days,
            cross=self._cross,
            shuffle_requests=self._config.shuffle_requests,
            seed=self._config.seed,
            epoch=epoch,
            skip=skip,
            skip_corrupt=self._config.skip_corrupt,
        )

    def _tick(self, wall: float, cpu: float) -> None:
        self._progress.seconds.assign_add(time.perf_counter() - wall)
        self._progress.cpu_seconds.assign_add(time.process_time() - cpu)

    def _out_of_patience(self) -> bool:
        return 0 < self._config.patience <= int(self._progress.looks_without_gain)

    def _result(self) -> FitResult:
        progress = self._progress
        return FitResult(
            steps=int(progress.step),
            best_step=int(progress.best_step),
            held_out_loss=float(progress.best_loss),
            stopped_early=int(progress.step) < self._total,
            pairs=int(progress.pairs),
            seconds=round(float(progress.seconds), 3),
            cpu_seconds=round(float(progress.cpu_seconds), 3),
        )


def _check_days(days: Sequence[str], held_out_days: Sequence[str]) -> None:
    both = sorted(set(days) & set(held_out_days))
    if both:
        raise ConfigError(f"days {both} are both trained on and held out; a day is one or the other.")
    if not days or not held_out_days:
        raise ConfigError(f"{len(days)} days to train on and {len(held_out_days)} held out; each needs at least one.")
