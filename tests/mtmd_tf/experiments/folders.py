"""Folders of results made by hand, for tests that measure nothing: the JSON that is committed under docs/results."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.labels import label_quality
from mtmd_tf.experiments.measures.improvement import MEASURES, Improvement
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.table1 import comparison as table1
from mtmd_tf.experiments.table6 import comparison as table6
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality
from mtmd_tf.heavyweight.labels.sizes import SizeRow
from mtmd_tf.heavyweight.lightgbm_comparison.outcome import Comparison
from mtmd_tf.metrics import Row
from tfrecords_tools import structure

BETTER = Improvement(value=50.0, low=40.0, high=60.0, by_seed=(50.0,))
LATENCY = {"home": {"median_ms": 1.0, "p99_ms": 2.0, "flops": 10.0, "active_parameters": 5.0}}


def an_improvement(value: float, *, reach: float = 10.0) -> Improvement:
    """One seed, the interval as far below as above."""
    return Improvement(value=value, low=value - reach, high=value + reach, by_seed=(value,))


def a_record(name: str, **options: Any) -> Record:
    """100 and 10 parameters, 30 s, 60 s of processor time."""
    plain: dict[str, Any] = {
        "slice": "",
        "seed": 3,
        "data": "d",
        "config": {"model": configs.plain(ModelConfig()), "train": configs.plain(TrainConfig())},
        "parameters": {"embedding": 100, "non_embedding": 10},
        "fit": {"steps": 9, "best_step": 6, "held_out_loss": 0.5, "stopped_early": True, "pairs": 70, "seconds": 2.0}
        | {"cpu_seconds": 60.0},
        "seconds": 30.0,
        "machine": "Linux x86_64, 2 cores",
        "rows": (),
        "funnel": (),
        "latency": LATENCY,
    }
    return Record(run=name, **{**plain, **options})


def funnel_row(surface: str, *, spearman: float = 0.5, loss: float = 0.1, recall: float = 0.8, **other: Any) -> dict:
    """Of standard candidates: 200 requests, 150 of them with more than the one candidate that is kept."""
    plain: dict[str, Any] = {"surface": surface, "product": "standard", "task": "ctr"}
    plain |= {"ranked_requests": 200, "rank_correlation": spearman, "requests": {"1": 150}}
    plain |= {"recall": {"1": {"1": recall}}, "recall_by_chance": {"1": {"1": 0.25}}}
    return {**plain, "score_loss": {"1": loss}, "score_loss_by_chance": {"1": 0.4}, **other}


def leave_table1(folder: pathlib.Path) -> None:
    """`one` against `home` and `search`, one seed: +50% on home, -10% on search, by KL as by LogMAE."""
    _keep(folder, ["one", "home", "search"])
    cell = table1.Cell(surface="home", product="standard", task="ctr", pairs=2, requests=2, unified=1.0, replaced=2.0,
                       improvement=BETTER, kl=BETTER)  # fmt: skip
    loss = an_improvement(-10.0)
    worse = dataclasses.replace(cell, surface="search", unified=1.1, replaced=1.0, improvement=loss, kl=loss)
    table = table1.Table1(
        seeds=(3,),
        unified=("one",),
        replaced=(("home", "search"),),
        cells=(cell, worse),
        means=dict.fromkeys(MEASURES, an_improvement(20.0)),
    )
    structure.save(folder / table1.FILE_NAME, table)


def leave_table6(folder: pathlib.Path) -> None:
    """DCN V2 is worth 50% everywhere; concatenation -50% on all pairs, the top tenth was not measured."""
    _keep(folder, ["one", "uncrossed", "concatenated"])
    helps = table6.Cell(effect="DCN V2", task="all", bucket="all", pairs=4, improvement=BETTER)
    worse = an_improvement(-50.0)
    hurts = dataclasses.replace(helps, effect="experts concatenated, not summed", improvement=worse)
    variants = {"reference": ("one",), "no_crossing": ("uncrossed",), "concat": ("concatenated",)}
    table = table6.Table6(
        seeds=(3,),
        variants=variants,
        log_mae={"reference": {"ctr": 1.0}, "no_crossing": {"ctr": 2.0}, "concat": {"ctr": 1.5}},
        cells=(dataclasses.replace(helps, bucket="0"), helps, hurts),
        edges={},
    )
    structure.save(folder / table6.FILE_NAME, table)


LABELS = LabelRow(surface="home", product="standard", task="ctr", exists=True, pairs=1200, events=1200, event_rate=0.25,
                  auc=0.75, calibration=1.0, calibration_low=0.9, calibration_high=1.1)  # fmt: skip
COMPARISON = Comparison(split="eval", task="ctr", pairs=1200, positives=300, ranker=0.75, lightgbm=0.745, low=-0.001,
                  high=0.011, outcome="ahead", uncorrected=0.74)  # fmt: skip


def leave_ranker(folder: pathlib.Path, *, labels: str = "d", compared: bool = True) -> None:
    """A ranker on `/far/away/mine`: on eval 1 label in home, off by 30% on search; 2 labels above their parents'."""
    off = dataclasses.replace(LABELS, surface="search", calibration=1.3, calibration_low=1.2, miscalibrated=True)
    rows = [LABELS, off, dataclasses.replace(LABELS, surface="all", product="all", calibration=1.125)]
    far = Row(surface="all", product="all", task="ctr", exists=True, pairs=1200, label_mean=0.25, mae=0.125,
              log_mae=0.5, kl=0.0625, calibration=1.5)  # fmt: skip
    size = SizeRow(task="ctr", low=0.1, pairs=1200, label=337.5, event=300, calibration=1.125)
    split = Quality(split="eval", rows=tuple(rows), sizes=(size,), truth=(far,), above_parent=2)
    plain: dict[str, Any] = {
        "data": "/far/away/mine",
        "labels": labels,
        "settings": ["--epochs=3"],
        "period": {"learn": ["2017-03-01", "2017-03-02"], "held_out": ["2017-03-03"], "label": ["2017-03-04"]},
        "fit": {"steps": 9, "best_step": 6, "held_out_loss": 1 / 3, "stopped_early": True, "pairs": 7000}
        | {"seconds": 2.0, "cpu_seconds": 60.0},
        "calibration": {"scale": [1.0], "shift": [[0.0]]},
        "splits": {"eval": structure.plain(split)},
    }
    trees = {"settings": {}, "rounds": 40, "held_out_loss": 0.25, "tried": {"7 leaves": 0.25, "31 leaves": 0.5}}
    comparison = {"comparisons": [structure.plain(COMPARISON)], "lightgbm": {"ctr": trees}, "truth": {}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / label_quality.REPORT).write_text(json.dumps(plain))
    if compared:
        (folder / label_quality.COMPARISON).write_text(
            json.dumps({"data": plain["data"], "labels": labels, **comparison})
        )


