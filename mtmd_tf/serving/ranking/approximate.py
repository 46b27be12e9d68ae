"""An approximate index of one task's embeddings: a graph of neighbours a product, by usearch (paper section 2.2).

It finds items of a large logit of that task; the ranker scores them exactly, by all tasks and the whole utility.
What it misses is measured by `python -m mtmd_tf.jobs.measure_ranking`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.files import atomically

_FOUND_PER_KEPT = 10  # items scored exactly for each one that is kept
_FEWEST_FOUND = 200
_ROWS = 65_536  # added at once


class ApproximateIndex:
    """The graphs of one task, made by `open`."""

    def __init__(self, graphs: dict[str, Any], *, rows: dict[str, slice], coordinates: slice) -> None:
        self._graphs, self._rows, self._coordinates = graphs, rows, coordinates

    @classmethod
    def open(cls, index: ScoringIndex, *, spec: RankerSpec, task: str) -> "ApproximateIndex":
        """The graphs of a task over the items of `index`, made first where they are missing.

        They lie in the index's own folder, and go with it when it is replaced.

        Raises:
            ServingError: usearch is not installed; it says how.
        """
        graphs = {product: _graph(index, task, product, rows) for product, rows in index.rows.items()}
        (coordinates,) = (own.coordinates for own in spec.tasks if own.name == task)
        return cls(graphs, rows=index.rows, coordinates=coordinates)

    def search(self, queries: np.ndarray, *, products: Sequence[str], top: int) -> list[np.ndarray]:
        """Rows to score exactly, of each request: ten times `top` of each product, at least 200, in no order.

        Args:
            queries: `[requests, width]`, of all tasks.
            products: Some of the index's.
            top: How many will be kept.
        """
        own = np.ascontiguousarray(queries[:, self._coordinates], np.float32)
        return [
            np.concatenate([np.zeros(0, np.int64), *(self._nearest(query, product, top) for product in products)])
            for query in own
        ]

    def _nearest(self, query: np.ndarray, product: str, top: int) -> np.ndarray:
        rows = self._rows[product]
        count = min(max(_FOUND_PER_KEPT * top, _FEWEST_FOUND), rows.stop - rows.start)
        if count == 0:
            return np.zeros(0, np.int64)
        return rows.start + self._graphs[product].search(query, count).keys.astype(np.int64)


def _graph(index: ScoringIndex, task: str, product: str, rows: slice) -> Any:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ServingError(
            "an approximate index needs usearch, which is not installed: pip install mtmd-tf[approximate]"
        ) from error
    path = index.folder / f"{task}.{product}.usearch"
    if not path.exists():
        stored = index.tasks[task]
        graph = Index(ndim=stored.embedding(slice(0, 0)).shape[1], metric="ip", dtype="f32")
        for first in range(rows.start, rows.stop, _ROWS):
            stop = min(first + _ROWS, rows.stop)
            keys = np.arange(first - rows.start, stop - rows.start, dtype=np.uint64)
            graph.add(keys, np.ascontiguousarray(stored.embedding(slice(first, stop))))
        with atomically(path) as temporary:
            graph.save(temporary)
    return Index.restore(path, view=True)
