"""What exported towers say of a pair, as features of the heavyweight ranker (paper section 1).

The towers have learned from earlier days alone: from a day's labels they would know what the ranker is asked on that
day. Items are embedded by the features that their candidates had, not by those of the corpus, which is of a later time.
"""

import pathlib
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.serving.embedding.item_tower import ItemTower
from mtmd_tf.serving.querying.query_tower import LocalQueryTower
from mtmd_tf.serving.ranking.queries import Queries
from mtmd_tf.serving.rows import pair_term
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.cross_columns import copy_with_cross
from tfrecords_tools.examples import encode_items
from tfrecords_tools.partition import Partition, kind_of, span
from tfrecords_tools.requests import Column, Requests
from tfrecords_tools.schema import Feature

QUERY, ITEM = "tower_query", "tower_item"
_LOGIT = "tower_{task}"


class TowerFeatures:
    """Cross features by the towers of one export: a logit of each task and, by choice, both embeddings.

    Args:
        exports: Folder of the export.
        embeddings: Whether the embeddings are features too.
        partition: Kind of partition of the data set whose pairs are scored.

    Attributes:
        spec: Specification of the export.

    Raises:
        ServingError: No finished export.
        ConfigError: An export that does not say which day it learned from last, or one of another kind of partition.
    """

    def __init__(
        self, exports: str | pathlib.Path, *, embeddings: bool = False, partition: Partition | None = None
    ) -> None:
        self.spec = RankerSpec.load(exports)
        self._exports, self._embeddings = pathlib.Path(exports), embeddings
        self._partition = partition or Partition()
        if not self.spec.last_day:
            raise ConfigError(
                f"{exports} does not say which day its towers learned from last; export again where the data of its "
                "training is: python export.py --run=RUN"
            )
        if kind_of(self.spec.last_day).kind != self._partition.kind:
            raise ConfigError(
                f"{exports} learned up to {self.spec.last_day}, and the data is cut by {self._partition.kind}: which "
                "came first cannot be told; take towers and data that are cut alike"
            )
        self._queries = Queries(LocalQueryTower(exports, self.spec), self.spec)
        self._tower = ItemTower(exports, stamp=self.spec.stamp)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The cross features that it gives; a logit exists where its task does."""
        schema = self.spec.schema
        logits = [
            Feature(
                name=_LOGIT.format(task=task.name),
                side="cross",
                kind="continuous",
                dtype="float",
                surfaces=schema.task(task.name).surfaces,
                products=schema.task(task.name).products,
                description=f"logit of {task.name} by the lightweight towers {self.spec.stamp}",
            )
            for task in self.spec.tasks
        ]
        vectors = [
            Feature(name=name, side="cross", kind="dense", dtype="float", size=self.spec.width)
            for name in (QUERY, ITEM)
            if self._embeddings
        ]
        return (*logits, *vectors)

    @property
    def origin(self) -> dict[str, Any]:
        """What the features are made of, as JSON."""
        return {"stamp": self.spec.stamp, "last_day": self.spec.last_day, "embeddings": self._embeddings}

    def require_earlier(self, period: Period, *, train_days: tuple[str, ...]) -> None:
        """Refuses towers that have learned from a day that the ranker learns from or labels.

        Args:
            period: The ranker's days.
            train_days: All days of the data set's split train.

        Raises:
            ConfigError: They have; it names the days and, where one is left, the flag to begin later.
        """
        days = (*period.seen, *period.label)
        if self.spec.last_day < min(days):
            return
        later = [day for day in train_days if day > self.spec.last_day]
        way = (
            f"--first_day={later[0]} leaves {self._partition.words(len(later))} of training"
            if later
            else "take towers that were trained on earlier days"
        )
        raise ConfigError(
            f"--tower_features={self._exports}: its towers learned from days up to {self.spec.last_day}, and the "
            f"ranker would learn from or label {span(days)}; towers must have learned from earlier days only: {way}."
        )

    def __call__(self, requests: Requests) -> tuple[dict[str, Column], np.ndarray]:
        """`{name: [pairs] or [pairs, width]}` and the mask `[pairs, features]`.

        Raises:
            ConfigError: A request of a day that the towers have learned from, or an earlier one.
            ServingError: An item that the tower refuses.
        """
        self._require_later(requests)
        request = requests.owner
        query = self._queries.embed_columns(requests)[request]  # [pairs, width]
        item, term = self._embed_items(requests), pair_term(self.spec, requests)
        columns: dict[str, Column] = {
            _LOGIT.format(task=task.name): (query[:, task.coordinates] * item[:, task.coordinates]).sum(axis=1)
            + term[task.name]
            for task in self.spec.tasks
        }
        known = self._known(requests.surface[request], requests.product)
        if self._embeddings:
            columns |= {QUERY: query, ITEM: item}
            known = np.concatenate([known, np.ones((len(request), 2), bool)], axis=1)
        return columns, known

    def _require_later(self, requests: Requests) -> None:
        earliest = self._partition.name(int(self._partition.number(requests.timestamp).min(initial=2**40)))
        if len(requests.timestamp) and earliest <= self.spec.last_day:
            raise ConfigError(
                f"day {earliest}: the towers {self.spec.stamp} learned from days up to {self.spec.last_day}; a request "
                "of such a day cannot have features of theirs."
            )

    def _known(self, surface: np.ndarray, product: np.ndarray) -> np.ndarray:
        """`[pairs, tasks]`: the task exists in the slice, and the towers have seen a label of it there."""
        schema = self.spec.schema
        seen = [
            [
                schema.task_exists(*names, task.name) and task.name not in self.spec.untrained_tasks(*names)
                for task in self.spec.tasks
            ]
            for names in schema.slices
        ]
        return np.array(seen)[surface * len(schema.products) + product]

    def _embed_items(self, requests: Requests) -> np.ndarray:
        records = list(encode_items(self.spec.schema, requests.items()))
        embedding = np.zeros((len(records), self.spec.width), np.float32)
        for product in np.unique(requests.product).tolist():
            rows = np.flatnonzero(requests.product == product)
            embedding[rows], failures = self._tower.embed([records[row] for row in rows])
            if failures:
                place, reason = next(iter(failures.items()))
                raise ServingError(f"item {requests.item_id[rows[place]].decode()}: {reason}")
        return embedding


def with_tower_features(data: DataSet, out: pathlib.Path, towers: TowerFeatures, *, period: Period) -> DataSet:
    """The data set of a ranker's days with the towers' features, written to `out` or found there.

    Raises:
        DataError: The towers are of another schema, or `out` holds something else.
        ConfigError: Towers that have learned from one of the days.
    """
    data.manifest.check_schema(towers.spec.schema, of="the export of the towers")
    towers.require_earlier(period, train_days=data.manifest.days("train"))
    days = (*period.seen, *period.label)
    copy_with_cross(data.folder, out, days=days, features=towers.features, compute=towers, origin=towers.origin)
    return DataSet.open(out)
