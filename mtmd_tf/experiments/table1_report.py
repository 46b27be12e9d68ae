"""Table 1 as Markdown and as a heat map, the paper's own figures beside it (paper Table 1)."""

from collections.abc import Callable, Sequence
from statistics import fmean

from matplotlib.figure import Figure

from mtmd_tf.evaluation.heat_map import improvement_map
from mtmd_tf.evaluation.tables import markdown_table
from mtmd_tf.experiments.record import Record
from mtmd_tf.experiments.table1 import Cell, Table1
from mtmd_tf.metrics import ALL

PAPER = {
    ("home_feed", "shopping"): {"ctr": 35.65, "gctr": 32.30},
    ("home_feed", "standard"): {"ctr": 20.25, "gctr": 36.66, "octr": 23.40},
    ("related_pin", "shopping"): {"ctr": 32.31, "gctr": 31.06},
    ("related_pin", "standard"): {"ctr": 23.38, "gctr": 22.65, "octr": 36.58},
    ("search", "shopping"): {"ctr": 16.84, "gctr": 23.48},
    ("search", "standard"): {"ctr": 12.42, "gctr": 23.69, "octr": 35.62},
}
PAPER_LEAST = 12.0  # percent, the paper's smallest improvement

_SHOWN = (
    "epochs",
    "patience",
    "batch_requests",
    "learning_rate",
    "embedding_learning_rate",
    "look_every",
    "held_out_days",
)

_READING = """\
- LogMAE: mean |ln p - ln y| of prediction p and label y, the heavyweight ranker's, both clipped to [1e-06, 1].
- improvement: 100 * (1 - LogMAE of the one model / LogMAE of the model it replaces in that slice), each the mean of the
  seeds. Above 0 the one model is better. All measured on the split eval, on the same pairs.
- [low, high]: 95% of 1,000 bootstrap draws. A draw takes as many requests as there are, with replacement, the same for
  both models, and as many seeds, with replacement, for each model. With one seed it knows the requests' chance only.
- processor time: of the training steps and their reading; looks at the held-out days and the measuring left out."""


def report(table: Table1, records: Sequence[Record], *, figure: str = "") -> str:
    """The text of `table1.md`.

    Args:
        table: What was measured.
        records: Those of its runs.
        figure: Path of the heat map, relative to the report's folder.

    Raises:
        KeyError: A run without a record.
    """
    by_name = {record.run: record for record in records}
    unified = [by_name[name] for name in table.unified]
    replaced = [[by_name[name] for name in names] for names in table.replaced]
    runs = [each for one, many in zip(unified, replaced, strict=True) for each in (one, *many)]
    parts = [
        "# Table 1: one model against those it replaces",
        _head(table, runs),
        "## Improvement of LogMAE",
        _verdict(table),
        _improvements(table),
        *([f"![Improvement of LogMAE]({figure})"] if figure else []),
        "## Parameters",
        _parameters(unified[0], replaced[0]),
        "## Training cost",
        _cost(unified, replaced),
        "## In detail",
        _detail(table),
        "## The runs",
        _runs(runs),
        "## How to read it",
        _READING,
    ]
    return "\n\n".join(parts) + "\n"


def heat_map(table: Table1) -> Figure:
    """Improvement of LogMAE in percent, slices down and tasks across."""
    tasks, slices, cells = _tasks(table), _slices(table), _by_place(table)
    here = [[cells.get((*pair, task)) for task in tasks] for pair in slices]
    return improvement_map(
        [[cell.improvement if cell else None for cell in line] for line in here],
        exists=[[cell is not None for cell in line] for line in here],
        rows=[_place(pair) for pair in slices],
        columns=tasks,
        title="LogMAE: improvement over each slice's own model",
        legend="better than its slice's model is blue",
    )


