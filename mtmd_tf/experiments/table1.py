"""One model against those it replaces, slice by slice and task by task (paper Table 1)."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.bootstrap import bootstrap
from mtmd_tf.experiments.plan import Run
from mtmd_tf.metrics import ALL, RequestErrors, requests
from mtmd_tf.seeds import derive_seed
from tfrecords_tools.manifest import write_text

FILE_NAME = "table1.json"
DRAWS = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One surface x product x task; both `all` is all slices together.

    Attributes:
        surface: Name.
        product: Name.
        task: Name.
        pairs: Labelled pairs measured.
        requests: Requests that they are of.
        unified: LogMAE of the one model, mean of the seeds.
        replaced: LogMAE of the model of this slice, mean of the seeds.
        improvement: 100 * (1 - unified / replaced), percent.
        low: Lower end of the 95% interval.
        high: Upper end.
        by_seed: The improvement seed against seed.
    """

    surface: str
    product: str
    task: str
    pairs: int
    requests: int
    unified: float
    replaced: float
    improvement: float
    low: float
    high: float
    by_seed: tuple[float, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table1:
    """What Table 1 says; with the runs' records, all that its report needs.

    Attributes:
        seeds: The runs' seeds.
        unified: Name of the one model's run, for each seed.
        replaced: Names of the runs of the models it replaces, for each seed.
        cells: What could be measured, surfaces outermost, `all` last.
    """

    seeds: tuple[int, ...]
    unified: tuple[str, ...]
    replaced: tuple[tuple[str, ...], ...]
    cells: tuple[Cell, ...]

    def save(self, path: pathlib.Path) -> None:
        """Writes JSON, whole or not at all."""
        write_text(path, json.dumps(dataclasses.asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: pathlib.Path) -> "Table1":
        """Reads what `save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        try:
            plain = json.loads(path.read_text())
            return cls(
                seeds=tuple(plain["seeds"]),
                unified=tuple(plain["unified"]),
                replaced=tuple(tuple(names) for names in plain["replaced"]),
                cells=tuple(Cell(**{**cell, "by_seed": tuple(cell["by_seed"])}) for cell in plain["cells"]),
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is no Table 1 of this version: {error}") from error


def measure(runs: Sequence[Run], *, folder: pathlib.Path, draws: int = DRAWS) -> Table1:
    """Compares finished runs from the errors of each request that they left in their folders.

    Args:
        runs: Those of `table1_runs`.
        folder: Where their folders are.
        draws: Of the bootstrap.

    Raises:
        ConfigError: The models were not measured on the same pairs.
    """
    seeds = tuple(dict.fromkeys(run.train.seed for run in runs))
    first = _load(folder, _unified(runs, seeds[0]))
    unified, replaced = [], []
    for seed in seeds:
        errors = _load(folder, _unified(runs, seed))
        parts = {_slice(run): _load(folder, run) for run in _of(runs, seed) if run.slice}
        unified.append(_joined(first, dict.fromkeys(parts, errors)))
        replaced.append(_joined(first, parts))
    return Table1(
        seeds=seeds,
        unified=tuple(run.name for run in runs if not run.slice),
        replaced=tuple(tuple(run.name for run in _of(runs, seed) if run.slice) for seed in seeds),
        cells=tuple(_cells(first, np.stack(unified), np.stack(replaced), draws=draws)),
    )


def _cells(errors: RequestErrors, unified: np.ndarray, replaced: np.ndarray, *, draws: int) -> Iterator[Cell]:
    for surface, product in [*((s, p) for s in errors.surfaces for p in errors.products), (ALL, ALL)]:
        on_surface = np.ones(len(errors.surface), bool)
        columns = list(range(len(errors.products)))
        if surface != ALL:
            on_surface = errors.surface == errors.surfaces.index(surface)
            columns = [errors.products.index(product)]
        pairs = errors.pairs[:, columns].sum(axis=1)
        rows = np.flatnonzero(on_surface & pairs.any(axis=1))
        if not len(rows):
            continue
        new, old = (each[:, rows][:, :, columns].sum(axis=2) for each in (unified, replaced))
        total = pairs[rows].sum(axis=0)
        interval = bootstrap(new, old, draws=draws, seed=derive_seed(0, f"table 1/{surface}/{product}"))
        for column, task in enumerate(errors.tasks):
            if total[column]:
                yield Cell(
                    surface=surface,
                    product=product,
                    task=task,
                    pairs=int(total[column]),
                    requests=int((pairs[rows, column] > 0).sum()),
                    unified=_round(new[:, :, column].sum() / len(new) / total[column]),
                    replaced=_round(old[:, :, column].sum() / len(old) / total[column]),
                    improvement=_round(interval.value[column]),
                    low=_round(interval.low[column]),
                    high=_round(interval.high[column]),
                    by_seed=tuple(_round(value) for value in interval.by_seed[:, column]),
                )


def _of(runs: Sequence[Run], seed: int) -> list[Run]:
    return [run for run in runs if run.train.seed == seed]


def _unified(runs: Sequence[Run], seed: int) -> Run:
    return next(run for run in _of(runs, seed) if not run.slice)


def _slice(run: Run) -> tuple[str, str]:
    surface, product = run.slice.split("/")
    return surface, product


def _load(folder: pathlib.Path, run: Run) -> RequestErrors:
    return RequestErrors.load(folder / run.name / requests.FILE_NAME)


def _joined(errors: RequestErrors, parts: dict[tuple[str, str], RequestErrors]) -> np.ndarray:
    try:
        return errors.joined(parts)
    except ValueError as error:
        raise ConfigError(f"the runs of Table 1 do not fit together: {error}.") from error


def _round(value: float) -> float:
    return float(f"{value:.7g}")
