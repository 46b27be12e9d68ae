"""Trains, calibrates and applies a heavyweight ranker; every step finds what an interrupted run has finished."""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, arguments
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.calibration.calibration import Calibration, calibration_of
from mtmd_tf.heavyweight.calibration.evidence import Observer
from mtmd_tf.heavyweight.calibration.recalibration import Recalibration, recalibrate
from mtmd_tf.heavyweight.labels import schedule
from mtmd_tf.heavyweight.labels.labeler import Labeler
from mtmd_tf.heavyweight.labels.origin import ASKED, REPORT, SETTINGS
from mtmd_tf.heavyweight.labels.output import Output
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.labels.quality import measure_labels
from mtmd_tf.heavyweight.labels.truth import Truth
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.heavyweight.network.statistics import collect
from mtmd_tf.training import FitResult, fit, runs
from mtmd_tf.training.journal import write_json, write_with_digest
from mtmd_tf.training.targets import EVENT, require_targets
from tfrecords_tools import structure
from tfrecords_tools.digests import read_with_digest
from tfrecords_tools.labels import copy_with_labels
from tfrecords_tools.locks import alone_in
from tfrecords_tools.partition import span

CALIBRATION = "calibration.json"
_LOCK = ".lock-labeling"  # the training has a lock of its own in the same folder
_RECALIBRATION = "recalibration.json"
_SAMPLE_REQUESTS = 20_000
_READ_REQUESTS = 1000


def label(
    data: DataSet,
    out: pathlib.Path,
    *,
    run: pathlib.Path,
    period: Period,
    model: HeavyweightConfig,
    train: HeavyweightTrainConfig,
    output: Output | None = None,
) -> dict[str, Any]:
    """Trains, calibrates and labels; returns the report, which it also writes to `run/heavyweight.json`.

    Args:
        data: Data set with events.
        out: Folder of the labeled data set.
        run: Folder of the ranker.
        period: Days to learn from, to hold out and to label.
        model: Configuration of the ranker.
        train: Configuration of its training.
        output: What the labeled data set has beside requests and labels; None for all that `data` has.

    Raises:
        ConfigError: The run folder holds a ranker of other settings, or of another version of this package, or another
            process labels with it.
        DataError: Data that breaks the contract, or `out` holds something else.
    """
    run.mkdir(parents=True, exist_ok=True)
    with alone_in(run, doing="labeling", other="--run", raises=ConfigError, name=_LOCK):
        return _label(data, out, run=run, period=period, model=model, train=train, output=output or Output())


def _label(
    data: DataSet,
    out: pathlib.Path,
    *,
    run: pathlib.Path,
    period: Period,
    model: HeavyweightConfig,
    train: HeavyweightTrainConfig,
    output: Output,
) -> dict[str, Any]:
    if not (run / "fit.json").exists():
        sides = {"days": period.learn, "held_out_days": period.held_out}
        require_targets(data, config=train, **sides, tasks=data.schema.task_names, column=EVENT)
    asked = arguments(model, train)
    train = schedule.settled(train, data, period.learn)
    runs.claim(run, data, heavyweight=model, train=train, period=period)
    with _stage(f"training on {span(period.learn)}"):
        ranker, fitted = trained(data, run=run, period=period, model=model, train=train)
    recalibration = None
    if train.recalibrate_every:
        recalibration = _recalibrated(ranker, data, run=run, period=period, train=train)
    with _stage(f"labeling {span(period.label)}"):
        origin = {
            "run": run.name,
            "learned_to": period.seen[-1],
            "steps": fitted.best_step,
            "loss": fitted.held_out_loss,
            "recalibrate_every": train.recalibrate_every,
            "recalibrate_window": train.recalibrate_window,
            "recalibrate_shape_window": train.recalibrate_shape_window,
        }
        if chosen := arguments(model, train):
            origin[SETTINGS] = chosen
        if asked != chosen:
            origin[ASKED] = asked
        if output.towers:
            origin["tower_features"] = dict(output.towers)
        cut = data.manifest.partition
        labeler = Labeler(ranker, seen=period.seen, recalibration=recalibration, partition=cut, items=data.items)
        # The job refuses labels that are there already; whoever calls this means to replace them.
        copy_with_labels(
            data.folder,
            out,
            days=period.label,
            score=labeler,
            origin=origin,
            drop_cross=output.drop_cross,
            drop=output.drop,
            eval_from=output.eval_from,
            replace=True,
        )
    path = run / REPORT
    if not path.exists():
        with _stage("comparing labels with events"):
            labeled = DataSet.open(out)
            truth = output.truth or Truth.beside(data.folder)
            measured = [measure_labels(labeled, split=split, truth=truth) for split in labeled.manifest.splits]
        report = {
            "data": str(data.folder),
            "labels": labeled.manifest.fingerprint(),
            "settings": arguments(model, train),
            "period": dataclasses.asdict(period),
            "fit": dataclasses.asdict(fitted),
            "calibration": _read(run / CALIBRATION),
            "splits": {each.split: structure.plain(each) for each in measured},
        }
        write_json(path, report)
    return _read(path)


