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
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.record import machines
from mtmd_tf.experiments.runs.run_tables import settings
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.markdown import lines, pivot, table
from mtmd_tf.reporting.page import page
from tfrecords_tools.files import write_text

_FIGURES = {"size": figures.by_size, "distance": figures.by_distance, "slices": figures.by_slice}
_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(folder: pathlib.Path, path: pathlib.Path, *, comparisons: Sequence[Comparison] | None = None) -> str | None:
    """Writes the figures into `folder` and the page; returns its text, or None where nothing can be compared yet.

    Args:
        folder: Folder of the ladder, such as docs/results/ladder.
        path: Such as docs/ladder.md, in a folder that `folder` is in.
        comparisons: What `measure` found in the folder; None measures it.

    Raises:
        ConfigError: A broken file.
    """
    records = LadderFolder(folder)
    comparisons = measure(records) if comparisons is None else comparisons
    if not comparisons:
        return None
    drawn = {}
    for name, draw in _FIGURES.items():
        file = folder / f"{name}.png"
        if figure := draw(comparisons):
            save_figure(figure, file)
            drawn[name] = file.relative_to(path.parent).as_posix()
        else:
            file.unlink(missing_ok=True)
    text = report(records, comparisons, figures=drawn)
    write_text(path, text)
    return text


def report(
    records: LadderFolder, comparisons: Sequence[Comparison], *, figures: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The page's text.

    Args:
        records: The ladder's records.
        comparisons: The measured comparisons.
        figures: `{size, distance or slices: path of that figure from the page}`.
    """
    entries = [entry for name in records.rungs for entry in records.entries(Rung.named(name)).values()]
    return page(
        _PAGE,
        ours=OURS,
        groups=GROUPS,
        sentences="\n".join(item(line) for line in sentences(comparisons)),
        rungs=[f"{words}:\n\n{_rungs(comparisons, name)}" for name, words in MEASURES.items()],
        by_slice=_slices(comparisons),
        others=_others(comparisons),
        runs=len(entries),
        hours=sum(entry.record.seconds for entry in entries) / 3600,
        cpu_hours=sum(entry.record.fit["cpu_seconds"] for entry in entries) / 3600,
        machines=machines(entry.record for entry in entries),
        settings=_settings(records, entries),
        **{name: figures.get(name) for name in _FIGURES},
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
    return table(frame, names=1)


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
    return table(rows, names=1)


def _settings(records: LadderFolder, entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Rung, variant and the settings that the variant has there."""
    by_run = {entry.record.run: entry.record for entry in entries}
    shown = []
    for name, rung in records.rungs.items():
        for variant, seeds in rung.runs.items():
            found = [by_run[run] for runs in seeds.values() for run in runs if run in by_run]
            shown += [(name, variant, settings(found[0]))] if found else []
    return shown