def _head(table: Table1, records: Sequence[Record]) -> str:
    baseline = next(record for record in records if record.slice)
    facts = {
        "one model": _settings(records[0]),
        f"{len(table.replaced[0])} models that it replaces, one a slice": _settings(baseline),
        "seeds": ", ".join(str(seed) for seed in table.seeds),
        "time of all runs": f"{sum(record.seconds for record in records) / 60:.1f} min",
        "machine": records[0].machine,
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _settings(record: Record) -> str:
    train = record.config["train"]
    units = "-".join(str(width) for width in record.config["model"]["deep_units"])
    settings = ", ".join(f"{name} {train[name]:g}" for name in _SHOWN)
    return f"{record.config['model']['architecture']}, deep layers {units}, {settings}"


def _verdict(table: Table1) -> str:
    cells = [cell for cell in table.cells if cell.surface != ALL]
    sure, large = sum(cell.low > 0 for cell in cells), sum(cell.improvement >= PAPER_LEAST for cell in cells)
    better = sum(cell.improvement > 0 for cell in cells)
    return (
        f"Better in {better} of {len(cells)} cells, the whole interval above 0 in {sure}, "
        f"at least {PAPER_LEAST:g}%, the paper's smallest, in {large}."
    )


def _improvements(table: Table1) -> str:
    tasks, cells = _tasks(table), _by_place(table)
    compared = [task for task in tasks if any(task in PAPER.get(pair, {}) for pair in _slices(table))]
    rows = []
    for surface, product in _slices(table):
        paper = PAPER.get((surface, product), {})
        here = [cells.get((surface, product, task)) for task in tasks]
        rows.append([surface, product, *map(_gain, here), *(_percent(paper.get(task)) for task in compared)])
    return markdown_table(["surface", "product", *tasks, *(f"paper's {task}" for task in compared)], rows, names=2)


def _parameters(unified: Record, replaced: Sequence[Record]) -> str:
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


def _cost(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> str:
    columns = {"processor time, s": "cpu_seconds", "time, s": "seconds", "pairs trained on": "pairs", "steps": "steps"}
    one = [fmean(record.fit[name] for record in unified) for name in columns.values()]
    many = [fmean(sum(record.fit[name] for record in seed) for seed in replaced) for name in columns.values()]
    rows = [
        ["one model", *(f"{number:,.0f}" for number in one)],
        [f"{len(replaced[0])} models", *(f"{number:,.0f}" for number in many)],
        ["one / many", *(_ratio(mine, theirs) for mine, theirs in zip(one, many, strict=True))],
    ]
    return "Mean of the seeds.\n\n" + markdown_table(["", *columns], rows, names=1)


def _detail(table: Table1) -> str:
    rows = [
        [cell.surface, cell.product, cell.task]
        + [f"{cell.pairs:,}", f"{cell.requests:,}", f"{cell.unified:.4f}", f"{cell.replaced:.4f}", _gain(cell)]
        + [", ".join(f"{value:+.1f}" for value in cell.by_seed)]
        for cell in table.cells
    ]
    header = [
        "surface",
        "product",
        "task",
        "pairs",
        "requests",
        "one model",
        "its slice's",
        "improvement",
        "by seed, %",
    ]
    return markdown_table(header, rows, names=3)


def _runs(records: Sequence[Record]) -> str:
    rows = []
    for record in records:
        fit = record.fit
        end = "patience" if fit["stopped_early"] else "its epochs"
        numbers = [f"{fit['best_step']:,}", f"{fit['steps']:,}", f"{fit['held_out_loss']:.5f}"]
        rows.append([record.run, end, *numbers, f"{fit['cpu_seconds']:,.0f}", f"{record.seconds:,.0f}"])
    header = ["run", "ended by", "best step", "steps", "held-out loss", "processor time, s", "whole run, s"]
    return markdown_table(header, rows, names=2)


def _slices(table: Table1) -> list[tuple[str, str]]:
    return list(dict.fromkeys((cell.surface, cell.product) for cell in table.cells))


def _tasks(table: Table1) -> list[str]:
    return list(dict.fromkeys(cell.task for cell in table.cells))


def _by_place(table: Table1) -> dict[tuple[str, str, str], Cell]:
    return {(cell.surface, cell.product, cell.task): cell for cell in table.cells}


def _place(pair: tuple[str, str]) -> str:
    return "all slices" if pair == (ALL, ALL) else f"{pair[0]} x {pair[1]}"


def _gain(cell: Cell | None) -> str:
    return "N/A" if cell is None else f"{cell.improvement:+.1f}% [{cell.low:+.1f}, {cell.high:+.1f}]"


def _percent(value: float | None) -> str:
    return "N/A" if value is None else f"{value:+.1f}%"


def _ratio(part: float, whole: float) -> str:
    return f"{part / whole:.2f}" if whole else "-"
