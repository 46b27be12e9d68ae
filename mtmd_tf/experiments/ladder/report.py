"""The page of the ladder: docs/ladder.md and its figures, from the records of its runs alone."""

import pathlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mtmd_tf.experiments.ladder import figures
from mtmd_tf.experiments.ladder.conclusions import Bin, bins, ours, sentences
from mtmd_tf.experiments.ladder.entry import GROUPS, Entry
from mtmd_tf.experiments.ladder.measure import MEASURES, Comparison, measure, overall
from mtmd_tf.experiments.ladder.records import LadderFolder
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs import own_models
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.record import machines
from mtmd_tf.experiments.runs.run_tables import settings
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.markdown import document, lines, pivot, table
from tfrecords_tools.files import write_text

_FIGURES = {
    "size.png": ("Gain against pairs a slice", figures.by_size),
    "distance.png": ("Gain against the distance of the domains", figures.by_distance),
    "slices.png": ("Gain of each slice against its own pairs", figures.by_slice),
}
_READING = f"""\
- A rung is one data set of one size: `cj:0.05` has 5% of Complete Journey's households, `adworld:6000:far` is an ad
  world of 6,000 requests whose domains are far apart. Each is labeled by its own heavyweight ranker.
- improvement: 100 * (1 - error / error of the models of one slice), each the mean of the seeds; the mean of all
  surface x product x task cells. Above 0 the one model is better. Measured on later days that no model learned from.
- [low, high]: 95% of 1,000 bootstrap draws over requests, put by chance into {GROUPS} groups that are drawn as a whole,
  and over the seeds of both sides, as in the tables. With one seed it knows the requests' chance only. Of a mean over
  rungs: the rungs' chances are taken for independent, although the households of a smaller rung are among those of a
  larger one.
- Pairs a slice: training pairs, held-out days among them."""


def write(folder: pathlib.Path, page: pathlib.Path, *, comparisons: Sequence[Comparison] | None = None) -> str | None:
    """Writes the figures into `folder` and the page; returns its text, or None where nothing can be compared yet.

    Args:
        folder: Folder of the ladder, such as docs/results/ladder.
        page: Such as docs/ladder.md, in a folder that `folder` is in.
        comparisons: What `measure` found in the folder; None measures it.

    Raises:
        ConfigError: A broken file.
    """
    records = LadderFolder(folder)
    comparisons = measure(records) if comparisons is None else comparisons
    if not comparisons:
        return None
    drawn = {}
    for name, (title, draw) in _FIGURES.items():
        if figure := draw(comparisons):
            save_figure(figure, folder / name)
            drawn[title] = f"![{title}]({(folder / name).relative_to(page.parent).as_posix()})"
        else:
            (folder / name).unlink(missing_ok=True)
    text = report(records, comparisons, figures=drawn)
    write_text(page, text)
    return text


def report(
    records: LadderFolder, comparisons: Sequence[Comparison], *, figures: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The page's text.

    Args:
        records: The ladder's records.
        comparisons: The measured comparisons.
        figures: `{title: Markdown of the figure}`.
    """
    entries = [entry for name in records.rungs for entry in records.entries(Rung.named(name)).values()]
    return document(
        "When does one model pay?",
        "\n".join(item(line) for line in sentences(comparisons)),
        sections={
            "Rung by rung": [f"{words}:\n\n{_rungs(comparisons, name)}" for name, words in MEASURES.items()],
            **figures,
            "By the size of the slice": _slices(comparisons),
            "Against the other variants": _others(comparisons),
            "What was run": [_costs(entries), _settings(records, entries)],
            "What is left out": _left_out(records),
            "How to read it": _READING,
        },
    )


def _rungs(comparisons: Sequence[Comparison], by: str) -> str:
    here = [each for each in comparisons if (each.measure, each.old) == (by, BASELINE)]
    cells = "{0.rung.name} | {0.new} | {0.improvement:.1f}, {0.better} of {1}"
    shown = lines("rung | variant | value", cells, [(each, len(each.cells)) for each in here])
    frame = pivot(shown, index=["rung"], columns="variant", value="value", none="-")
    of_rung = [[each for each in here if each.rung.name == name] for name in frame["rung"]]
    frame.insert(1, "pairs a slice", [f"{each[0].pairs_a_slice:,.0f}" for each in of_rung])
    frame.insert(2, "seeds", [f"{max(len(each.seeds) for each in those)}" for those in of_rung])
    return table(frame, names=1)


def _slices(comparisons: Sequence[Comparison]) -> str:
    found = [(each, words, _edges(each)) for by, words in MEASURES.items() for each in bins(ours(comparisons, by))]
    cells = "{2} | {1} | {0.improvement:+.1f}%, better in {0.better:.0%} of {0.cells}"
    shown = lines("training pairs of the slice | measure | value", cells, found)
    frame = pivot(shown, index=["training pairs of the slice"], columns="measure", value="value", none="-")
    lead = f"Cells of all rungs by the training pairs of their slice, {OURS} against the slice's own model:"
    return f"{lead}\n\n{table(frame, names=1)}" if found else ""


def _edges(each: Bin) -> str:
    return f"{each.least:,.0f} or more" if each.below == float("inf") else f"{each.least:,.0f} to {each.below:,.0f}"


def _others(comparisons: Sequence[Comparison]) -> str:
    rows = []
    for name in dict.fromkeys(each.old for each in comparisons if each.new == OURS and each.old != BASELINE):
        row = {f"{OURS} against": name}
        for by, words in MEASURES.items():
            total = overall(ours(comparisons, by, old=name))
            row |= {words: f"{total.improvement:.1f}", f"rungs ahead by {words}": f"{total.better} of {total.rungs}"}
        rows.append(row)
    lead = f"Improvement of {OURS} over each, mean of the rungs that both were trained on."
    return f"{lead}\n\n{table(rows, names=1)}" if rows else ""


def _left_out(records: LadderFolder) -> str:
    lacking = [(name, *each) for name, rung in records.rungs.items() for each in rung.left_out.items()]
    return "\n".join(item(f"{rung}: {own_models.line(*each)}.") for rung, *each in lacking)


def _costs(entries: Sequence[Entry]) -> str:
    hours = sum(entry.record.seconds for entry in entries) / 3600
    cpu = sum(entry.record.fit["cpu_seconds"] for entry in entries) / 3600
    where = machines(entry.record for entry in entries)
    return f"{len(entries)} runs, {hours:.1f} h in total, {cpu:.1f} h of processor time to train; {where}."


def _settings(records: LadderFolder, entries: Sequence[Entry]) -> str:
    """Each variant's settings on each rung."""
    by_run = {entry.record.run: entry.record for entry in entries}
    rows = []
    for name, rung in records.rungs.items():
        for variant, seeds in rung.runs.items():
            found = [by_run[run] for runs in seeds.values() for run in runs if run in by_run]
            rows += [{"rung": name, "variant": variant, "settings": settings(found[0])}] if found else []
    return table(rows, names=3)
