"""A query's time of each architecture, taken in turn on one machine (paper section 2.2)."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tqdm import tqdm

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.plan import CALLS, ROUNDS
from mtmd_tf.experiments.runs import record, results
from mtmd_tf.slices import ANY
from tfrecords_tools import structure
from tfrecords_tools.progress import progress_bar

if TYPE_CHECKING:
    from mtmd_tf.benchmarks.latency import Query
    from mtmd_tf.model import TwoTowerModel

FILE_NAME = "latency.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timing:
    """The cost of the queries, measured while all arms took turns.

    Attributes:
        runs: `{arm: names of the runs that answered together}`, those of the first seed.
        rounds: Turns of each arm on each surface.
        calls: Timed queries of a turn.
        machine: Machine that it ran on.
        latency: `{arm: {surface: {median_ms, p99_ms, flops, active_parameters}}}` as of `time_in_turn`.
    """

    runs: dict[str, tuple[str, ...]]
    rounds: int
    calls: int
    machine: str
    latency: dict[str, dict[str, dict[str, float]]]

    def save(self, path: pathlib.Path) -> None:
        """Writes JSON, whole or not at all."""
        structure.save(path, self)

    @classmethod
    def load(cls, path: pathlib.Path) -> "Timing":
        """Reads what `save` wrote.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(path, cls, what="file of times of this version", raises=ConfigError)


def timing_of(folder: pathlib.Path, table: Architectures) -> Timing | None:
    """The times that `measure` left in a folder of results; None without any, or for another table's runs.

    Raises:
        ConfigError: The file is broken.
    """
    if not (folder / FILE_NAME).exists():
        return None
    found = Timing.load(folder / FILE_NAME)
    return found if found.runs == _first_seed(table) else None


def measure(
    folder: pathlib.Path,
    *,
    load: Callable[[str], "TwoTowerModel"],
    rounds: int = ROUNDS,
    calls: int = CALLS,
    again: bool = False,
) -> None:
    """Times the trained query towers of every arm's first seed in turn; leaves latency.json beside the table.

    The models of one product or one slice are timed too, those that must all answer a query one after the other: all
    towers are in memory at once, without the item towers.

    Args:
        folder: Folder of the results, with the table and the runs' records.
        load: Makes the trained model of a run's name.
        rounds: Turns of each arm on each surface.
        calls: Timed queries of a turn.
        again: Whether to time what was timed before.

    Raises:
        ConfigError: The table or a record is missing or broken.
    """
    table = Architectures.load(folder / arch.FILE_NAME)
    if not again and timing_of(folder, table):
        print(f"The queries of these runs were timed before: {folder / FILE_NAME}; --time_only times them again.")
        return
    from mtmd_tf.benchmarks.latency import time_in_turn  # TensorFlow takes seconds

    runs = _first_seed(table)
    with progress_bar(total=sum(map(len, runs.values())), desc="load", unit=" models") as bar:
        arms = {name: _queries(names, folder=folder, load=load, bar=bar) for name, names in runs.items()}
    latency = time_in_turn(arms, calls=calls, rounds=rounds, progress=True)
    timing = Timing(runs=runs, rounds=rounds, calls=calls, machine=record.this_machine(), latency=latency)
    timing.save(folder / FILE_NAME)


def _first_seed(table: Architectures) -> dict[str, tuple[str, ...]]:
    return {name: seeds[0] for name, seeds in table.runs.items()}


def _queries(
    names: tuple[str, ...], *, folder: pathlib.Path, load: Callable[[str], "TwoTowerModel"], bar: tqdm
) -> Mapping[str, list["Query"]]:
    """`{surface: one of each model that answers there}`."""
    from mtmd_tf.benchmarks.latency import queries

    found: dict[str, list[Query]] = {}
    for name, trained in results.records_of(folder, names).items():
        surface = trained.slice.partition("/")[0]
        for place, query in queries(load(name), surfaces=None if surface in ("", ANY) else [surface]).items():
            found.setdefault(place, []).append(query)
        bar.update()
    return found
