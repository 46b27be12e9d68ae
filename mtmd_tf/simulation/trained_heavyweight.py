"""The trained heavyweight ranker in the funnel: it sees what the platform records (paper section 1)."""

import functools
import pathlib

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.finished import labeler_of
from mtmd_tf.heavyweight.labels.origin import wider_data
from mtmd_tf.heavyweight.labels.tower_features import TowerFeatures
from mtmd_tf.serving.specification import RankerSpec
from mtmd_tf.simulation.pair_noise import PairNoise
from mtmd_tf.simulation.traffic import Day, Traffic
from mtmd_tf.simulation.values import TASKS
from tfrecords_tools.cross_columns import with_cross
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.manifest import FILE_NAME, Manifest
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
        towers: Folder of the export whose towers are features of the ranker; empty where it has none.

    Raises:
        ConfigError: Its training is not finished, or its towers are others.
        DataError: It is of another data set.
    """

    def __init__(self, run: str, data: str, traffic: Traffic, *, seed: int, towers: str = "") -> None:
        learned, self._towers = _towers_of(pathlib.Path(run), towers)
        own = DataSet.open(learned if self._towers else pathlib.Path(data))
        self._schema = own.schema if self._towers else SCHEMA
        self._score = labeler_of(pathlib.Path(run), own)
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
        requests = self._requests(day, rows, candidate)
        if self._towers:
            requests = with_cross(requests, *self._towers(requests))
        found = self._score(list(encode_requests(self._schema, requests)))
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


def _towers_of(run: pathlib.Path, exports: str) -> tuple[pathlib.Path, TowerFeatures | None]:
    """The folder of the data with features of towers that a ranker learned from, and what gives these features."""
    learned = wider_data(run)
    if not (learned / FILE_NAME).exists():
        if exports:
            raise ConfigError(f"heavyweight {run}:{exports}: the ranker was made without --tower_features; say {run}.")
        return learned, None
    manifest = Manifest.load(learned)
    origin = manifest.source["cross"]["origin"]
    if not exports:
        raise ConfigError(
            f"heavyweight {run}: the towers {origin['stamp']} are features of the ranker; say {run}:EXPORT."
        )
    spec = RankerSpec.load(exports)
    if (spec.stamp, spec.last_day) != (origin["stamp"], origin["last_day"]):
        raise ConfigError(
            f"heavyweight {run}:{exports}: the ranker's features are of the towers {origin['stamp']}, which learned up "
            f"to {origin['last_day']}; this export is {spec.stamp}, up to {spec.last_day}."
        )
    return learned, TowerFeatures(exports, embeddings=origin["embeddings"], partition=manifest.partition)
