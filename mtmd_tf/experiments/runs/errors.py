"""The errors that the runs of a contender left, request by request, in the same rows for all contenders."""

import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.plan import Contender, Run
from mtmd_tf.metrics import RequestErrors, requests
from mtmd_tf.slices import ANY

PRODUCTS, TASKS, BUCKETS = 1, 2, 3  # axes of `RequestErrors.error`


def load(folder: pathlib.Path, run: Run) -> RequestErrors:
    """What a run left in the folder of runs."""
    return RequestErrors.load(folder / run.name / requests.FILE_NAME)


def first_of_all(contenders: Sequence[Contender], folder: pathlib.Path) -> RequestErrors:
    """Of a run that answers for every slice: its rows are those of all.

    Raises:
        ConfigError: There is none.
    """
    for contender in contenders:
        [*runs] = contender.runs[0]
        if len(runs) == 1 and not runs[0].slice:
            return load(folder, runs[0])
    raise ConfigError("a table needs a model of all slices beside those of one slice.")


def summed(contender: Contender, *, folder: pathlib.Path, rows: RequestErrors, over: int) -> np.ndarray:
    """`[seeds, requests, ...]` float32: the errors of each seed without the axis `over`, so that memory holds them.

    Args:
        contender: Its runs are finished.
        folder: Where their folders are.
        rows: Of a model of all slices.
        over: `PRODUCTS` or `BUCKETS`.

    Raises:
        ConfigError: It was not measured on the same pairs, or by other buckets.
    """
    return np.stack([joined.sum(axis=over) for joined in _joined(contender, folder=folder, rows=rows, of="error")])


def divergences(contender: Contender, *, folder: pathlib.Path, rows: RequestErrors) -> np.ndarray:
    """`[seeds, requests, products, tasks]` float32: the KL of each seed; arguments and errors as of `summed`."""
    return np.stack(list(_joined(contender, folder=folder, rows=rows, of="kl")))


def _joined(contender: Contender, *, folder: pathlib.Path, rows: RequestErrors, of: str) -> Iterator[np.ndarray]:
    for runs in contender.runs:
        parts = {_slice(run): load(folder, run) for run in runs}
        try:
            yield rows.joined(parts, of=of)
        except ValueError as error:
            raise ConfigError(f"the runs of {contender.name} do not fit together: {error}.") from error


def _slice(run: Run) -> tuple[str, str]:
    surface, _, product = run.slice.partition("/")
    return surface or ANY, product or ANY
