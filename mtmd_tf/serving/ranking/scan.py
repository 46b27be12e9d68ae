"""Scans a corpus for the exact best items of a few requests of one surface, in blocks, on all cores (section 2.2)."""

import concurrent.futures
import dataclasses
import time
from collections.abc import Mapping, Sequence

import numpy as np
from threadpoolctl import ThreadpoolController

from mtmd_tf.score_features import term_of
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.probabilities import marginals
from mtmd_tf.serving.ranking.row_values import NOTHING, RowValues
from mtmd_tf.serving.ranking.top import TopRows
from mtmd_tf.serving.ranking.utility import BID, Utility
from mtmd_tf.serving.specification import RankerSpec, ServingError

MOST_REQUESTS = 32  # scanned at once: with the block it bounds the memory, at some 10 MB a core

_BLOCK = 16_384  # rows: large next to what a step costs Python, small next to a core's cache
_PIECE = 8 * _BLOCK  # what a core takes at a time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scorer:
    """From queries and rows to utilities, on one surface.

    Attributes:
        index: Scoring index of the items.
        spec: Specification of the export.
        surface: Surface whose tasks and constraint hold.
        utility: Expression of the utility.
    """

    index: ScoringIndex
    spec: RankerSpec
    surface: str
    utility: Utility

    def tasks(self, product: str, *, all_tasks: bool = False) -> dict[str, str | None]:
        """`{task: parent}` of what an item of `product` is scored for: the utility's tasks and their parents."""
        schema, needed = self.spec.schema, set(self.utility.tasks)
        for task in reversed(self.spec.tasks):
            if task.name in needed and task.parent is not None and self.spec.constrained[self.surface]:
                needed.add(task.parent)
        return {
            task.name: task.parent
            for task in self.spec.tasks
            if (all_tasks or task.name in needed)
            and schema.task(task.name).exists_in(surface=self.surface, product=product)
        }

    def logits(
        self,
        queries: np.ndarray,
        rows: slice | np.ndarray,
        tasks: Mapping[str, str | None],
        values: RowValues = NOTHING,
        *,
        fine: bool = False,
    ) -> dict[str, np.ndarray]:
        """`{task: [requests, rows]}` for `queries` `[requests, width]` and what is said of the rows; `fine` for few."""
        logits = {}
        for own in (own for own in self.spec.tasks if own.name in tasks):
            stored = self.index.tasks[own.name]
            multiply = stored.fine_logits if fine else stored.logits
            logits[own.name] = multiply(queries[:, own.coordinates], rows)
        if self.spec.score_features:
            for task, term in term_of(self.spec.score_features, tuple(tasks), values.cross).items():
                logits[task] += term
        return logits

    def utilities(
        self,
        logits: Mapping[str, np.ndarray],
        tasks: Mapping[str, str | None],
        *,
        shape: tuple[int, int],
        bids: np.ndarray | None,
    ) -> np.ndarray:
        """`shape`, `[requests, rows]`; a task that does not exist there has the probability 0.

        Args:
            logits: `{task: [requests, rows]}`.
            tasks: Tasks of the product of the rows, as `tasks` gives them.
            shape: Shape of the answer; there may be no logits.
            bids: `[rows]` bids in US dollars, or None for 1.

        Raises:
            ServingError: The utility is not a number there, or infinite; minus infinity, as of log(0), ranks last.
        """
        found = marginals(logits, parents=tasks, constrained=self.spec.constrained[self.surface])
        values = {
            **dict.fromkeys(self.utility.tasks, np.float32(0)),
            **found,
            BID: np.float32(1) if bids is None else bids,
        }
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            utility = np.broadcast_to(np.asarray(self.utility(values), np.float32), shape)
        if not utility.max(initial=-np.inf) < np.inf:  # the maximum of NaN and others is NaN
            what = "not a number" if np.isnan(utility).any() else "infinite"
            raise ServingError(f"the utility {self.utility.text!r} is {what} for some item on {self.surface}")
        return utility


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scan:
    """What a scan found.

    Attributes:
        rows: The best rows of each request, best first, ties by item id.
        considered: How many rows were scored.
        dot_seconds: Seconds of the scan for reading, dot products and the linear term.
        formula_seconds: The rest: probabilities, utility and top K.
    """

    rows: list[np.ndarray]
    considered: int
    dot_seconds: float
    formula_seconds: float


