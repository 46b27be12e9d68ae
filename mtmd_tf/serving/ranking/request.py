"""A ranker's request and answer, and the exact scores of a short list of items (paper sections 2.2, 2.3)."""

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from mtmd_tf.serving.ranking.probabilities import log_marginals
from mtmd_tf.serving.ranking.row_values import NOTHING, RowValues
from mtmd_tf.serving.ranking.scan import Scorer, best_first
from mtmd_tf.serving.rows import Row
from mtmd_tf.serving.specification import ServingError

DOTS, FORMULA, IDS = "dot products", "formula and top K", "ids"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankRequest:
    """One visit to a surface, to rank items for.

    Attributes:
        surface: Surface of the request.
        features: Raw query features by name; one that is left out or None is missing.
        product: Only items of this product.
        candidates: Only these items, by id; None for all.
        where: Only items for which this condition holds, such as `item/city == query/city` (`where.py`); None for all.
        bids: `[candidates]` bids in US dollars or, without candidates, `[items]`, one for each item of `Ranker.items`;
            None for 1.
        cross: Numbers of the pairs by score feature of the export, in the order of `bids`; NaN or None is missing, and
            so is a feature that is left out.

    Raises:
        ServingError: Candidates that are no list of text, or bids that are no numbers.
    """

    surface: str
    features: Row
    product: str | None = None
    candidates: Sequence[str] | None = None
    where: str | None = None
    bids: np.ndarray | None = None
    cross: Mapping[str, Sequence[float | None] | np.ndarray] | None = None

    def __post_init__(self) -> None:
        if self.candidates is not None:
            object.__setattr__(self, "candidates", _ids(self.candidates))
        if self.bids is not None:
            object.__setattr__(self, "bids", _bids(self.bids))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranking:
    """The top items of one request, best first.

    Attributes:
        item_id: Ids of the items, `[top]`.
        product: Products of the items, `[top]`.
        utility: Utilities, `[top]` float32.
        probability: `{task: [top]}`, marginals; NaN where a task does not exist in the slice.
        considered: How many items were ranked.
        warnings: Warnings: slices without training labels, a request without its usual features, conditions on
            features and scores by numbers that the request lacks.
        seconds: `{part: seconds}` of reading the features, the query tower, the dot products, formula with top K, and
            looking up the ids; of all requests that were ranked together.
    """

    item_id: list[str]
    product: list[str]
    utility: np.ndarray
    probability: dict[str, np.ndarray]
    considered: int
    seconds: dict[str, float]
    warnings: tuple[str, ...] = ()

    def after(self, seconds: Mapping[str, float]) -> "Ranking":
        """The same, with the seconds of what came before added to its parts."""
        total = {part: own + seconds.get(part, 0.0) for part, own in self.seconds.items()}
        return dataclasses.replace(self, seconds=total)


def _ids(candidates: Any) -> list[str]:
    """A list of text: an array, a column and a list are one; letters of a word, and a set without order, are none."""
    if isinstance(candidates, str | bytes | Set) or not isinstance(candidates, Iterable):
        raise ServingError(f"candidates: a list of item ids; it is {candidates!r:.80}")
    ids = list(candidates)
    for item in ids:
        if not isinstance(item, str):
            raise ServingError(f"candidates: an item id is text; it is {item!r:.80}")
    return ids


def _bids(bids: Any) -> np.ndarray:
    try:
        numbers = np.asarray(bids)
    except ValueError as error:  # lists of different lengths
        raise ServingError("bids: a list of numbers; some of them are lists") from error
    if numbers.ndim != 1 or (numbers.dtype.kind not in "fiu" and len(numbers)):
        raise ServingError(f"bids: a list of numbers, one for each item; it is {bids!r:.80}")
    return numbers


def rank_rows(scorer: Scorer, query: np.ndarray, rows: np.ndarray, *, values: RowValues = NOTHING, top: int) -> Ranking:
    """Scores `rows` for one request and keeps the best.

    Args:
        scorer: Scorer of the request's surface.
        query: Embedding of the query, `[width]`.
        rows: Rows of the scorer's index.
        values: Values of these `[rows]`.
        top: Number of items to keep.

    Raises:
        ServingError: The utility is not a number for an item.
    """
    begun, dots, index = time.perf_counter(), 0.0, scorer.index
    utility = np.zeros(len(rows), np.float32)
    probability = {task.name: np.full(len(rows), np.nan) for task in scorer.spec.tasks}
    for product, places in index.by_product(rows).items():
        tasks, started = scorer.tasks(product, all_tasks=True), time.perf_counter()
        own = values.at(places)
        logits = scorer.logits(query[None], rows[places], tasks, own, fine=True)
        dots += time.perf_counter() - started
        utility[places] = scorer.utilities(logits, tasks, shape=(1, len(places)), bids=own.bids)[0]
        exact = {task: logit[0].astype(np.float64) for task, logit in logits.items()}
        constrained = scorer.spec.constrained[scorer.surface]
        for task, log in log_marginals(exact, parents=tasks, constrained=constrained).items():
            probability[task][places] = np.exp(log)
    best = best_first(index, rows, utility)[:top]
    ranked = time.perf_counter()
    item_id = [item.decode() for item in index.item_id[rows[best]].tolist()]
    product_names = index.products_of(rows[best])
    return Ranking(
        item_id=item_id,
        product=product_names,
        utility=utility[best],
        probability={task: values[best] for task, values in probability.items()},
        considered=len(rows),
        seconds={DOTS: dots, FORMULA: ranked - begun - dots, IDS: time.perf_counter() - ranked},
    )
