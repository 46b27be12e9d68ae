"""The trained heavyweight ranker in the funnel: it sees what the platform records (paper section 1)."""

import functools
import pathlib

import numpy as np

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.finished import labeler_of
from mtmd_tf.simulation.pair_noise import PairNoise
from mtmd_tf.simulation.traffic import Day, Traffic
from mtmd_tf.simulation.values import TASKS
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.requests import Requests, column_take
from tfrecords_tools.sources.adworld.columns import identifiers
from tfrecords_tools.sources.adworld.observe_cross import observe_cross
from tfrecords_tools.sources.adworld.observe_item import ItemObserver
from tfrecords_tools.sources.adworld.pairs import Pairs
from tfrecords_tools.sources.adworld.schema import SCHEMA

_PAIRS = 8_192  # at a time


class TrainedHeavyweight:
    """Probabilities of the ranker that labeled the data set.

    Args:
        run: Folder of its run, as `jobs.label` leaves it.
        data: Folder of the data set that it labeled.
        traffic: The simulated days.
        seed: The seed of the simulation.

    Raises:
        ConfigError: Its training is not finished.
        DataError: It is of another data set.
    """

    def __init__(self, run: str, data: str, traffic: Traffic, *, seed: int) -> None:
        self._score = labeler_of(pathlib.Path(run), DataSet.open(pathlib.Path(data)))
        self._traffic, self._seed = traffic, seed
        self._items = ItemObserver(traffic.population.world)
        self._tables = functools.lru_cache(maxsize=1)(lambda day: self._items.table(traffic.day(day).history))

    def __call__(
        self, day: Day, rows: np.ndarray, candidate: np.ndarray, *, truth: dict[str, np.ndarray] | None = None
    ) -> dict[str, np.ndarray]:
        """`{task: [requests, candidates]}` given the impression, of the visits in rows `[requests]` of a day."""
        del truth  # which it does not know
        size = max(1, _PAIRS // max(1, candidate.shape[1]))
        parts = [
            self._block(day, rows[start : start + size], candidate[start : start + size])
            for start in range(0, len(rows), size)
        ]
        empty = np.zeros(candidate.shape, np.float32)
        return {task: np.concatenate([part[task] for part in parts]) if parts else empty for task in TASKS}

    def _block(self, day: Day, rows: np.ndarray, candidate: np.ndarray) -> dict[str, np.ndarray]:
        found = self._score(list(encode_requests(SCHEMA, self._requests(day, rows, candidate))))
        return {task: found[task].reshape(candidate.shape) for task in TASKS}

    def _requests(self, day: Day, rows: np.ndarray, candidate: np.ndarray) -> Requests:
        """What the platform records of the pairs, before anything happens."""
        world, (query, query_mask) = self._traffic.population.world, self._traffic.query(day.number)
        table, table_mask = self._tables(day.number)
        visits, request, flat = day.visits.take(rows), day.first + rows, candidate.ravel()
        pairs = Pairs.of(world, day.history, visits, candidate)
        cross, cross_mask = observe_cross(pairs, noise=PairNoise(self._seed, request, candidate))
        return Requests(
            request_id=identifiers("s", request),
            timestamp=visits.second,
            surface=visits.surface.astype(np.int64),
            lengths=np.full(len(rows), candidate.shape[1], dtype=np.int64),
            query={name: column_take(column, rows) for name, column in query.items()},
            query_mask=query_mask[rows],
            item_id=self._items.item_id[flat],
            product=world.ads.product[flat],
            item={name: column_take(column, flat) for name, column in table.items()},
            item_mask=table_mask[flat],
            cross=cross,
            cross_mask=cross_mask,
        )
