"""Trains a model, measures it, and writes a report: `python train.py --flagfile=hf.flags` (paper section 3)."""

import contextlib
import dataclasses
import os
import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from mtmd_tf.config import (
    FLOOR,
    GPU,
    MULTI_WORKER,
    NONE,
    PRECISIONS,
    TF32,
    ConfigError,
    DistributionConfig,
    ModelConfig,
    TrainConfig,
)
from mtmd_tf.distribution.cluster import Cluster
from mtmd_tf.distribution.joining import joined
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.sizing.facts import NOMINAL
from mtmd_tf.sizing.rule import AUTO, Sized, sized
from mtmd_tf.sizing.settle import settle
from tfrecords_tools.manifest import Manifest

if TYPE_CHECKING:
    from mtmd_tf.distribution.group import Group
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.fit_result import FitResult
    from mtmd_tf.model import TwoTowerModel

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)

_RUN = flags.DEFINE_string(
    "run",
    None,
    "folder of this run; an interrupted run goes on, a finished one is only measured",
    required=True,
    flag_values=FLAGS,
)
_SLICE = flags.DEFINE_string(
    "slice",
    "",
    "train and measure on one surface and product only, such as home_feed/standard (with --architecture=single_slice: "
    "the paper's baseline); * takes all of a side: */shopping, home_feed/*",
    flag_values=FLAGS,
)
_SURFACE = flags.DEFINE_string("report_surface", "", "surface to report first", flag_values=FLAGS)
_MAX_EVAL = flags.DEFINE_integer(
    "evaluate_requests", 0, "requests of the split eval to measure on; 0 takes all", lower_bound=0, flag_values=FLAGS
)
_LATENCY = flags.DEFINE_bool(
    "latency",
    False,
    "time the query tower, a request a call, into latency.json; takes a few seconds a surface",
    flag_values=FLAGS,
)
prepare.define(into=FLAGS)
settings.define(ModelConfig, auto=AUTO, into=FLAGS)
settings.define(TrainConfig, auto=AUTO, probed=["precision"], into=FLAGS)
settings.define(DistributionConfig, into=FLAGS)


def main(argv: list[str]) -> None:
    """Prepares the data where it is missing, trains, evaluates, reports."""
    del argv
    said = {"model": settings.given(ModelConfig, source=FLAGS), "train": settings.given(TrainConfig, source=FLAGS)}
    asked = sized(NOMINAL, **said)  # refuses what breaks a rule before data is made, which takes minutes
    run = pathlib.Path(_RUN.value)
    placed = settings.read(DistributionConfig, source=FLAGS)
    _require_possible(asked, placed)
    folder = prepare.prepared(FLAGS, alone=placed.strategy != MULTI_WORKER)
    if placed.strategy == MULTI_WORKER and (run / "fit.json").exists():
        placed = dataclasses.replace(placed, strategy=NONE)  # it is only measured, by the chief alone
        if worker := Cluster.of(os.environ).index:
            print(f"{run} is trained; worker 0 measures it, and worker {worker} has nothing to do.")
            return
    cluster = _joined(placed, said, folder)
    started = time.perf_counter()

    # TensorFlow takes seconds: only once the flags are good
    from mtmd_tf.benchmarks.latency import measure_latency
    from mtmd_tf.distribution.group import make_group
    from mtmd_tf.evaluation.result import FILE_NAME, Evaluation
    from mtmd_tf.evaluation.run_evaluation import measure
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.training import requirements, runs
    from mtmd_tf.training.claimed import begun
    from mtmd_tf.training.journal import write_json
    from mtmd_tf.training.probe import settled

    group = make_group(placed, cluster)  # first of all: TensorFlow must not have run when it meets the others
    before = run / runs.CONFIG if begun(run) else None  # settings that a run goes on with
    said["train"]["precision"], why = settled(FLAGS["precision"].value, config=before)
    data = DataSet.open(folder, slice_name=_SLICE.value)
    chosen = settle(data.manifest, data.schema, slice_name=_SLICE.value, config=before, **said)
    requirements.require_labels(data, [task.name for task in chosen.model.task_configs(data.schema)])
    requirements.require_numbers(data, chosen.model.score_columns(data.schema))
    requirements.require_surface(data, _SURFACE.value)
    learned = _learned(run, data, chosen, placed=placed, group=group, probed=why)
    if learned is None:
        return
    model, result = learned
    print(f"Best held-out loss {result.held_out_loss:#.5g} at step {result.best_step} of {result.steps}.")
    print(f"Trained on {result.pairs:,} pairs in {result.seconds:.0f} s, {result.cpu_seconds:.0f} s of processor time.")
    options = {"surface": _SURFACE.value, "max_requests": _MAX_EVAL.value, "warnings": runs.warnings(run)}
    print(measure(model, data, run=run.name, out=run, **options))
    told = runs.known_before(run)
    for sentence in Evaluation.load(run / FILE_NAME).warnings:
        if sentence not in told:
            print(f"Warning: {sentence}")
    if _LATENCY.value:
        write_json(run / "latency.json", measure_latency(model, surfaces=data.surfaces))
    print(f"Everything is in {run}/; done in {time.perf_counter() - started:.0f} s.")


