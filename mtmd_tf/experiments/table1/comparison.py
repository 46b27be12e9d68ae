"""One model against those it replaces, slice by slice and task by task (paper Table 1)."""

import dataclasses
import math
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.experiments.measures.improvement import MEASURES, Improvement
from mtmd_tf.experiments.runs import errors
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.experiments.runs.plan import BASELINE, Arm, Order
from mtmd_tf.experiments.runs.settings import settings_of, text_of
from mtmd_tf.metrics import ALL, RequestErrors
from mtmd_tf.seeds import derive_seed
from tfrecords_tools import structure

FILE_NAME = "table1.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One surface x product x task; both `all` is all slices together.

    Attributes:
        surface: Name of the surface.
        product: Name of the product.
        task: Name of the task.
        pairs: Labeled pairs measured.
        requests: Requests that they are of.
        unified: LogMAE of the one model, mean of the seeds.
        replaced: LogMAE of the model of this slice, mean of the seeds.
        improvement: Improvement of LogMAE over the model of this slice.
        kl: Improvement of KL; NaN where an own model has no error.
    """

    surface: str
    product: str
    task: str
    pairs: int
    requests: int
    unified: float
    replaced: float
    improvement: Improvement
    kl: Improvement


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table1:
    """The measured Table 1; with the runs' records, all that its report needs.

    Attributes:
        seeds: The runs' seeds.
        unified: Name of the one model's run, for each seed.
        replaced: Names of the runs of the models it replaces, for each seed.
        cells: Measured cells, surfaces outermost, `all` last.
        means: Mean improvement of the slices' cells by each of `MEASURES`.
        floor: Names of the joint model's runs, where there is one (`floors`).
        left_out: A line for each slice without a model of its own (`own_models`); its pairs are in no cell.
        noise: Error that the ranker's chance leaves in each cell, where it is known, as `floors.noise_of` gives it.
    """

    seeds: tuple[int, ...]
    unified: tuple[str, ...]
    replaced: tuple[tuple[str, ...], ...]
    cells: tuple[Cell, ...]
    means: Mapping[str, Improvement]
    floor: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    noise: tuple[Mapping[str, Any], ...] = ()

    @property
    def of_slices(self) -> tuple[Cell, ...]:
        """The cells of single slices."""
        return tuple(cell for cell in self.cells if cell.surface != ALL)

    @property
    def run_names(self) -> tuple[str, ...]:
        """The names of all runs whose records the report needs."""
        return (*self.unified, *(name for names in self.replaced for name in names), *self.floor)

    @classmethod
    def load(cls, path: pathlib.Path) -> "Table1":
        """Reads what `structure.save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="Table 1 of this version", raises=ConfigError)


def arms(order: Order) -> tuple[Arm, Arm]:
    """The one model of all slices, and the models of one slice each that it replaces, which learn nothing else.

    Their embeddings are as wide as the one model's with its shallow part, unless the order says otherwise.
    """
    slices = ["/".join(pair) for pair in order.slices]
    replaced = order.arm("its slices'", settings_of(BASELINE, order), slices=slices, text=text_of(BASELINE, order))
    return order.arm("one model", order.reference), replaced


def measure(
    arms: Sequence[Arm], *, folder: pathlib.Path, left_out: Mapping[str, str] | None = None, draws: int = DRAWS
) -> Table1:
    """Compares finished runs from the errors of each request that they left in their folders.

    Args:
        arms: Arms that `arms` makes.
        folder: Folder that holds the runs' folders.
        left_out: `{slice: line}` of the slices that no run could learn (`own_models`); None where there are none.
        draws: Number of bootstrap draws.

    Raises:
        ConfigError: The models were not measured on the same pairs.
    """
    rows = errors.first_of_all(arms, folder)
    log_mae = [errors.summed(each, folder=folder, rows=rows, over=errors.BUCKETS) for each in arms]
    kl = [errors.divergences(each, folder=folder, rows=rows) for each in arms]
    return Table1(
        seeds=arms[0].seeds,
        left_out=errors.left_out(arms, folder, known=left_out or {}),
        unified=tuple(name for names in arms[0].names for name in names),
        replaced=arms[1].names,
        cells=tuple(_cells(rows, log_mae, kl, draws=draws)),
        means={name: _mean(rows, *sides, draws=draws) for name, sides in zip(MEASURES, (kl, log_mae), strict=True)},
    )


def _cells(of: RequestErrors, log_mae: Sequence[np.ndarray], kl: Sequence[np.ndarray], *, draws: int) -> Iterator[Cell]:
    """From `[seeds, requests, products, tasks]` of the one model and of those it replaces, by each measure."""
    for surface, product in [*((s, p) for s in of.surfaces for p in of.products), (ALL, ALL)]:
        on_surface = np.ones(len(of.surface), bool)
        columns = list(range(len(of.products)))
        if surface != ALL:
            on_surface = of.surface == of.surfaces.index(surface)
            columns = [of.products.index(product)]
        pairs = of.pairs[:, columns].sum(axis=(1, 3))
        rows = np.flatnonzero(on_surface & pairs.any(axis=1))
        if not len(rows):
            continue
        new, old, new_kl, old_kl = (
            each[:, rows][:, :, columns].sum(axis=2, dtype=np.float64) for each in (*log_mae, *kl)
        )
        total = pairs[rows].sum(axis=0)
        seed = derive_seed(0, f"table 1/{surface}/{product}")
        interval, of_kl = (bootstrap(*sides, draws=draws, seed=seed) for sides in ((new, old), (new_kl, old_kl)))
        for column, task in enumerate(of.tasks):
            if total[column]:
                yield Cell(
                    surface=surface,
                    product=product,
                    task=task,
                    pairs=int(total[column]),
                    requests=int((pairs[rows, column] > 0).sum()),
                    unified=short(new[:, :, column].sum() / len(new) / total[column]),
                    replaced=short(old[:, :, column].sum() / len(old) / total[column]),
                    kl=of_kl.at(column).short(),
                    improvement=interval.at(column).short(),
                )


def _mean(of: RequestErrors, new: np.ndarray, old: np.ndarray, *, draws: int) -> Improvement:
    """The mean improvement of all surface x product x task, drawn as one; of those where the old model has an error.

    Args:
        of: Requests and their pairs.
        new: `[seeds, requests, products, tasks]` sums of the error, of the one model.
        old: Those of the models that it replaces.
        draws: Number of bootstrap draws.
    """
    here = of.surface == np.arange(len(of.surfaces))[:, None]  # [surfaces, requests]
    columns = [
        (surface, product, task)
        for surface, product, task in np.ndindex(len(of.surfaces), len(of.products), len(of.tasks))
        if of.pairs[here[surface], product, task].any() and old[:, here[surface], product, task].any()
    ]
    if not columns:
        return Improvement(value=math.nan, low=math.nan, high=math.nan)
    sides = [
        np.stack([each[:, :, product, task] * here[surface] for surface, product, task in columns], axis=-1)
        for each in (new, old)
    ]
    interval = bootstrap(*sides, means=[range(len(columns))], draws=draws, seed=derive_seed(0, "table 1/mean"))
    return interval.at(len(columns)).short()