def leave_arch(folder: pathlib.Path) -> None:
    """LogMAE: mtmd 1, mmoe_dcn 1.25, the baseline 2; mtmd 20% better than mmoe_dcn; no split by product."""
    runs = {"mtmd": "one", BASELINE: "home", "mmoe_dcn": "mixed"}
    errors = {"mtmd": 1.0, BASELINE: 2.0, "mmoe_dcn": 1.25}
    _keep(folder, list(runs.values()))
    cells = [
        arch.Cell(
            new=name,
            old=BASELINE,
            product="all",
            task=task,
            pairs=4,
            log_mae=errors[name],
            improvement=dataclasses.replace(BETTER, value=100 * (1 - errors[name] / 2)),
        )
        for name in runs
        for task in ("ctr", "all")
    ]
    better = an_improvement(20.0)
    cells += [dataclasses.replace(cell, old="mmoe_dcn", improvement=better) for cell in cells if cell.new == "mtmd"]
    table = arch.Architectures(seeds=(3,), runs={name: ((run,),) for name, run in runs.items()}, cells=tuple(cells))
    structure.save(folder / arch.FILE_NAME, table)


def _keep(folder: pathlib.Path, names: Sequence[str]) -> None:
    """Records, those named as a surface of its model alone; of each a KL of 1, and no events."""
    records = []
    for name in names:
        own = [name] if name in ("home", "search") else ["home", "search"]
        row = {"product": "standard", "task": "ctr", "log_mae": 1.0, "kl": 1.0, "calibration": 1.0, "auc": None}
        rows = tuple({"surface": surface, **row} for surface in own)
        records.append(a_record(name, slice=f"{name}/standard" if len(own) == 1 else "", rows=rows))
    results.save_records(records, folder)
