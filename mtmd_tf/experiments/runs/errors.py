"""The errors that the runs of an arm left, request by request, in the same rows for all arms."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs import own_models
from mtmd_tf.experiments.runs.plan import Arm, Run
from mtmd_tf.metrics import RequestErrors, requests
from mtmd_tf.slices import ANY, covers

PRODUCTS, TASKS, BUCKETS = 1, 2, 3  # axes of `RequestErrors.error`


def load(folder: pathlib.Path, run: Run) -> RequestErrors:
    """The errors that a run left in the folder of runs."""
    return RequestErrors.load(folder / run.name / requests.FILE_NAME)


def first_of_all(arms: Sequence[Arm], folder: pathlib.Path) -> RequestErrors:
    """The errors of a run that answers for every slice, whose rows are those of all; of slices that all arms have.

    Raises:
        ConfigError: There is none.
    """
    rows = _of_all(arms, folder)
    return rows.only({pair for pair in _slices(rows) if all(_answers(arm, pair) for arm in arms)})


def left_out(arms: Sequence[Arm], folder: pathlib.Path, *, known: Mapping[str, str]) -> tuple[str, ...]:
    """A line for each slice with pairs that an arm has no model of: `first_of_all` has none of its pairs.

    Args:
        arms: Arms whose runs are finished.
        folder: Folder that holds the runs' folders.
        known: `{slice: line}` of those that `own_models.with_labels` has left out already; they come first.
    """
    rows = _of_all(arms, folder)
    pairs = {pair: rows.only({pair}).pairs.sum() for pair in _slices(rows) if not all(_answers(a, pair) for a in arms)}
    others = ["/".join(pair) for pair in pairs if pairs[pair]]
    lines = (own_models.line(name, "no pair to train on") for name in others if name not in known)
    return (*known.values(), *lines)


def _of_all(arms: Sequence[Arm], folder: pathlib.Path) -> RequestErrors:
    for arm in arms:
        [*runs] = arm.runs[0]
        if len(runs) == 1 and not runs[0].slice:
            return load(folder, runs[0])
    raise ConfigError("a table needs a model of all slices beside those of one slice.")


def _slices(rows: RequestErrors) -> list[tuple[str, str]]:
    return [(surface, product) for surface in rows.surfaces for product in rows.products]


def summed(arm: Arm, *, folder: pathlib.Path, rows: RequestErrors, over: int) -> np.ndarray:
    """`[seeds, requests, ...]` float32: the errors of each seed without the axis `over`, so that memory holds them.

    Args:
        arm: Arm whose runs are finished.
        folder: Folder that holds the runs' folders.
        rows: Errors of a model of all slices.
        over: `PRODUCTS` or `BUCKETS`.

    Raises:
        ConfigError: It was not measured on the same pairs, or by other buckets.
    """
    return np.stack([joined.sum(axis=over) for joined in _joined(arm, folder=folder, rows=rows, of="error")])


def divergences(arm: Arm, *, folder: pathlib.Path, rows: RequestErrors) -> np.ndarray:
    """`[seeds, requests, products, tasks]` float32: the KL of each seed; arguments and errors as of `summed`."""
    return np.stack(list(_joined(arm, folder=folder, rows=rows, of="kl")))


def _joined(arm: Arm, *, folder: pathlib.Path, rows: RequestErrors, of: str) -> Iterator[np.ndarray]:
    for runs in arm.runs:
        parts = {_slice(run): load(folder, run) for run in runs}
        try:
            yield rows.joined(parts, of=of)
        except ValueError as error:
            raise ConfigError(f"the runs of {arm.name} do not fit together: {error}.") from error


def _answers(arm: Arm, pair: tuple[str, str]) -> bool:
    """Whether one of an arm's runs is measured on the slice `pair`."""
    surface, product = pair
    return any(covers(_slice(run), surface=surface, product=product) for run in arm.runs[0])


def _slice(run: Run) -> tuple[str, str]:
    surface, _, product = run.slice.partition("/")
    return surface or ANY, product or ANY