def trained(
    data: DataSet, *, run: pathlib.Path, period: Period, model: HeavyweightConfig, train: HeavyweightTrainConfig
) -> tuple[HeavyweightRanker, FitResult]:
    """The calibrated ranker of a run and its `FitResult`; trains it where that is not done yet, on days with events."""
    ranker = HeavyweightRanker(data.schema, config=model, seed=train.seed)
    at_once = data.manifest.at_once(_READ_REQUESTS)
    if not (run / "fit.json").exists():
        sample = data.batches(
            "train",
            batch_requests=at_once,
            days=period.learn,
            cross=True,
            shuffle_requests=_SAMPLE_REQUESTS,
            seed=train.seed,
            take=-(-_SAMPLE_REQUESTS // at_once),
        )
        ranker.start_from(collect(sample, schema=data.schema))
    result = fit(
        ranker,
        data,
        config=dataclasses.replace(
            train, batch_requests=train.batch_requests or schedule.batch_requests(data, period.learn)
        ),
        run=run,
        days=period.learn,
        held_out_days=period.held_out,
        cross=True,
        checked=True,
    )
    path = run / CALIBRATION
    if not path.exists():
        held_out = data.batches("train", batch_requests=at_once, days=period.held_out, cross=True)
        evidence = Observer(ranker)(held_out)
        fresh = calibration_of(evidence, parents=ranker.parents, slices=len(data.schema.slices))
        write_with_digest(path, {"scale": fresh.scale.tolist(), "shift": fresh.shift.tolist()})
    ranker.set_calibration(Calibration(**_read(path)))
    return ranker, result


def _recalibrated(
    ranker: HeavyweightRanker, data: DataSet, *, run: pathlib.Path, period: Period, train: HeavyweightTrainConfig
) -> Recalibration:
    path = run / _RECALIBRATION
    if not path.exists():
        with _stage(f"following the drift of events over {span(period.label)}"):
            fresh = recalibrate(
                ranker,
                data,
                known=period.held_out,
                days=period.label,
                every=train.recalibrate_every,
                window=train.recalibrate_window,
                shape_window=train.recalibrate_shape_window,
            )
            write_with_digest(path, {name: np.asarray(value).tolist() for name, value in fresh._asdict().items()})
    plain = _read(path)
    if set(plain) != set(Recalibration._fields):
        raise ConfigError(
            f"{path} is of another version of this package; remove {run}, or choose another --run, to train anew."
        )
    first_days = tuple(plain.pop("first_days"))
    return Recalibration(first_days=first_days, **{name: np.array(value) for name, value in plain.items()})


def _read(path: pathlib.Path) -> dict[str, Any]:
    return read_with_digest(path, raises=ConfigError, rule=configs.RESTORE)


@contextlib.contextmanager
def _stage(title: str) -> Iterator[None]:
    print(f"{title[0].upper()}{title[1:]}.", flush=True)
    begun = time.perf_counter()
    yield
    print(f"That took {time.perf_counter() - begun:.1f} s.", flush=True)
