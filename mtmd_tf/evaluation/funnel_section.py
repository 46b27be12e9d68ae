"""The report's section on the funnel: what a lightweight cut at N loses (paper section 1)."""

from collections.abc import Sequence

from mtmd_tf.metrics import ALL, FunnelRow
from mtmd_tf.reporting.markdown import NO_VALUE, lines, pivot, table

_FEW = 100

_READING = f"""\
The lightweight ranker keeps N candidates of each request, and the heavyweight ranker takes its best K from them. Each
cell is the model / a random order, over the requests with more than N candidates; ~: fewer than {_FEW}."""


def funnel_section(
    rows: Sequence[FunnelRow], *, ecpm: Sequence[FunnelRow] = (), highlight_surface: str | None = None
) -> str:
    """Markdown: recall of the top K at each N, score loss and rank correlation, hit rate; by product, and by eCPM.

    What has no row is left out; without any, as where each request has one candidate, the text is empty.
    """
    rows, ecpm = (_listed(each, highlight_surface=highlight_surface) for each in (rows, ecpm))
    parts = _tables([row for row in rows if row.product == ALL])
    for product in dict.fromkeys(row.product for row in rows):
        if product != ALL and (tables := _tables([row for row in rows if row.product == product])):
            parts += [f"### Funnel, {product} alone\n\nOnly the candidates of product {product} compete.", *tables]
    if tables := _tables([row for row in ecpm if row.product == ALL]):
        parts += ["### Funnel by eCPM\n\nLabels and scores are multiplied with the bid.", *tables]
    return "\n\n".join(["## Funnel", _READING, *parts]) if parts else ""


def _tables(rows: Sequence[FunnelRow]) -> list[str]:
    """Tables of the tasks that exist on a surface: the others have nothing to rank."""
    ranked = {(row.surface, row.task) for row in rows if row.requests or row.ranked_requests}
    deepest = max((row.cut for row in rows), default=0)
    rows = [row for row in rows if (row.surface, row.task) in ranked and row.top <= deepest]
    shown = [
        (row, _both(row.requests, row.recall, row.recall_by_chance) if row.cut >= row.top else NO_VALUE)
        + (_both(row.requests, row.score_loss, row.score_loss_by_chance),)
        + (_both(row.events, row.hit_rate, row.hit_rate_by_chance),)
        for row in sorted(rows, key=lambda row: row.cut)  # a cut below K cannot keep K
    ]
    forms = (
        "{0.surface} | {0.task} | {0.top} | N = {0.cut} | {0.ranked_requests:,} | {0.rank_correlation:.3f}"
        " | {1} | {2} | {3}"
    )
    cells = lines("surface | task | K | N | requests | Spearman | recall | loss | hits", forms, shown)
    if not cells:
        return []
    recall = pivot(cells, index=["surface", "task", "K"], columns="N", value="recall", none=NO_VALUE)
    loss = pivot(cells, index=["surface", "task", "requests", "Spearman"], columns="N", value="loss", none=NO_VALUE)
    parts = [
        "Recall: share of the heavyweight ranker's best K that is among the N kept.",
        table(recall, names=2),
        "Score loss: share of the heavyweight value of the best N that the N kept do not have.\n"
        "Spearman: rank correlation of score and label within a request.",
        table(loss, names=2),
    ]
    if all(row.hit_rate is None for row in rows):
        return parts
    hits = pivot(cells, index=["surface", "task"], columns="N", value="hits", none=NO_VALUE)
    meaning = f"Hit rate: share of the events whose candidate is among the N kept; ~: fewer than {_FEW} events."
    return [*parts, meaning, table(hits, names=2)]


def _listed(rows: Sequence[FunnelRow], *, highlight_surface: str | None) -> list[FunnelRow]:
    idle_roll_up = len({row.surface for row in rows}) == 2
    shown = [row for row in rows if not (idle_roll_up and row.surface == ALL)]
    return sorted(shown, key=lambda row: row.surface != highlight_surface)  # stable: the rest as it came


def _both(count: int, value: float | None, by_chance: float | None) -> str:
    if value is None or by_chance is None:
        return NO_VALUE
    return f"{'~' if count < _FEW else ''}{value:.1%} / {by_chance:.0%}"
