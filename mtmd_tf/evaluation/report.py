"""The report of an evaluation: Markdown for a terminal or a browser (paper section 3, Table 1)."""

from collections.abc import Mapping, Sequence
from statistics import median

from mtmd_tf.evaluation.breakdown_section import breakdown_section
from mtmd_tf.evaluation.comparison import Comparison, compare, slices, tasks
from mtmd_tf.evaluation.funnel_section import funnel_section
from mtmd_tf.evaluation.inspection_section import inspection_section
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.evaluation.winner_section import winner_section
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import lines, number, table

FILE_NAME = "report.md"

_NOT_HERE = "N/A"

_QUALITY = (
    "LogMAE | mean's | better | KL | mean's KL | KL better | AUC",
    "{0.log_mae:.4f} | {1.log_mae:.4f} | {2:+.1f}% | {0.kl:#.3g} | {1.kl:#.3g} | {3:+.1f}% | {0.auc:.4f}",
)
_LEVEL = (
    "pairs | mean label | mean p | calibration | MAE | BCE | events | event rate",
    "{0.pairs:,} | {0.label_mean:#.3g} | {0.probability_mean:#.3g} | {0.calibration:.3f} | {0.mae:#.3g} | {0.bce:.4f}"
    " | {0.events:,} | {0.event_rate:#.3g}",
)

_READING = """\
- LogMAE: mean |ln p - ln y| of prediction p and label y, both clipped to [{clip:g}, 1].
- KL: mean Bernoulli KL(y || p) in nats. MAE: mean |p - y|. BCE: cross-entropy against the label, nats.
- calibration: sum of p over sum of y; 1 is right, 2 predicts twice too much.
- AUC: against events{auc_error}; N/A: the task does not exist there; -: nothing to take it from.
- better: 100 * (1 - model / mean), where mean predicts each slice's mean label over the training split."""


def report(
    evaluation: Evaluation, *, highlight_surface: str | None = None, figures: Mapping[str, str] | None = None
) -> str:
    """The text of `report.md`.

    Args:
        evaluation: The evaluation to report.
        highlight_surface: The surface to list first, such as `home_feed`.
        figures: `{title: path}` of the figures, paths relative to the report's folder.

    Raises:
        ValueError: No such surface.
    """
    cells, order = compare(evaluation), slices(evaluation.rows, highlight=highlight_surface)
    parts = [_head(evaluation), _overview(cells, order)]
    for task in tasks(evaluation.rows):
        parts.append(_task(task, [cells[surface, product, task] for surface, product in order]))
    if evaluation.winners:
        parts.append(winner_section(evaluation, order))
    parts += [breakdown_section(each, evaluation, order) for each in evaluation.breakdowns]
    parts.append(funnel_section(evaluation.funnel, ecpm=evaluation.ecpm_funnel, highlight_surface=highlight_surface))
    if evaluation.routing or evaluation.gates or evaluation.distances:
        parts.append(inspection_section(evaluation))
    if figures:
        parts.append("## Figures\n\n" + "\n\n".join(f"![{title}]({path})" for title, path in figures.items()))
    parts.append("## How to read it\n\n" + _READING.format(clip=evaluation.clip, auc_error=_auc_error(evaluation.rows)))
    return "\n\n".join(filter(None, parts)) + "\n"


def _head(evaluation: Evaluation) -> str:
    pairs = max((row.pairs for row in evaluation.rows), default=0)
    facts = {
        "data": evaluation.data,
        "pairs": f"{pairs:,} with a label",
        "LogMAE's clip": f"{evaluation.clip:g}",
        **evaluation.details,
    }
    lines = [f"- {name}: {literal(value)}" for name, value in facts.items()]
    lines += [f"- **warning**: {literal(sentence)}" for sentence in evaluation.warnings]
    return f"# Evaluation of {literal(evaluation.run)}\n\n" + "\n".join(lines)


def _overview(cells: Mapping[tuple[str, str, str], Comparison], order: Sequence[tuple[str, str]]) -> str:
    names = list(dict.fromkeys(task for _, _, task in cells))
    gains = [
        cell.log_mae
        for (surface, product, _), cell in cells.items()
        if ALL not in (surface, product) and cell.log_mae is not None
    ]
    text = "## LogMAE against the training mean\n\n"
    if gains:
        text += (
            f"Better in {sum(gain > 0 for gain in gains)} of {len(gains)} cells of surface x product x task: "
            f"{min(gains):+.1f}% to {max(gains):+.1f}%, median {median(gains):+.1f}%.\n\n"
        )
    rows = [
        {"surface": surface, "product": product} | {task: _percent(cells[surface, product, task]) for task in names}
        for surface, product in order
    ]
    return text + table(rows, names=2)


def _task(task: str, cells: Sequence[Comparison]) -> str:
    there = [(cell.model, cell.mean, cell.log_mae, cell.kl) for cell in cells]
    shown = []
    for header, forms in (_QUALITY, _LEVEL):
        rows = lines(f"surface | product | {header}", f"{{0.surface}} | {{0.product}} | {forms}", there)
        for row, cell in zip(rows, cells, strict=True):
            if not cell.model.exists:
                row |= dict.fromkeys([*row][2:], _NOT_HERE)
        shown.append(table(rows, names=2))
    return "\n\n".join([f"## {task}", *shown])


def _percent(cell: Comparison) -> str:
    return number(cell.log_mae, "+.1f", unit="%") if cell.model.exists else _NOT_HERE


def _auc_error(rows: Sequence[Row]) -> str:
    errors = [row.auc_error for row in rows if row.auc_error is not None]
    return f", exact to {max(errors):.1g}" if errors else ""
