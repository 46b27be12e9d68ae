"""An approximate index of one task's embeddings: a graph of neighbors a product, by usearch (paper section 2.2).

It finds items of a large logit of that task; the ranker scores them exactly, by all tasks and the whole utility.
What it misses is measured by `python -m mtmd_tf.jobs.measure_ranking`.
"""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.digests import is_intact, read_object, with_digest
from tfrecords_tools.files import atomically, write_text
from tfrecords_tools.user_errors import one_line

_REMOVE = "delete it, and it is made again"
_FOUND_PER_KEPT = 10  # items scored exactly for each one that is kept
_FEWEST_FOUND = 200
_SCORED_PER_ASKED = 20  # items that are scored in the time in which a graph finds one more
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
            ServingError: usearch is not installed (it says how), or a graph is damaged.
        """
        graphs = {product: _graph(index, task, product, rows) for product, rows in index.rows.items()}
        (coordinates,) = (own.coordinates for own in spec.tasks if own.name == task)
        return cls(graphs, rows=index.rows, coordinates=coordinates)

    def search(
        self, queries: np.ndarray, *, products: Sequence[str], top: int, kept: np.ndarray | None = None
    ) -> list[np.ndarray]:
        """Rows to score exactly, of each request: ten times `top` of each product, at least 200, in no order.

        Where a condition keeps few items, the graph is asked for more until enough of them are kept, and no longer than
        that is less work than scoring all that are kept.

        Args:
            queries: `[requests, width]`, of all tasks.
            products: Some of the index's.
            top: How many will be kept.
            kept: `[items]` bool, or None for all.
        """
        own = np.ascontiguousarray(queries[:, self._coordinates], np.float32)
        return [
            np.concatenate([np.zeros(0, np.int64), *(self._nearest(query, product, top, kept) for product in products)])
            for query in own
        ]

    def _nearest(self, query: np.ndarray, product: str, top: int, kept: np.ndarray | None) -> np.ndarray:
        rows = self._rows[product]
        wanted = min(max(_FOUND_PER_KEPT * top, _FEWEST_FOUND), rows.stop - rows.start)
        if wanted == 0:
            return np.zeros(0, np.int64)
        if kept is None:
            return self._ask(query, product, wanted)
        own = rows.start + np.flatnonzero(kept[rows])
        asked = wanted
        while asked * _SCORED_PER_ASKED < len(own):
            found = self._ask(query, product, min(asked, rows.stop - rows.start))
            found = found[kept[found]]
            if len(found) >= min(wanted, len(own)):
                return found
            asked *= 4
        return own

    def _ask(self, query: np.ndarray, product: str, count: int) -> np.ndarray:
        return self._rows[product].start + self._graphs[product].search(query, count).keys.astype(np.int64)


def _graph(index: ScoringIndex, task: str, product: str, rows: slice) -> Any:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ServingError(
            "an approximate index needs usearch, which is not installed: pip install mtmd-tf[approximate]"
        ) from error
    path = index.folder / f"{task}.{product}.usearch"
    seal = path.with_name(f"{path.name}.json")
    if not (path.exists() and seal.exists()):
        stored = index.tasks[task]
        graph = Index(ndim=stored.embedding(slice(0, 0)).shape[1], metric="ip", dtype="f32")
        for first in range(rows.start, rows.stop, _ROWS):
            stop = min(first + _ROWS, rows.stop)
            keys = np.arange(first - rows.start, stop - rows.start, dtype=np.uint64)
            graph.add(keys, np.ascontiguousarray(stored.embedding(slice(first, stop))))
        with atomically(path) as temporary:
            _save(graph, temporary, path)
        write_text(seal, json.dumps(with_digest({"checksum": _checksum(path)})) + "\n")
    _require_intact(path, seal)
    return Index.restore(path, view=True)


def _save(graph: Any, temporary: pathlib.Path, path: pathlib.Path) -> None:
    try:
        graph.save(temporary)
    except RuntimeError as error:  # usearch's words for whatever the file system says
        raise ServingError(f"{path} cannot be written ({one_line(error)}); is the disk full?") from error


def _require_intact(path: pathlib.Path, seal: pathlib.Path) -> None:
    """A damaged graph could end the process that reads it, or lead a search astray."""
    plain = read_object(seal, raises=ServingError, rule=_REMOVE)
    if not is_intact(plain) or _checksum(path) != plain["checksum"]:
        raise ServingError(f"{path} is damaged; {_REMOVE}")


def _checksum(path: pathlib.Path) -> int:
    return checksum(np.memmap(path, np.uint8, "r")) if path.stat().st_size else 0
