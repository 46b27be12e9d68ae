"""The report's section on the funnel: what a lightweight cut at N loses (paper section 1)."""

from collections.abc import Mapping, Sequence

from mtmd_tf.metrics import ALL, FunnelRow
from mtmd_tf.reporting.markdown import markdown_table

_FEW_REQUESTS = 100

_READING = f"""\
The lightweight ranker keeps N candidates of each request, and the heavyweight ranker takes its best K from them. Each
cell is the model / a random order, over the requests with more than N candidates; ~: fewer than {_FEW_REQUESTS}."""


def funnel_section(rows: Sequence[FunnelRow], *, highlight_surface: str | None = None) -> str:
    """Markdown: recall of the top K at each N, then the score loss at each N and the rank correlation; by product.

    What has no row is left out; without any, as where each request has one candidate, the text is empty.
    """
    rows = _listed(rows, highlight_surface=highlight_surface)
    parts = _tables([row for row in rows if row.product == ALL])
    for product in dict.fromkeys(row.product for row in rows):
        if product != ALL and (tables := _tables([row for row in rows if row.product == product])):
            parts += [f"### Funnel, {product} alone\n\nOnly the candidates of product {product} compete.", *tables]
    return "\n\n".join(["## Funnel", _READING, *parts]) if parts else ""


def _tables(rows: Sequence[FunnelRow]) -> list[str]:
    cuts = sorted({row.cut for row in rows})
    by_top: dict[tuple[str, str, int], dict[int, FunnelRow]] = {}
    for row in rows:
        by_top.setdefault((row.surface, row.task, row.top), {})[row.cut] = row
    by_task = {(surface, task): at for (surface, task, _), at in by_top.items()}
    recall = [
        [surface, task, str(top), *(_recall(at.get(cut)) for cut in cuts)]
        for (surface, task, top), at in by_top.items()
        if any(cut >= top for cut in at) and _ranked(at)
    ]
    loss = [
        [surface, task, *_correlation(next(iter(at.values()))), *(_loss(at.get(cut)) for cut in cuts)]
        for (surface, task), at in by_task.items()
        if _ranked(at)
    ]
    heads = [f"N = {cut}" for cut in cuts]
    parts = []
    if recall:
        parts.append("Recall: share of the heavyweight ranker's best K that is among the N kept.")
        parts.append(markdown_table(["surface", "task", "K", *heads], recall, names=2))
    if loss:
        parts.append(
            "Score loss: share of the heavyweight value of the best N that the N kept do not have.\n"
            "Spearman: rank correlation of score and label within a request."
        )
        parts.append(markdown_table(["surface", "task", "requests", "Spearman", *heads], loss, names=2))
    return parts


def _ranked(at: Mapping[int, FunnelRow]) -> bool:
    """Whether there is anything to rank, which a task that does not exist here has not."""
    return any(row.requests or row.ranked_requests for row in at.values())


def _listed(rows: Sequence[FunnelRow], *, highlight_surface: str | None) -> list[FunnelRow]:
    idle_roll_up = len({row.surface for row in rows}) == 2
    kept = [row for row in rows if not (idle_roll_up and row.surface == ALL)]
    return sorted(kept, key=lambda row: row.surface != highlight_surface)  # stable: the rest as it came


def _recall(row: FunnelRow | None) -> str:
    if row is None or row.cut < row.top:  # a cut below K cannot keep K
        return "-"
    return _both(row, row.recall, row.recall_by_chance)


def _loss(row: FunnelRow | None) -> str:
    return "-" if row is None else _both(row, row.score_loss, row.score_loss_by_chance)


def _both(row: FunnelRow, value: float | None, by_chance: float | None) -> str:
    if value is None or by_chance is None:
        return "-"
    return f"{'~' if row.requests < _FEW_REQUESTS else ''}{value:.1%} / {by_chance:.0%}"


def _correlation(row: FunnelRow) -> list[str]:
    return [f"{row.ranked_requests:,}", "-" if row.rank_correlation is None else f"{row.rank_correlation:.3f}"]
