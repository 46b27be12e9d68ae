"""The effect of each part of the model, by the rank of the pairs (paper Table 6)."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs import errors
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.experiments.runs.plan import Arm
from mtmd_tf.experiments.table6.variants import BUCKETS, EFFECTS, REFERENCE, Effect
from mtmd_tf.metrics import ALL, RequestErrors
from mtmd_tf.seeds import derive_seed
from tfrecords_tools import structure

FILE_NAME = "table6.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One effect on one task in one bucket.

    Attributes:
        effect: Name of the effect.
        task: Name; `all` is the mean of the tasks' improvements.
        bucket: `0` to `4`, or `all` pairs, the lower half included.
        pairs: Labeled pairs measured; of `all` tasks, those of each task added up.
        improvement: Improvement of LogMAE, with the factor over without it.
    """

    effect: str
    task: str
    bucket: str
    pairs: int
    improvement: Improvement


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table6:
    """The measured Table 6; with the runs' records, all that its report needs.

    Attributes:
        seeds: The runs' seeds.
        variants: `{variant: names of its runs, for each seed}`.
        log_mae: `{variant: {task: LogMAE of all pairs, mean of the seeds}}`.
        cells: Effects outermost, then tasks with `all` first, then buckets.
        edges: `{surface/product: {task: least label of the buckets 0 to 4}}`; the label is that of the task's root.
    """

    seeds: tuple[int, ...]
    variants: dict[str, tuple[str, ...]]
    log_mae: dict[str, dict[str, float]]
    cells: tuple[Cell, ...]
    edges: dict[str, dict[str, tuple[float, ...]]]

    @property
    def run_names(self) -> tuple[str, ...]:
        """The names of all runs whose records the report needs."""
        return tuple(run for names in self.variants.values() for run in names)

    @classmethod
    def load(cls, path: pathlib.Path) -> "Table6":
        """Reads what `structure.save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="Table 6 of this version", raises=ConfigError)


def measure(arms: Sequence[Arm], *, folder: pathlib.Path, draws: int = DRAWS) -> Table6:
    """Compares finished runs from the errors of each request that they left in their folders.

    Args:
        arms: Arms that `variants.arms` makes.
        folder: Folder that holds the runs' folders.
        draws: Number of bootstrap draws.

    Raises:
        ConfigError: The models were not measured on the same pairs.
    """
    by_name = {arm.name: arm for arm in arms}
    rows = errors.first_of_all(arms, folder)
    pairs = _by_bucket(rows.pairs.sum(axis=errors.PRODUCTS)).sum(axis=0)

    def sums(name: str) -> np.ndarray:
        return _by_bucket(errors.summed(by_name[name], folder=folder, rows=rows, over=errors.PRODUCTS))

    reference = sums(REFERENCE)
    log_mae = {name: _log_mae(sums(name), pairs, tasks=rows.tasks) for name in by_name}
    cells: list[Cell] = []
    for effect in EFFECTS:
        if effect.new in by_name and effect.old in by_name:
            new, old = (reference if name == REFERENCE else sums(name) for name in (effect.new, effect.old))
            cells += _cells(effect, new, old, pairs=pairs, tasks=rows.tasks, draws=draws)
    return Table6(
        seeds=arms[0].seeds,
        variants={name: tuple(run for [run] in arm.names) for name, arm in by_name.items()},
        log_mae=log_mae,
        cells=tuple(cells),
        edges=_edges(rows),
    )


def _cells(
    effect: Effect, new: np.ndarray, old: np.ndarray, *, pairs: np.ndarray, tasks: Sequence[str], draws: int
) -> Iterator[Cell]:
    """From `[seeds, requests, tasks, buckets]` of both, `pairs` being `[tasks, buckets]`."""
    places = list(np.ndindex(pairs.shape))
    own = [column for column, place in enumerate(places) if pairs[place]]
    by_bucket = {bucket: [column for column in own if places[column][1] == bucket] for bucket in range(len(BUCKETS))}
    together = {bucket: columns for bucket, columns in by_bucket.items() if columns}
    interval = bootstrap(
        *(each.reshape(*each.shape[:2], len(places)) for each in (new, old)),
        means=list(together.values()),
        draws=draws,
        seed=derive_seed(0, f"table 6/{effect.name}"),
    )
    means = [(len(places) + i, ALL, bucket, pairs[:, bucket].sum()) for i, bucket in enumerate(together)]
    singles = [(column, tasks[places[column][0]], places[column][1], pairs[places[column]]) for column in own]
    for column, task, bucket, count in means + singles:
        yield Cell(
            effect=effect.name,
            task=task,
            bucket=BUCKETS[bucket],
            pairs=int(count),
            improvement=interval.at(column).short(),
        )


def _by_bucket(sums: np.ndarray) -> np.ndarray:
    """The rest, in the last place, gives way to all."""
    return np.concatenate([sums[..., :-1], sums.sum(axis=-1, keepdims=True)], axis=-1)


def _log_mae(sums: np.ndarray, pairs: np.ndarray, *, tasks: Sequence[str]) -> dict[str, float]:
    total = sums[..., -1].sum(axis=(0, 1), dtype=np.float64) / len(sums)
    return {task: short(total[i] / pairs[i, -1]) for i, task in enumerate(tasks) if pairs[i, -1]}


def _edges(rows: RequestErrors) -> dict[str, dict[str, tuple[float, ...]]]:
    return {
        f"{surface}/{product}": {
            task: tuple(short(edge) for edge in rows.edges[s, p, t])
            for t, task in enumerate(rows.tasks)
            if not np.isnan(rows.edges[s, p, t]).any()
        }
        for s, surface in enumerate(rows.surfaces)
        for p, product in enumerate(rows.products)
    }
