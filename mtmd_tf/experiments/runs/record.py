"""The record of a finished run: one small JSON from which tables are built again (paper section 3.2)."""

import collections
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
from collections.abc import Iterable
from typing import Any

from mtmd_tf.config import RESTORE, ConfigError, older, plain
from mtmd_tf.evaluation import result as evaluations
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.experiments.runs.funnel_rows import CellKey, rows_of
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.metrics import ALL, Row
from tfrecords_tools import structure
from tfrecords_tools.digests import read_with_digest
from tfrecords_tools.files import write_text

FILE_NAME = "record.json"

_TIME_AGAIN = "remove it, and run train.py --latency again"
_MEASURES = ("pairs", "label_mean", "log_mae", "kl", "mae", "bce", "calibration", "events", "auc")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """One finished run.

    Attributes:
        run: Name of the run.
        slice: The slice that it learned, or empty.
        seed: Seed of the training.
        data: Identity of the data set.
        config: `{model, train}`, every setting.
        parameters: `{embedding, non_embedding}`.
        fit: Result of the training, as `FitResult`: steps, pairs, seconds, cpu_seconds and more.
        seconds: The whole run, reading, training and measuring, the last time that it was started.
        machine: Machine that it ran on: system, cores, processor, TensorFlow.
        rows: Measures of each surface x product x task that exists, roll-ups included.
        latency: `{surface: {median_ms, p99_ms, flops, active_parameters}}` of the query tower; empty: not measured.
        funnel: Rows of `funnel_rows.rows_of`; empty where nothing was cut or ranked.
        warnings: Sentences on how the run ended (`training.runs.warnings`); empty in an older record.
    """

    run: str
    slice: str
    seed: int
    data: str
    config: dict[str, dict[str, Any]]
    parameters: dict[str, int]
    fit: dict[str, Any]
    seconds: float
    machine: str
    rows: tuple[dict[str, Any], ...]
    latency: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    funnel: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...] = ()

    def save(self, path: pathlib.Path) -> None:
        """Writes JSON, whole or not at all."""
        write_text(path, json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: pathlib.Path) -> "Record":
        """Reads what `save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="record of a finished run", raises=ConfigError)

    def require(self, run: Run) -> None:
        """Refuses the record of a run with other settings than `run` has.

        A setting that it lacks is what runs had before there was one (`config.older`).

        Raises:
            ConfigError: It names the first that differs.
        """
        for name, config in (("model", run.model), ("train", run.train)):
            had = older(type(config)) | self.config[name]
            for field, wanted in plain(config).items():
                found = had[field]
                if found != wanted:
                    raise ConfigError(
                        f"run {self.run} was trained with {field}={found!r}, not {wanted!r}; "
                        "remove its folder to train it again."
                    )


def make_record(run: Run, folder: pathlib.Path, *, seconds: float, threads: int = 0) -> Record:
    """Gathers what train.py left in the folder of a run.

    Args:
        run: The run that was asked for.
        folder: Folder of the run.
        seconds: Seconds that it took.
        threads: Number of its threads, by which a weight's last digits change; 0 where it is not known.

    Raises:
        ConfigError: The run is not finished.
    """
    from mtmd_tf.training import runs  # imports TensorFlow, which a record that is only read does not need

    try:
        paths = {name: folder / f"{name}.json" for name in ("config", "fit", "parameters")}
        plain = {name: read_with_digest(path, raises=ConfigError, rule=RESTORE) for name, path in paths.items()}
        evaluation = Evaluation.load(folder / evaluations.FILE_NAME)
    except FileNotFoundError as error:
        raise ConfigError(f"{folder} holds no finished run: {error}") from error
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{error}; measure the run again: python -m mtmd_tf.jobs.evaluate --run={folder}") from error
    latency = folder / "latency.json"
    return Record(
        run=run.name,
        slice=run.slice,
        seed=run.train.seed,
        data=run.data,
        config=plain["config"],
        parameters=plain["parameters"],
        fit=plain["fit"],
        seconds=round(seconds, 1),
        machine=this_machine() + (f", {threads} thread{'s' * (threads > 1)} a run" if threads else ""),
        rows=tuple(_plain(row) for row in evaluation.rows if row.exists and row.pairs),
        latency=read_with_digest(latency, raises=ConfigError, rule=_TIME_AGAIN) if latency.exists() else {},
        funnel=rows_of(evaluation),
        warnings=tuple(runs.warnings(folder)),
    )


def by_cell(records: Iterable[Record], *, of: str = "rows") -> dict[CellKey, dict[str, Any]]:
    """`{(surface, product, task): row}` of models that share the slices between them, roll-ups left out.

    Args:
        records: Records, one for each model.
        of: `rows` or `funnel`, the field of a record.
    """
    rows = (row for record in records for row in getattr(record, of) if ALL not in (row["surface"], row["product"]))
    return {(row["surface"], row["product"], row["task"]): row for row in rows}


def machines(records: Iterable[Record]) -> str:
    """What runs ran on, with how many threads each; says so where that is not the same for all of them.

    Sums in another order differ in their last digits, so runs with other processors or numbers of threads do.
    """
    counts = collections.Counter(record.machine for record in records)
    if len(counts) < 2:
        return "".join(counts)
    told = "; ".join(f"{count} run{'s' * (count > 1)} on {machine}" for machine, count in sorted(counts.items()))
    return f"{told}. These are not alike: their numbers can differ in the last digits for that alone"


def this_machine() -> str:
    """System, cores, processor and TensorFlow, in words."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")  # platform.processor() is empty on many Linuxes
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line for line in lines if line.startswith("model name")]
    processor = models[0].partition(":")[2].strip() if models else platform.processor()
    parts = [f"{platform.system()} {platform.machine()}", f"{os.cpu_count()} cores", processor]
    return ", ".join(filter(None, [*parts, f"TensorFlow {importlib.metadata.version('tensorflow')}"]))


def _plain(row: Row) -> dict[str, Any]:
    measures = {name: getattr(row, name) for name in _MEASURES}
    brief = {k: short(v) if isinstance(v, float) else v for k, v in measures.items()}
    return {"surface": row.surface, "product": row.product, "task": row.task, **brief}
