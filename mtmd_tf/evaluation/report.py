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
from mtmd_tf.reporting.markdown import number, of_place, table

FILE_NAME = "report.md"

_NOT_HERE = "N/A"

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
    parts.append(funnel_section(evaluation.funnel, highlight_surface=highlight_surface))
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
            f"{_percent(min(gains))} to {_percent(max(gains))}, median {_percent(median(gains))}.\n\n"
        )
    rows = [
        of_place(*pair)
        | {task: _percent(cell.log_mae) if (cell := cells[*pair, task]).model.exists else _NOT_HERE for task in names}
        for pair in order
    ]
    return text + table(rows, names=2)


def _task(task: str, cells: Sequence[Comparison]) -> str:
    quality, level = (
        table(
            [of_place(cell.model.surface, cell.model.product) | _shown(cell, columns(cell)) for cell in cells], names=2
        )
        for columns in (_quality, _level)
    )
    return f"## {task}\n\n{quality}\n\n{level}"


def _shown(cell: Comparison, columns: dict[str, str]) -> dict[str, str]:
    return columns if cell.model.exists else dict.fromkeys(columns, _NOT_HERE)


def _quality(cell: Comparison) -> dict[str, str]:
    return {
        "LogMAE": number(cell.model.log_mae, ".4f"),
        "mean's": number(cell.mean.log_mae, ".4f"),
        "better": _percent(cell.log_mae),
        "KL": number(cell.model.kl, "#.3g"),
        "mean's KL": number(cell.mean.kl, "#.3g"),
        "KL better": _percent(cell.kl),
        "AUC": number(cell.model.auc, ".4f"),
    }


def _level(cell: Comparison) -> dict[str, str]:
    return {
        "pairs": f"{cell.model.pairs:,}",
        "mean label": number(cell.model.label_mean, "#.3g"),
        "mean p": number(cell.model.probability_mean, "#.3g"),
        "calibration": number(cell.model.calibration, ".3f"),
        "MAE": number(cell.model.mae, "#.3g"),
        "BCE": number(cell.model.bce, ".4f"),
        "events": f"{cell.model.events:,}",
        "event rate": number(cell.model.event_rate, "#.3g"),
    }


def _percent(value: float | None) -> str:
    return number(value, "+.1f", unit="%")


def _auc_error(rows: Sequence[Row]) -> str:
    errors = [row.auc_error for row in rows if row.auc_error is not None]
    return f", exact to {max(errors):.1g}" if errors else ""
