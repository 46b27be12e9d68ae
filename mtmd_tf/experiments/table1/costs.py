"""What one model is made of and costs to train, against those it replaces (paper section 3.2)."""

from collections.abc import Callable, Sequence
from statistics import fmean

from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.reporting.markdown import markdown_table


def parameters(unified: Record, replaced: Sequence[Record]) -> str:
    """Of the one model, of all that it replaces, and their ratio."""
    columns: dict[str, Callable[[Record], int]] = {
        "embedding": lambda record: record.parameters["embedding"],
        "non-embedding": lambda record: record.parameters["non_embedding"],
        "all": lambda record: sum(record.parameters.values()),
    }
    one = [count(unified) for count in columns.values()]
    many = [sum(count(record) for record in replaced) for count in columns.values()]
    rows = [
        ["one model", *(f"{number:,}" for number in one)],
        [f"{len(replaced)} models", *(f"{number:,}" for number in many)],
        ["one / many", *(_ratio(mine, theirs) for mine, theirs in zip(one, many, strict=True))],
    ]
    return markdown_table(["", *columns], rows, names=1)


def cost(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> str:
    """Of training them, mean of the seeds."""
    columns = {"processor time, s": "cpu_seconds", "time, s": "seconds", "pairs trained on": "pairs", "steps": "steps"}
    one = [fmean(record.fit[name] for record in unified) for name in columns.values()]
    many = [fmean(sum(record.fit[name] for record in seed) for seed in replaced) for name in columns.values()]
    rows = [
        ["one model", *(f"{number:,.0f}" for number in one)],
        [f"{len(replaced[0])} models", *(f"{number:,.0f}" for number in many)],
        ["one / many", *(_ratio(mine, theirs) for mine, theirs in zip(one, many, strict=True))],
    ]
    return "Mean of the seeds.\n\n" + markdown_table(["", *columns], rows, names=1)


def _ratio(part: float, whole: float) -> str:
    return f"{part / whole:.2f}" if whole else "-"
