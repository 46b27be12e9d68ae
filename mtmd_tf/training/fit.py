"""The training loop: steps, evaluations on held-out days, early stopping, resuming after a kill (paper section 3.1)."""

import contextlib
import dataclasses
import functools
import math
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf
from tqdm import tqdm

from mtmd_tf.config import AVERAGED, RESTORE, ConfigError, TrainConfig
from mtmd_tf.distribution.devices import require_precision
from mtmd_tf.distribution.group import Group
from mtmd_tf.distribution.prefetch import ahead, on_device
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.fit_result import FitResult
from mtmd_tf.training.averages import Averages
from mtmd_tf.training.batches import TrainingBatches
from mtmd_tf.training.checkpoints import LatestCheckpoint, restore_best, write_best
from mtmd_tf.training.ending import Ending
from mtmd_tf.training.held_out import HeldOut
from mtmd_tf.training.journal import HELD_OUT_LOSS, Journal, write_with_digest
from mtmd_tf.training.optimizers import SplitOptimizer, dense_variables
from mtmd_tf.training.progress import Progress
from mtmd_tf.training.steps import TrainStep
from mtmd_tf.training.targets import require_apart, require_targets
from tfrecords_tools.digests import read_with_digest
from tfrecords_tools.locks import alone_in
from tfrecords_tools.progress import progress_bar

_LOG_EVERY = 20
_Read = tuple[int, int, tuple[Batch, ...]]  # what `TrainingBatches.endless` yields


def fit(
    model: tf.keras.Model,
    data: DataSet,
    *,
    config: TrainConfig,
    run: pathlib.Path,
    days: Sequence[str],
    held_out_days: Sequence[str],
    cross: bool = False,
    group: Group | None = None,
    xla: bool = False,
    checked: bool = False,
) -> FitResult:
    """Trains `model` and leaves it with its best weights; killed and called again, it resumes, with any other group.

    Args:
        model: Has `compute_loss(batch, training)`, `embedding_variables`, `trainable_variables`, perhaps `learns_from`.
        data: Data set whose split `train` is read.
        config: Configuration of the training.
        run: Folder for checkpoints, metrics.jsonl, tensorboard/ and, at the end, fit.json.
        days: Days to train on.
        held_out_days: Days to stop early by; none may be in `days`.
        cross: Whether the model reads cross features.
        group: The replicas, in whose strategy's scope the model was made; None for one process without a strategy. Only
            the chief writes in the folder and has the best weights at the end.
        xla: Whether XLA compiles the steps, for an `mtmd` model and one process without a strategy.
        checked: Whether `require_targets` has read these days already, which takes seconds.

    Raises:
        ConfigError: Days on both sides, none to train on, days without a label, a precision that this machine lacks, a
            loss that is not finite, or another process that trains in the folder; or a worker of the group was
            lost.
        DataError: A record that breaks the data contract, or more workers than shards.
    """
    require_apart(days, held_out_days)
    require_precision(config.precision)
    # Rewriting a graph of 13,000 operations takes seconds and makes no step of training faster (docs/adr/0003).
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    batches = TrainingBatches(data, config=config, days=days, cross=cross, group=group)
    held_out = HeldOut(model, data, config=config, days=held_out_days, cross=cross, group=group)
    if not batches.per_epoch or not held_out.requests:
        raise ConfigError(f"{batches.source} has no request on the days to train on or on those held out.")
    if (column := getattr(model, "learns_from", None)) and not checked and not (run / "fit.json").exists():
        require_targets(data, config=config, days=days, held_out_days=held_out_days, tasks=model.parents, column=column)
    options: dict[str, Any] = {"config": config, "run": run, "group": group, "xla": xla}
    with contextlib.nullcontext() if group is None else group.resumable(run):
        return _Fit(model, data.empty_batch(cross=cross), batches, held_out, **options).run()


