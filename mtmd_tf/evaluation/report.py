"""The report of an evaluation: Markdown for a terminal or a browser (paper section 3, Table 1)."""

import pathlib
from collections.abc import Mapping, Sequence
from statistics import median

from mtmd_tf.evaluation.breakdown_section import breakdown_section
from mtmd_tf.evaluation.comparison import Comparison, compare, slices, tasks
from mtmd_tf.evaluation.funnel_section import funnel_section
from mtmd_tf.evaluation.result import Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import Lacking
from mtmd_tf.reporting.page import page, passage

FILE_NAME = "report.md"

_NOT_HERE = Lacking("N/A")  # the task does not exist there, or the model is of another slice
_PAGE = pathlib.Path(__file__).with_suffix(".md")


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
    winners = _winners(evaluation, order)
    return page(
        _PAGE,
        run=literal(evaluation.run),
        facts=_facts(evaluation),
        better=_better(cells),
        overview=[_row(cells[*pair, task]) for pair in order for task in tasks(evaluation.rows)],
        tasks=[
            passage(_PAGE.with_name("task.md"), task=task, rows=[_row(cells[*pair, task]) for pair in order])
            for task in tasks(evaluation.rows)
        ],
        winners=winners,
        winner_rule=evaluation.winner_rule if winners else "",
        breakdowns=[breakdown_section(each, evaluation, order) for each in evaluation.breakdowns],
        funnel=funnel_section(evaluation.funnel, ecpm=evaluation.ecpm_funnel, highlight_surface=highlight_surface),
        routing=evaluation.routing,
        distances=evaluation.distances,
        query_gates=[row for row in evaluation.gates if row.side == "query"],
        item_gates=[row for row in evaluation.gates if row.side == "item"],
        figures=[f"![{title}]({path})" for title, path in (figures or {}).items()],
        clip=evaluation.clip,
        auc=f"against events{_auc_error(evaluation.rows)}",
    )


def _facts(evaluation: Evaluation) -> str:
    counts = {task: max(row.pairs for row in evaluation.rows if row.task == task) for task in tasks(evaluation.rows)}
    most = max(counts, key=lambda task: counts[task], default="")
    of_task = f" of {most}" if len(set(counts.values())) > 1 else ""
    facts = {
        "data": evaluation.data,
        "pairs": f"{counts.get(most, 0):,} with a label{of_task}",
        "LogMAE's clip": f"{evaluation.clip:g}",
        **evaluation.details,
    }
    lines = [f"- {name}: {literal(value)}" for name, value in facts.items()]
    return "\n".join([*lines, *(f"- **warning**: {literal(sentence)}" for sentence in evaluation.warnings)])


def _better(cells: Mapping[tuple[str, str, str], Comparison]) -> str:
    gains = [cell.log_mae for place, cell in cells.items() if ALL not in place and cell.log_mae is not None]
    if not gains:
        return ""
    return (
        f"Better in {sum(gain > 0 for gain in gains)} of {len(gains)} cells of surface x product x task: "
        f"{min(gains):+.1f}% to {max(gains):+.1f}%, median {median(gains):+.1f}%."
    )


def _winners(evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> list[tuple[Row, Row]]:
    """Rows of all candidates and of the winners among them; none where each request has one candidate."""
    candidates, winners = ({key(row): row for row in rows} for rows in (evaluation.rows, evaluation.winners))
    places = [(*pair, task) for task in tasks(evaluation.rows) for pair in order]
    rows = [(candidates[place], winners[place]) for place in places if winners and candidates[place].exists]
    return rows if any(every.pairs != best.pairs for every, best in rows) else []


def _row(cell: Comparison) -> tuple[Row, Comparison | Lacking]:
    """The place of a cell, and what is shown there."""
    return cell.model, cell if cell.model.exists else _NOT_HERE


def _auc_error(rows: Sequence[Row]) -> str:
    errors = [row.auc_error for row in rows if row.auc_error is not None]
    return f", exact to {max(errors):.1g}" if errors else ""
