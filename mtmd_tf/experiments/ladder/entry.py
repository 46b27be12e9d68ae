"""The record of a finished run of the ladder: few numbers, yet enough to compare it with any other run."""

import dataclasses
import json
import pathlib
import zlib
from collections.abc import Iterator

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.funnel_rows import CellKey
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.metrics import RequestErrors, requests
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

GROUPS = 32  # requests are put together by chance: the bootstrap draws groups, as it draws requests for the tables


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """A surface x product x task of one run.

    Attributes:
        surface: Name of the surface.
        product: Name of the product.
        task: Name of the task.
        pairs: Labeled pairs measured.
        log_mae: `[GROUPS]` sums of |ln p - ln y| over the pairs of a group of requests.
        kl: `[GROUPS]` sums of the Bernoulli KL, nats.
    """

    surface: str
    product: str
    task: str
    pairs: int
    log_mae: tuple[float, ...]
    kl: tuple[float, ...]

    @property
    def key(self) -> CellKey:
        """Surface, product and task."""
        return self.surface, self.product, self.task


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One finished run on a rung.

    Attributes:
        variant: Name of the variant.
        record: The record that every table has of a run, without its rows; its `data` is the rung.
        labels: Identity of the labeled data set.
        cells: Sums of every surface x product x task with pairs.
    """

    variant: str
    record: Record
    labels: str
    cells: tuple[Cell, ...]

    def save(self, folder: pathlib.Path) -> None:
        """Writes it into its rung's folder, whole or not at all."""
        plain = dataclasses.asdict(self)
        cells = ",\n".join(json.dumps(cell, separators=(",", ":")) for cell in plain.pop("cells"))
        head = json.dumps(plain, separators=(",", ":"))
        write_text(folder / f"{self.record.run}.json", f'{head[:-1]},"cells":[\n{cells}\n]}}\n')

    @classmethod
    def load(cls, path: pathlib.Path) -> "Entry":
        """Reads what `save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="record of a run of the ladder", raises=ConfigError)


def entry_of(run: Run, record: Record, *, variant: str, labels: str, folder: pathlib.Path) -> Entry:
    """The entry of a run whose folder is in `folder`."""
    left = RequestErrors.load(folder / run.name / requests.FILE_NAME)
    slim = dataclasses.replace(record, rows=(), funnel=(), latency={})
    return Entry(variant=variant, record=slim, labels=labels, cells=tuple(cells_of(left)))


def cells_of(errors: RequestErrors) -> Iterator[Cell]:
    """The sums of every cell with pairs."""
    group = np.array([zlib.crc32(bytes(name)) % GROUPS for name in errors.request_id], np.int64)
    log_mae, pairs = errors.error.sum(axis=3), errors.pairs.sum(axis=3)
    for s, surface in enumerate(errors.surfaces):
        rows = np.flatnonzero(errors.surface == s)
        for p, product in enumerate(errors.products):
            for t, task in enumerate(errors.tasks):
                if count := int(pairs[rows, p, t].sum()):
                    sums = [np.bincount(group[rows], each[rows, p, t], GROUPS) for each in (log_mae, errors.kl)]
                    yield Cell(
                        surface=surface,
                        product=product,
                        task=task,
                        pairs=count,
                        log_mae=_short(sums[0]),
                        kl=_short(sums[1]),
                    )


def _short(sums: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in sums)
