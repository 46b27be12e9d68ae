"""Ranks stored items for a request: query tower, dot products, constraint, utility, top K (paper sections 2.2, 2.3)."""

import dataclasses
import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mtmd_tf.serving.loading import embed, load_tower
from mtmd_tf.serving.probabilities import log_marginals
from mtmd_tf.serving.rows import Row, to_inputs
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.serving.stored import StoredEmbeddings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranking:
    """The top items of one request, best first.

    Attributes:
        item_id: `[top]`.
        product: `[top]`.
        utility: `[top]`.
        probability: `{task: [top]}`, marginals; NaN where a task does not exist in the slice.
        considered: How many items were ranked.
        seconds: `{part: seconds}` of the query tower, the dot products, and formula with top K.
    """

    item_id: list[str]
    product: list[str]
    utility: np.ndarray
    probability: dict[str, np.ndarray]
    considered: int
    seconds: dict[str, float]


class Ranker:
    """The exported query tower and the stored embeddings, ready for requests.

    Args:
        exports: Folder of an export.
        embeddings: Folder of the embeddings that its item tower made.

    Raises:
        ServingError: Either is missing or incomplete, or their stamps differ; it names both.
    """

    def __init__(self, exports: str | pathlib.Path, embeddings: str | pathlib.Path) -> None:
        self.spec = RankerSpec.load(exports)
        self.items = StoredEmbeddings.load(embeddings, stamp=self.spec.stamp, products=self.spec.schema.products)
        self._tower = load_tower(self.spec.tower_folder(exports, "query_tower"), stamp=self.spec.stamp)
        self._parents = {task.name: task.parent for task in self.spec.tasks}

    def embed_query(self, surface: str, features: Row) -> np.ndarray:
        """`[width]`: one request through the signature of its surface.

        Args:
            surface: Where the request comes from.
            features: Raw values by name; a feature left out or None is missing.

        Raises:
            ServingError: An unknown surface or feature, or a value of another type.
        """
        _require(surface, self.spec.schema.surfaces, what="surface")
        own = self.spec.schema.features_of("query", domain=surface)
        inputs = to_inputs(own, [features], where=f"surface {surface}")
        return embed(self._tower, surface, inputs)[0]

    def rank(
        self,
        surface: str,
        features: Row,
        *,
        top: int = 10,
        weights: Mapping[str, float] | None = None,
        product: str | None = None,
        candidates: Sequence[str] | None = None,
        bids: np.ndarray | None = None,
    ) -> Ranking:
        """Scores items exactly and keeps the best.

            utility = bid * sum over tasks of weight[task] * p[task]

        A task that does not exist in an item's slice adds nothing. Ties keep the items' order.

        Args:
            surface: Where the request comes from.
            features: Raw query features.
            top: How many to keep.
            weights: `{task: weight}`, 0 for the tasks left out; by default 1 for every task.
            product: Only items of this product.
            candidates: Only these items, by id; by default all.
            bids: One per candidate, or per stored item; by default 1.

        Raises:
            ServingError: An unknown surface, feature, task, product or item; bids of another length.
        """
        weights = dict.fromkeys(self._parents, 1.0) if weights is None else weights
        for task in weights:
            _require(task, tuple(self._parents), what="task")
        started = time.perf_counter()
        query = self.embed_query(surface, features)
        embedded = time.perf_counter()
        rows = self._rows(candidates, product)
        logits = self.logits(query, rows=rows)
        scored = time.perf_counter()
        products = self.items.product if rows is None else self.items.product[rows]
        probability = self.probabilities(logits, surface=surface, product=products)
        utility = sum((w * np.nan_to_num(probability[task]) for task, w in weights.items()), np.zeros(len(products)))
        if bids is not None:
            utility = utility * self._bids(bids, candidates, rows)
        best = top_rows(utility, top)
        finished = time.perf_counter()
        places = best if rows is None else rows[best]
        return Ranking(
            item_id=self.items.item_id.take(pa.array(places)).to_pylist(),
            product=[self.spec.schema.products[index] for index in products[best]],
            utility=utility[best],
            probability={task: values[best] for task, values in probability.items()},
            considered=len(products),
            seconds={
                "query tower": embedded - started,
                "dot products": scored - embedded,
                "formula and top K": finished - scored,
            },
        )

    def logits(self, query: np.ndarray, *, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """`{task: [items]}`: one dot product per task and item, of all items or those of `rows`."""
        items = self.items.embedding if rows is None else self.items.embedding[rows]
        return {task.name: items[:, task.coordinates] @ query[task.coordinates] for task in self.spec.tasks}

    def probabilities(
        self, logits: Mapping[str, np.ndarray], *, surface: str, product: np.ndarray
    ) -> dict[str, np.ndarray]:
        """`{task: [items]}` marginals on `surface` of items of `product` `[items]`; NaN where a task does not exist."""
        logs = log_marginals(logits, parents=self._parents, constrained=self.spec.constrained[surface])
        schema = self.spec.schema
        probabilities = {}
        for task, log in logs.items():
            exists = np.array([schema.task(task).exists_in(surface=surface, product=name) for name in schema.products])
            probability = np.exp(log)
            probabilities[task] = probability if exists.all() else np.where(exists[product], probability, np.nan)
        return probabilities

    def _rows(self, candidates: Sequence[str] | None, product: str | None) -> np.ndarray | None:
        rows = None if candidates is None else self._find(candidates)
        if product is None:
            return rows
        _require(product, self.spec.schema.products, what="product")
        own = self.items.product == self.spec.schema.products.index(product)
        return np.flatnonzero(own) if rows is None else rows[own[rows]]

    def _find(self, candidates: Sequence[str]) -> np.ndarray:
        found = pc.index_in(pa.array(candidates, pa.string()), value_set=self.items.item_id)
        if found.null_count:
            unknown = candidates[found.is_null().to_pylist().index(True)]
            raise ServingError(f"no embedding of item {unknown!r} among {len(self.items.product)} items")
        return found.to_numpy().astype(np.int64)

    def _bids(self, bids: np.ndarray, candidates: Sequence[str] | None, rows: np.ndarray | None) -> np.ndarray:
        wanted = len(self.items.product) if candidates is None else len(candidates)
        if len(bids) != wanted:
            raise ServingError(f"bids: one for each of {wanted} items; it has {len(bids)}")
        if candidates is None:
            return bids if rows is None else bids[rows]
        kept = np.isin(self._find(candidates), rows)
        return np.asarray(bids)[kept]


def top_rows(utility: np.ndarray, top: int) -> np.ndarray:
    """The rows of the `top` largest, best first; ties keep their order."""
    top = min(top, len(utility))
    if top == 0:
        return np.zeros(0, np.int64)
    least = -np.partition(-utility, top - 1)[top - 1]
    above = np.flatnonzero(utility > least)
    rows = np.concatenate([above, np.flatnonzero(utility == least)[: top - len(above)]])
    return rows[np.lexsort((rows, -utility[rows]))]


def _require(name: Any, choices: tuple[str, ...], *, what: str) -> None:
    if name not in choices:
        raise ServingError(f"no {what} {name!r}; the export has {list(choices)}")