class _Fit:
    def __init__(
        self,
        model: tf.keras.Model,
        empty: Batch,
        batches: TrainingBatches,
        held_out: HeldOut,
        *,
        config: TrainConfig,
        run: pathlib.Path,
        group: Group | None,
        xla: bool,
    ) -> None:
        self._group, self._chief = group, group is None or group.chief
        self._model, self._batches, self._held_out, self._config, self._run = model, batches, held_out, config, run
        self._ending, self._progress = Ending(config, per_epoch=batches.per_epoch), Progress()
        self._optimizer = SplitOptimizer(config, total_steps=self._ending.least)
        with contextlib.nullcontext() if group is None else group.strategy.scope():
            if not model.built:  # so that one trace is enough; across replicas no loss can be computed
                model.compute_loss(empty) if group is None else model.make_variables()
            self._optimizer.make_variables(tables=model.embedding_variables, dense=dense_variables(model))
            self._averages = Averages(dense_variables(model)) if config.schedule == AVERAGED else None
        self._step = TrainStep(model, self._optimizer, config=config, empty=empty, group=group, xla=xla)
        kept = {"model": model, "optimizer": self._optimizer, "progress": self._progress.checkpoint}
        if self._averages is not None:
            kept |= {"averages": self._averages, "ending": self._ending}
        self._latest = LatestCheckpoint(tf.train.Checkpoint(**kept), run, chief=self._chief)

    def run(self) -> FitResult:
        done = self._run / "fit.json"
        if done.exists():
            self._restore_best()
            return FitResult(**read_with_digest(done, raises=ConfigError, rule=RESTORE))
        if not self._chief:
            return self._train_to_the_end(done)
        self._run.mkdir(parents=True, exist_ok=True)
        with alone_in(self._run, doing="training", other="--run", raises=ConfigError):
            return self._train_to_the_end(done)

    def _train_to_the_end(self, done: pathlib.Path) -> FitResult:
        restored = self._latest.restore()
        self._require_one_step()
        if restored and self._chief:
            print(
                f"Going on from step {int(self._progress.step)} of {self._ending.expected} in {self._run}.", flush=True
            )
        self._train(Journal(self._run, step=int(self._progress.step)) if self._chief else None)
        self._restore_best()
        result = self._progress.result(total_steps=self._ending.most)
        if self._chief:
            write_with_digest(done, dataclasses.asdict(result))
        if self._group is not None:
            self._group.told()  # a worker that is gone before could not help the chief to go on
        return result

    def _require_one_step(self) -> None:
        """Workers that see different folders, or a folder late, would silently train different models."""
        steps = [] if self._group is None else self._group.told(int(self._progress.step))
        if len(set(steps)) > 1:
            raise ConfigError(
                f"the workers' checkpoints in {self._run} are of steps {steps}; --run must be one folder that every "
                "worker sees. Where it is, start the same command again."
            )

    def _restore_best(self) -> None:
        if self._chief:
            restore_best(self._model, self._run)

    def _train(self, journal: Journal | None) -> None:
        progress, config, ending = self._progress, self._config, self._ending
        eval_every = config.eval_every or self._batches.per_epoch
        bar = progress_bar(
            total=ending.expected, initial=int(progress.step), desc="train", unit=" steps", disable=not self._chief
        )
        batches = self._prefetched(self._batches.endless(epoch=int(progress.epoch), skip=int(progress.epoch_step)))
        progress.start_clocks()
        while not ending.over(step=int(progress.step), without_gain=progress.without_gain):
            epoch, epoch_step, parts = next(batches)
            loss, norm, pairs = self._step(parts)
            step = progress.take_step(epoch=epoch, epoch_step=epoch_step, pairs=pairs)
            if journal is not None:
                journal.begin()
            self._require_finite(float(loss), step)
            if self._averages is not None:
                self._averages.take_step(step)
            bar.update()
            last = step == ending.expected
            if step % _LOG_EVERY == 0 or last:
                speed = progress.pairs_per_second()
                if journal is not None:
                    journal.write(step, loss=float(loss), gradient_norm=float(norm), pairs_per_second=speed)
                bar.set_postfix_str(f"loss {float(loss):#.3g}, {speed:,.0f} pairs/s", refresh=False)
                progress.stop_clocks()
                progress.start_clocks()
            evaluating = step % eval_every == 0 or last
            if evaluating or step % config.checkpoint_every == 0:
                progress.stop_clocks()
                if evaluating:
                    self._evaluate(journal, bar, step=step)
                self._latest.save(step)
                progress.start_clocks()
        bar.close()

    def _prefetched(self, batches: Iterator[_Read]) -> Iterator[_Read]:
        """With one GPU, each batch is there while the step before it runs; a strategy moves its replicas' parts."""
        gpus = tf.config.list_logical_devices("GPU")
        if self._group is not None or not gpus:
            return batches
        tokens = "GPU" in self._model.embedding_variables[0].device
        place = functools.partial(on_device, device=gpus[0].name, tokens=tokens)
        return ahead((epoch, done, tuple(map(place, parts))) for epoch, done, parts in batches)

    def _evaluate(self, journal: Journal | None, bar: tqdm, *, step: int) -> None:
        """Evaluates weights on the held-out days, their averages where there are some; keeps the best so far."""
        with contextlib.nullcontext() if self._averages is None else self._averages.in_place():
            self._evaluate_weights(journal, bar, step=step)
        self._ending.take_evaluation(float(self._progress.best_loss), step=step)
        bar.total = self._ending.expected

    def _evaluate_weights(self, journal: Journal | None, bar: tqdm, *, step: int) -> None:
        loss, metrics = self._held_out.evaluate()
        self._require_finite(loss, step)
        if journal is not None:
            own = {f"held_out_{name}": value for name, value in metrics.items()}
            journal.write(step, **{HELD_OUT_LOSS: loss}, **own)
        better = self._progress.take_evaluation(loss)
        if self._chief:
            bar.write(f"step {step}: held-out loss {loss:#.5g}{' (best so far)' if better else ''}")
        if better:
            write_best(self._model, self._run, chief=self._chief)

    def _require_finite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise ConfigError(
                f"the loss is {loss} at step {step}: training diverged. Lower --learning_rate "
                f"({self._config.learning_rate}) or --clip_norm ({self._config.clip_norm}) in a new --run."
            )