def _learned(
    run: pathlib.Path,
    data: "DataSet",
    chosen: Sized,
    *,
    placed: DistributionConfig,
    group: "Group | None",
    probed: Mapping[str, str],
) -> "tuple[TwoTowerModel, FitResult] | None":
    """The trained model of the run; None in a process that only takes part.

    What would be refused is refused before the run's folder is claimed, which no other process does meanwhile.
    """
    from mtmd_tf.training import fit, requirements, runs
    from mtmd_tf.training.beginning import begin
    from mtmd_tf.training.journal import write_json
    from mtmd_tf.training.parameter_counts import parameters, summary
    from mtmd_tf.training.targets import require_targets

    train = chosen.train
    days, held_out = requirements.split_days(data, held_out=train.held_out_days)
    reads: dict[str, Any] = {"config": train, "days": days, "held_out_days": held_out}
    if not (run / "fit.json").exists():
        require_targets(data, **reads, tasks=[task.name for task in chosen.model.task_configs(data.schema)])
    with contextlib.nullcontext() if group is not None and not group.chief else runs.alone(run):
        asked_for = {"model": chosen.model, "train": train, "reasons": {**chosen.reasons, **probed}}
        model = begin(run, data, group=group, tables=placed.tables, **asked_for)
        reads |= {"cross": model.reads_cross, "group": group, "xla": placed.xla, "checked": True}
        if group is not None and not group.chief:
            fit(model, data, run=run, **reads)
            print(f"Worker {group.worker} has trained; worker 0 measures.")
            return None
        write_json(run / "parameters.json", parameters(model))
        print(f"{chosen}\n{summary(model)}", flush=True)
        for name, reason in probed.items():
            print(f"--{name}={train.precision}: {reason}")
        for sentence in runs.known_before(run):
            print(f"Warning: {sentence}")
        if "weight" in data.manifest.columns and not train.use_weights:
            print("Every pair counts once: the records' column weight is read with --use_weights alone.")
        print(f"Training on {_span(days)}, stopping early by {_span(held_out)}.")
        result = fit(model, data, run=run, **reads)
    return model if group is None else runs.load_model(run), result  # measured by this process alone


def _span(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _joined(placed: DistributionConfig, said: Mapping[str, Mapping[str, Any]], folder: pathlib.Path) -> Cluster | None:
    """The workers of `--strategy=multi_worker`, who have met and want the same; None for any other strategy."""
    if placed.strategy != MULTI_WORKER:
        return None
    data_set = Manifest.load(folder).fingerprint()
    same = {**said["model"], **said["train"], "slice": _SLICE.value, "data": data_set}
    return joined(placed, environment=os.environ, same=same)


def _require_possible(asked: Sized, placed: DistributionConfig) -> None:
    """Refuses settings that do not go together, or not on this machine."""
    model = asked.model
    if _LATENCY.value and model.architecture == FLOOR:
        raise ConfigError(f"--latency times a query tower; --architecture={FLOOR} has none.")
    if placed.strategy != NONE and model.retrieval_weight:
        raise ConfigError(
            f"--retrieval_weight compares the pairs of one replica's batch; --strategy={NONE} has only one."
        )
    if placed.xla and model.architecture != "mtmd":
        raise ConfigError(f"--xla compiles the domains of --architecture=mtmd, not {model.architecture}; leave it out.")
    if placed.strategy == MULTI_WORKER and FLAGS["precision"].value == settings.AUTO:
        raise ConfigError(
            f"--precision={settings.AUTO} would ask each worker's machine by itself; say one of {list(PRECISIONS)}."
        )
    if placed.device == GPU or asked.train.precision == TF32:
        from mtmd_tf.distribution.devices import require_gpu, require_precision

        if placed.device == GPU:
            require_gpu(f"--device={GPU}", otherwise="--device=auto")
        require_precision(asked.train.precision)


if __name__ == "__main__":
    settings.run(main, FLAGS)
