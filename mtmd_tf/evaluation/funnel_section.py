"""The report's section on the funnel: what a lightweight cut at N loses (paper section 1)."""

import pathlib
from collections.abc import Sequence

from mtmd_tf.metrics import ALL, FunnelRow
from mtmd_tf.reporting.markdown import NO_VALUE
from mtmd_tf.reporting.page import passage

_FEW = 100
_HERE = pathlib.Path(__file__).parent


def funnel_section(
    rows: Sequence[FunnelRow], *, ecpm: Sequence[FunnelRow] = (), highlight_surface: str | None = None
) -> str:
    """Markdown: recall of the top K at each N, score loss and rank correlation, hit rate; by product, and by eCPM.

    What has no row is left out; without any, as where each request has one candidate, the text is empty.
    """
    rows, ecpm = (_listed(each, highlight_surface=highlight_surface) for each in (rows, ecpm))
    parts = [_tables([row for row in rows if row.product == ALL])]
    for product in dict.fromkeys(row.product for row in rows):
        if product != ALL:
            own = [row for row in rows if row.product == product]
            lead = f"Only the candidates of product {product} compete."
            parts.append(_tables(own, heading=f"Funnel, {product} alone", lead=lead))
    lead = "Labels and scores are multiplied with the bid."
    parts.append(_tables([row for row in ecpm if row.product == ALL], heading="Funnel by eCPM", lead=lead))
    parts = [part for part in parts if part]
    return passage(_HERE / "funnel.md", few=_FEW, parts=parts) if parts else ""


def _tables(rows: Sequence[FunnelRow], *, heading: str = "", lead: str = "") -> str:
    """Tables of the tasks that exist on a surface: the others have nothing to rank."""
    ranked = {(row.surface, row.task) for row in rows if row.requests or row.ranked_requests}
    deepest = max((row.cut for row in rows), default=0)
    rows = [row for row in rows if (row.surface, row.task) in ranked and row.top <= deepest]
    rows = sorted(rows, key=lambda row: row.cut)  # a cut below K cannot keep K
    shown = [
        (row, _both(row.requests, row.recall, row.recall_by_chance) if row.cut >= row.top else NO_VALUE)
        + (_both(row.requests, row.score_loss, row.score_loss_by_chance),)
        for row in rows
    ]
    hits = [(row, _both(row.events, row.hit_rate, row.hit_rate_by_chance)) for row in rows]
    if all(row.hit_rate is None for row in rows):
        hits = []
    text = passage(_HERE / "funnel_tables.md", heading=heading, lead=lead, few=_FEW, rows=shown, hits=hits)
    return text if rows else ""


def _listed(rows: Sequence[FunnelRow], *, highlight_surface: str | None) -> list[FunnelRow]:
    idle_roll_up = len({row.surface for row in rows}) == 2
    shown = [row for row in rows if not (idle_roll_up and row.surface == ALL)]
    return sorted(shown, key=lambda row: row.surface != highlight_surface)  # stable: the rest as it came


def _both(count: int, value: float | None, by_chance: float | None) -> str:
    if value is None or by_chance is None:
        return NO_VALUE
    return f"{'~' if count < _FEW else ''}{value:.1%} / {by_chance:.0%}"
