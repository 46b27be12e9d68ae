"""All architectures at equal budget, for all products together and for each product alone (paper section 3.2)."""

import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs import errors
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.experiments.runs.plan import BASELINE, OURS, Arm
from mtmd_tf.metrics import ALL, RequestErrors
from mtmd_tf.seeds import derive_seed
from tfrecords_tools import structure

FILE_NAME = "arch.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One comparison on one task and product.

    Attributes:
        new: Name of the arm that should be better.
        old: Name of the arm it is compared with.
        product: Name, or `all`.
        task: Name; `all` is the mean of the tasks.
        pairs: Labeled pairs measured; of `all` tasks, those of each task added up.
        log_mae: LogMAE of the new arm, mean of the seeds; of `all` tasks, the mean of theirs.
        improvement: Improvement of LogMAE; of `all` tasks, the mean of theirs.
    """

    new: str
    old: str
    product: str
    task: str
    pairs: int
    log_mae: float
    improvement: Improvement


@dataclasses.dataclass(frozen=True, kw_only=True)
class Architectures:
    """The measured table; with the runs' records, all that its report needs.

    Attributes:
        seeds: The runs' seeds.
        runs: `{arm: names of the runs that answer together, for each seed}`.
        cells: Each arm against the models of one slice; split by product against together; MTMD against each
            other architecture, all of them together.
        left_out: A line for each slice without a model of its own (`own_models`); its pairs are in no cell.
    """

    seeds: tuple[int, ...]
    runs: dict[str, tuple[tuple[str, ...], ...]]
    cells: tuple[Cell, ...]
    left_out: tuple[str, ...] = ()

    @property
    def run_names(self) -> tuple[str, ...]:
        """The names of all runs, each once."""
        return tuple(dict.fromkeys(run for seeds in self.runs.values() for names in seeds for run in names))

    @classmethod
    def load(cls, path: pathlib.Path) -> "Architectures":
        """Reads what `structure.save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="table of architectures of this version", raises=ConfigError)


def measure(
    arms: Sequence[Arm], *, folder: pathlib.Path, left_out: Mapping[str, str] | None = None, draws: int = DRAWS
) -> Architectures:
    """Compares finished runs from the errors of each request that they left in their folders.

    Args:
        arms: Arms that `plan.arms` makes.
        folder: Folder that holds the runs' folders.
        left_out: `{slice: line}` of the slices that no run could learn (`own_models`); None where there are none.
        draws: Number of bootstrap draws.

    Raises:
        ConfigError: The models were not measured on the same pairs.
    """
    by_name = {arm.name: arm for arm in arms}
    rows = errors.first_of_all(arms, folder)

    @functools.cache
    def sums(name: str) -> np.ndarray:
        return errors.summed(by_name[name], folder=folder, rows=rows, over=errors.BUCKETS)

    together = [name for name in by_name if not name.endswith(SPLIT)]
    compared = [(name, BASELINE) for name in by_name]
    compared += [(name + SPLIT, name) for name in together if name != BASELINE]
    compared += [(OURS, name) for name in together if OURS in by_name and name not in (OURS, BASELINE)]
    return Architectures(
        seeds=arms[0].seeds,
        left_out=errors.left_out(arms, folder, known=left_out or {}),
        runs={name: arm.names for name, arm in by_name.items()},
        cells=tuple(
            cell for new, old in compared for cell in _cells((new, old), sums(new), sums(old), rows=rows, draws=draws)
        ),
    )


def _cells(
    names: tuple[str, str], new: np.ndarray, old: np.ndarray, *, rows: RequestErrors, draws: int
) -> Iterator[Cell]:
    """From `[seeds, requests, products, tasks]` of both."""
    for product in (ALL, *rows.products):
        columns = [p for p, each in enumerate(rows.products) if product in (ALL, each)]
        pairs = rows.pairs[:, columns].sum(axis=(0, 1, 3))
        tasks = [task for task, count in enumerate(pairs) if count]
        if not tasks:
            continue
        mine, other = (each[:, :, columns].sum(axis=2, dtype=np.float64)[..., tasks] for each in (new, old))
        seed = derive_seed(0, f"architectures/{names[0]}/{names[1]}/{product}")
        interval = bootstrap(mine, other, means=[range(len(tasks))], draws=draws, seed=seed)
        log_mae = mine.sum(axis=(0, 1)) / len(mine) / pairs[tasks]
        counts: Mapping[str, int] = {**{rows.tasks[t]: int(pairs[t]) for t in tasks}, ALL: int(pairs.sum())}
        for column, (task, count) in enumerate(counts.items()):
            yield Cell(
                new=names[0],
                old=names[1],
                product=product,
                task=task,
                pairs=count,
                log_mae=short(log_mae.mean() if task == ALL else log_mae[column]),
                improvement=interval.at(column).short(),
            )
