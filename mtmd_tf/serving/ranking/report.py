"""A ranking in words: the request, the best items with their probabilities, and the time of each part."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.serving.ranking.catalog import describe_items, text
from mtmd_tf.serving.ranking.ranker import Ranker, Ranking
from mtmd_tf.serving.ranking.request_file import QueryRequest
from mtmd_tf.serving.ranking.utility import Utility
from tfrecords_tools.printable import cut, printable

_MOST_FEATURES = 12
_NONE = "No item is left to rank: the product, the candidates or the condition (--where) keep none."


def report(
    ranker: Ranker,
    request: QueryRequest,
    *,
    top: int = 10,
    utility: str | None = None,
    product: str | None = None,
    candidates: Sequence[str] | None = None,
    where: str | None = None,
    bids: np.ndarray | None = None,
    cross: Mapping[str, np.ndarray] | None = None,
    approximate: bool = False,
) -> str:
    """Ranks for one request and says what it was, what came first, why, and how long each part took.

    Args:
        ranker: Ready for requests.
        request: The query side.
        top: How many items to show.
        utility: Another expression than the ranker's own.
        product: Only items of this product.
        candidates: Only these items.
        where: Only items for which this condition holds.
        bids: `[candidates]` or `[items]` bids in US dollars, one for each candidate or, without candidates, for each
            item of the index.
        cross: `{score feature: [candidates] or [items] numbers}`, NaN where missing.
        approximate: Score only what the approximate index finds, and say what share of the exact top that is.
    """
    limits = {"product": product, "candidates": candidates, "where": where}
    arguments: dict[str, Any] = {"top": top, "utility": utility, "bids": bids, "cross": cross, **limits}
    # A signature's first call prepares its graph, and the first scan maps the index: both before the clock runs.
    exact = ranker.rank(request.surface, request.features, **arguments)
    ranking = ranker.rank(request.surface, request.features, **arguments, approximate=approximate)
    names = describe_items(ranker.items, ranker.spec.schema, ranking.item_id)
    parts = " + ".join(f"{part} {1e3 * seconds:.1f} ms" for part, seconds in ranking.seconds.items())
    total = 1e3 * sum(ranking.seconds.values())
    lines = [
        f"Request {printable(request.request_id)} on {request.surface}",
        *(f"  {line}" for line in _readable(request, ranker.spec.schema)),
        f"Top {len(ranking.item_id)} of {ranking.considered:,} items{_of(ranker, limits)}, "
        f"by {_by(ranker, utility or ranker.utility)}",
        *_absent(ranker, ranking, request.surface, utility or ranker.utility),
        *(f"Warning: {warning}." for warning in ranking.warnings),
        _table(ranking, names) if ranking.item_id else _NONE,
        f"{total:.1f} ms: {parts}",
    ]
    if approximate:
        recall = len(set(exact.item_id) & set(ranking.item_id)) / max(len(exact.item_id), 1)
        lines.append(f"Of the exact top {len(exact.item_id)} of {exact.considered:,} items, {recall:.0%} are here.")
    return "\n".join(lines)


def _of(ranker: Ranker, limits: Mapping[str, Any]) -> str:
    """What the items are, where they are not all."""
    if all(value is None for value in limits.values()):
        return ""
    listed = limits["candidates"]
    base = f"{ranker.items.items:,}" if listed is None else f"{len(listed):,} candidates"
    condition = f" where {printable(limits['where'])}" if limits["where"] else ""
    return f" (of {base}{condition})" if condition or listed is not None else ""


def _by(ranker: Ranker, utility: str) -> str:
    """The utility, and what it is where nobody chose it: a task that is no good, such as a hide, counts in it too."""
    tasks = [task.name for task in ranker.spec.tasks]
    default = len(tasks) > 1 and utility == " + ".join(tasks)
    return f"{utility} (the sum of all tasks; --utility says another)" if default else utility


def _absent(ranker: Ranker, ranking: Ranking, surface: str, utility: str) -> Iterator[str]:
    """A line for each product here of which a task of the utility does not exist."""
    used = Utility(utility, tasks=tuple(task.name for task in ranker.spec.tasks)).tasks
    for product in dict.fromkeys(ranking.product):
        absent = [task for task in used if not ranker.spec.schema.task_exists(surface, product, task)]
        if absent:
            yield f"{product} has no {', '.join(absent)} on {surface}: 0 in its utility"


def _readable(request: QueryRequest, schema: Any) -> list[str]:
    shown = [
        f.name
        for f in schema.features_of("query", domain=request.surface)
        if f.kind != "dense" and f.name in request.features
    ]
    lines = [f"{name} = {_short(text(request.features[name]))}" for name in shown[:_MOST_FEATURES]]
    left = len(request.features) - len(lines)
    return [*lines, f"and {left} more features"] if left > 0 else lines


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(cut(str(each)) for each in value[:5]) + (", ..." if len(value) > 5 else "")
    return f"{value:g}" if isinstance(value, float) else cut(str(value))


def _table(ranking: Ranking, names: Sequence[Mapping[str, Any]]) -> str:
    import pandas as pd  # half a second, which --help need not wait for

    frame = pd.DataFrame({"item": [printable(item) for item in ranking.item_id], "product": ranking.product})
    frame["what"] = [" / ".join(str(value) for value in own.values()) for own in names]
    for task, probability in ranking.probability.items():
        frame[f"p({task})"] = probability
    frame["utility"] = ranking.utility
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame.to_string(na_rep="N/A", float_format="{:.4g}".format, max_colwidth=80)
