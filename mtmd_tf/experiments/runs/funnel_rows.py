"""The funnel in a run's record: all candidates together, and slice by slice (paper section 1)."""

from collections.abc import Sequence
from typing import Any

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.metrics import ALL, FunnelRow

SPEARMAN, RECALL, SCORE_LOSS, BY_CHANCE = "rank_correlation", "recall", "score_loss", "_by_chance"

CellKey = tuple[str, str, str]  # surface, product, task


def rows_of(evaluation: Evaluation) -> tuple[dict[str, Any], ...]:
    """The rows of a record: one for all candidates together and one for each surface x product, task by task.

    A row is `{surface, product, task, ranked_requests, rank_correlation, requests, recall, recall_by_chance,
    score_loss, score_loss_by_chance}`; requests and score losses are `{N: value}`, recalls `{K: {N: value}}` for N of K
    or more. Where nothing was cut there is no N. All candidates of a run of one product are that product's.
    """
    products = {row.product for row in evaluation.rows if row.pairs and row.product != ALL}
    told_apart = any(row.product != ALL for row in evaluation.funnel)
    alone = next(iter(products)) if len(products) == 1 and not told_apart else ALL
    cells: dict[CellKey, list[FunnelRow]] = {}
    for row in evaluation.funnel:
        product = row.product if row.surface == ALL or row.product != ALL else alone
        if (row.surface == ALL) == (product == ALL) and (row.requests or row.ranked_requests):
            cells.setdefault((row.surface, product, row.task), []).append(row)
    return tuple(_plain(cell, rows) for cell, rows in cells.items())


def _plain(cell: CellKey, rows: Sequence[FunnelRow]) -> dict[str, Any]:
    cut = [row for row in rows if row.requests]
    plain: dict[str, Any] = dict(zip(("surface", "product", "task"), cell, strict=True))
    plain["ranked_requests"] = rows[0].ranked_requests
    plain[SPEARMAN] = _short(rows[0].rank_correlation)
    plain["requests"] = {str(row.cut): row.requests for row in cut}
    for suffix in ("", BY_CHANCE):
        recall: dict[str, dict[str, float | None]] = {}
        for row in cut:
            if row.cut >= row.top:  # a cut below K cannot keep K
                recall.setdefault(str(row.top), {})[str(row.cut)] = _short(getattr(row, RECALL + suffix))
        loss = {str(row.cut): _short(getattr(row, SCORE_LOSS + suffix)) for row in cut}
        plain |= {RECALL + suffix: recall, SCORE_LOSS + suffix: loss}
    return plain


def _short(value: float | None) -> float | None:
    return None if value is None else short(value)