def scan(
    scorer: Scorer,
    queries: np.ndarray,
    *,
    top: int,
    products: Sequence[str],
    values: RowValues = NOTHING,
    kept: np.ndarray | None = None,
    pool: concurrent.futures.ThreadPoolExecutor,
) -> Scan:
    """Scores every item of `products` exactly, or those of them that are kept.

    Args:
        scorer: Scorer of the surface of the requests.
        queries: `[requests, width]`, at most `MOST_REQUESTS`.
        top: How many rows a request keeps.
        products: Some of the schema's.
        values: Values of all `[items]`.
        kept: `[items]` bool, or None for all.
        pool: Threads that scan, one for each core.

    Raises:
        ServingError: The utility is not a number for an item.
    """
    begun = time.perf_counter()
    chunks = [
        (product, first, min(first + _PIECE, rows.stop))
        for product, rows in scorer.index.rows.items()
        if product in products
        for first in range(rows.start, rows.stop, _PIECE)
    ]
    queries = np.ascontiguousarray(queries, np.float32)
    # The pool's threads share the cores already: a product of matrices that brought its own would wait for them.
    with _LINEAR_ALGEBRA.limit(limits=1, user_api="blas"):
        found = list(pool.map(lambda c: _scan_chunk(scorer, queries, *c, top=top, values=values, kept=kept), chunks))
    rows = [_merge(scorer.index, found, request, top) for request in range(len(queries))]
    dots = sum(chunk.dots for chunk in found)
    share = dots / max(dots + sum(chunk.formula for chunk in found), 1e-9)
    elapsed = time.perf_counter() - begun
    considered = sum(chunk.considered for chunk in found)
    return Scan(rows=rows, considered=considered, dot_seconds=share * elapsed, formula_seconds=(1 - share) * elapsed)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Chunk:
    rows: list[np.ndarray]
    utility: list[np.ndarray]
    considered: int
    dots: float
    formula: float


def _scan_chunk(
    scorer: Scorer,
    queries: np.ndarray,
    product: str,
    first: int,
    stop: int,
    *,
    top: int,
    values: RowValues,
    kept: np.ndarray | None,
) -> _Chunk:
    tasks, best, considered = scorer.tasks(product), TopRows(len(queries), top=top), 0
    dots, formula = 0.0, 0.0
    for start in range(first, stop, _BLOCK):
        block, begun = slice(start, min(start + _BLOCK, stop)), time.perf_counter()
        rows, count = _kept_rows(block, kept)
        if not count:
            continue
        said = values.at(rows)
        logits = scorer.logits(queries, rows, tasks, said)
        scored = time.perf_counter()
        best.add(scorer.utilities(logits, tasks, shape=(len(queries), count), bids=said.bids), rows=rows)
        considered += count
        dots, formula = dots + scored - begun, formula + time.perf_counter() - scored
    pairs = [best.best(request) for request in range(len(queries))]
    return _Chunk(
        rows=[rows for rows, _ in pairs],
        utility=[values for _, values in pairs],
        considered=considered,
        dots=dots,
        formula=formula,
    )


def _kept_rows(block: slice, kept: np.ndarray | None) -> tuple[slice | np.ndarray, int]:
    """The rows of a block that are kept, and how many; all of them as a range, which is read in place."""
    whole = block.stop - block.start
    own = None if kept is None else block.start + np.flatnonzero(kept[block])
    return (block, whole) if own is None or len(own) == whole else (own, len(own))


def _merge(index: ScoringIndex, chunks: Sequence[_Chunk], request: int, top: int) -> np.ndarray:
    if not chunks:
        return np.zeros(0, np.int64)
    rows = np.concatenate([chunk.rows[request] for chunk in chunks])
    utility = np.concatenate([chunk.utility[request] for chunk in chunks])
    return rows[best_first(index, rows, utility)[:top]]


def best_first(index: ScoringIndex, rows: np.ndarray, utility: np.ndarray) -> np.ndarray:
    """The order, `[rows]`, of `rows` by falling utility, `[rows]`; ties by item id."""
    return np.lexsort((index.item_id[rows], -utility))


_LINEAR_ALGEBRA = ThreadpoolController()
