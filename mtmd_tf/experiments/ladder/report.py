"""The page of the ladder: docs/ladder.md and its figures, from what was kept alone."""

import pathlib
from collections.abc import Sequence

from mtmd_tf.evaluation.figures import save_figure
from mtmd_tf.experiments.ladder import figures
from mtmd_tf.experiments.ladder.conclusions import bins, ours, sentences
from mtmd_tf.experiments.ladder.entry import GROUPS, Entry
from mtmd_tf.experiments.ladder.measure import MEASURES, Gain, measure, overall
from mtmd_tf.experiments.ladder.records import Kept
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.run_tables import settings
from mtmd_tf.reporting.bullets import bullet
from mtmd_tf.reporting.markdown import markdown_table
from tfrecords_tools.files import write_text

_FIGURES = {
    "size.png": ("Gain against pairs a slice", figures.by_size),
    "distance.png": ("Gain against the distance of the domains", figures.by_distance),
    "slices.png": ("Gain of each slice against its own pairs", figures.by_slice),
}
_READING = f"""\
- A rung is one data set of one size: `cj:0.05` has 5% of Complete Journey's households, `adworld:6000:far` is an ad
  world of 6,000 requests whose domains are far apart. Each is labelled by its own heavyweight ranker.
- improvement: 100 * (1 - error / error of the models of one slice), each the mean of the seeds; the mean of all
  surface x product x task cells. Above 0 the one model is better. Measured on later days that no model learned from.
- [low, high]: 95% of 1,000 bootstrap draws over requests, put by chance into {GROUPS} groups that are drawn as a whole,
  and over the seeds of both sides, as in the tables. With one seed it knows the requests' chance only. Of a mean over
  rungs: the rungs' chances are taken for independent, although the households of a smaller rung are among those of a
  larger one.
- Pairs a slice: training pairs, held-out days among them."""


def write(folder: pathlib.Path, page: pathlib.Path) -> str | None:
    """Writes the figures into `folder` and the page; returns its text, or None where nothing can be compared yet.

    Args:
        folder: Of the ladder, such as docs/results/ladder.
        page: Such as docs/ladder.md, in a folder that `folder` is in.

    Raises:
        ConfigError: A broken file.
    """
    kept = Kept(folder)
    gains = measure(kept)
    if not gains:
        return None
    drawn = []
    for name, (title, draw) in _FIGURES.items():
        if figure := draw(gains):
            save_figure(figure, folder / name)
            drawn.append(f"## {title}\n\n![{title}]({(folder / name).relative_to(page.parent).as_posix()})")
        else:
            (folder / name).unlink(missing_ok=True)
    write_text(page, report(kept, gains, figures=drawn))
    return page.read_text(encoding="utf-8")


def report(kept: Kept, gains: Sequence[Gain], *, figures: Sequence[str] = ()) -> str:
    """The page's text."""
    entries = [entry for name in kept.rungs for entry in kept.entries(Rung.named(name)).values()]
    parts = [
        "# When does one model pay?",
        "\n".join(bullet(line) for line in sentences(gains)),
        "## Rung by rung",
        *(f"{words}:\n\n{_rungs(gains, name)}" for name, words in MEASURES.items()),
        *figures,
        *_slices(gains),
        *_others(gains),
        "## What was run",
        _costs(entries),
        _settings(kept, entries),
        "## How to read it",
        _READING,
    ]
    return "\n\n".join(parts) + "\n"


def _rungs(gains: Sequence[Gain], by: str) -> str:
    here = [gain for gain in gains if (gain.measure, gain.old) == (by, BASELINE)]
    variants, rungs = list(dict.fromkeys(gain.new for gain in here)), list(dict.fromkeys(gain.rung for gain in here))
    cells = {(gain.rung, gain.new): gain for gain in here}
    rows = []
    for rung in rungs:
        found = [cells.get((rung, name)) for name in variants]
        [first, *_] = [gain for gain in found if gain]
        seeds = max(len(gain.seeds) for gain in found if gain)
        rows.append([rung.name, f"{first.pairs_a_slice:,.0f}", f"{seeds}", *(_shown(gain) for gain in found)])
    return markdown_table(["rung", "pairs a slice", "seeds", *variants], rows, names=1)


def _shown(gain: Gain | None) -> str:
    if gain is None:
        return "-"
    return f"{gain.improvement:+.1f}% [{gain.low:+.1f}, {gain.high:+.1f}], {gain.better} of {len(gain.cells)}"


def _slices(gains: Sequence[Gain]) -> list[str]:
    by_measure = {words: {(b.least, b.below): b for b in bins(ours(gains, name))} for name, words in MEASURES.items()}
    places = list(dict.fromkeys(place for found in by_measure.values() for place in found))
    if not places:
        return []
    rows = []
    for least, below in places:
        row = [f"{least:,.0f} to {below:,.0f}" if below != float("inf") else f"{least:,.0f} or more"]
        for found in by_measure.values():
            each = found.get((least, below))
            row.append(f"{each.improvement:+.1f}%, better in {each.better:.0%} of {each.cells}" if each else "-")
        rows.append(row)
    return [
        f"Cells of all rungs by the training pairs of their slice, {OURS} against the slice's own model:",
        markdown_table(["training pairs of the slice", *by_measure], rows, names=1),
    ]


def _others(gains: Sequence[Gain]) -> list[str]:
    others = list(dict.fromkeys(gain.old for gain in gains if gain.new == OURS and gain.old != BASELINE))
    if not others:
        return []
    rows = []
    for name in others:
        row = [name]
        for by in MEASURES:
            total = overall(ours(gains, by, old=name))
            row += [
                f"{total.improvement:+.1f}% [{total.low:+.1f}, {total.high:+.1f}]",
                f"{total.ahead} of {total.rungs}",
            ]
        rows.append(row)
    header = [f"{OURS} against", *(text for words in MEASURES.values() for text in (words, "rungs ahead"))]
    return [
        "## Against the other variants",
        f"Improvement of {OURS} over each, mean of the rungs that both climbed.",
        markdown_table(header, rows, names=1),
    ]


def _costs(entries: Sequence[Entry]) -> str:
    hours = sum(entry.record.seconds for entry in entries) / 3600
    cpu = sum(entry.record.fit["cpu_seconds"] for entry in entries) / 3600
    machines = "; ".join(sorted({entry.record.machine for entry in entries}))
    return f"{len(entries)} runs, {hours:.1f} h added up, {cpu:.1f} h of processor time to train; {machines}."


def _settings(kept: Kept, entries: Sequence[Entry]) -> str:
    """Each variant's settings on each rung, a line where they differ from the rung before."""
    by_run = {entry.record.run: entry.record for entry in entries}
    lines = []
    for name, rung in kept.rungs.items():
        for variant, seeds in rung.runs.items():
            found = [by_run[run] for runs in seeds.values() for run in runs if run in by_run]
            lines += [[name, variant, settings(found[0])]] if found else []
    return markdown_table(["rung", "variant", "settings"], lines, names=3)
