"""The report of an evaluation: Markdown for a terminal or a browser (paper section 3, Table 1)."""

from collections.abc import Callable, Mapping
from statistics import median

from mtmd_tf.evaluation.breakdown_section import breakdown_section
from mtmd_tf.evaluation.comparison import Comparison, compare, slices, tasks
from mtmd_tf.evaluation.funnel_section import funnel_section
from mtmd_tf.evaluation.inspection_section import inspection_section
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.evaluation.winner_section import winner_section
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import markdown_table

FILE_NAME = "report.md"

_NOT_HERE, _NO_DATA = "N/A", "-"

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
        evaluation: What to report.
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
    if funnel := funnel_section(evaluation.funnel, highlight_surface=highlight_surface):
        parts.append(funnel)
    if evaluation.routing or evaluation.gates or evaluation.distances:
        parts.append(inspection_section(evaluation))
    if figures:
        parts.append("## Figures\n\n" + "\n\n".join(f"![{title}]({path})" for title, path in figures.items()))
    parts.append("## How to read it\n\n" + _READING.format(clip=evaluation.clip, auc_error=_auc_error(evaluation)))
    return "\n\n".join(parts) + "\n"


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


def _overview(cells: Mapping[tuple[str, str, str], Comparison], order: list[tuple[str, str]]) -> str:
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
            f"{_gain(min(gains))} to {_gain(max(gains))}, median {_gain(median(gains))}.\n\n"
        )
    rows = [
        [surface, product, *(_cell(cells[surface, product, task], lambda cell: _gain(cell.log_mae)) for task in names)]
        for surface, product in order
    ]
    return text + markdown_table(["surface", "product", *names], rows, names=2)


def _task(task: str, cells: list[Comparison]) -> str:
    quality: dict[str, Callable[[Comparison], str]] = {
        "LogMAE": lambda cell: _number(cell.model.log_mae, ".4f"),
        "mean's": lambda cell: _number(cell.mean.log_mae, ".4f"),
        "better": lambda cell: _gain(cell.log_mae),
        "KL": lambda cell: _number(cell.model.kl, "#.3g"),
        "mean's KL": lambda cell: _number(cell.mean.kl, "#.3g"),
        "KL better": lambda cell: _gain(cell.kl),
        "AUC": lambda cell: _number(cell.model.auc, ".4f"),
    }
    level: dict[str, Callable[[Comparison], str]] = {
        "pairs": lambda cell: f"{cell.model.pairs:,}",
        "mean label": lambda cell: _number(cell.model.label_mean, "#.3g"),
        "mean p": lambda cell: _number(cell.model.probability_mean, "#.3g"),
        "calibration": lambda cell: _number(cell.model.calibration, ".3f"),
        "MAE": lambda cell: _number(cell.model.mae, "#.3g"),
        "BCE": lambda cell: _number(cell.model.bce, ".4f"),
        "events": lambda cell: f"{cell.model.events:,}",
        "event rate": lambda cell: _number(cell.model.event_rate, "#.3g"),
    }
    tables = [
        markdown_table(
            ["surface", "product", *columns],
            [
                [cell.model.surface, cell.model.product, *(_cell(cell, text) for text in columns.values())]
                for cell in cells
            ],
            names=2,
        )
        for columns in (quality, level)
    ]
    return f"## {task}\n\n" + "\n\n".join(tables)


def _cell(cell: Comparison, text: Callable[[Comparison], str]) -> str:
    return text(cell) if cell.model.exists else _NOT_HERE


def _number(value: float | None, form: str) -> str:
    return _NO_DATA if value is None else format(value, form)


def _gain(percent: float | None) -> str:
    return _NO_DATA if percent is None else f"{percent:+.1f}%"


def _auc_error(evaluation: Evaluation) -> str:
    errors = [row.auc_error for row in evaluation.rows if row.auc_error is not None]
    return f", exact to {max(errors):.1g}" if errors else ""
