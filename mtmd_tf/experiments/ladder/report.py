"""The page of a ladder, such as docs/ladder.md, and its figures, from the records of its runs alone."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from mtmd_tf.experiments.ladder import figures
from mtmd_tf.experiments.ladder.conclusions import bins, ours, sentences
from mtmd_tf.experiments.ladder.entry import GROUPS, Entry
from mtmd_tf.experiments.ladder.measure import Comparison, measure, overall
from mtmd_tf.experiments.ladder.records import LadderFolder
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.measures.improvement import MEASURES
from mtmd_tf.experiments.runs import own_models
from mtmd_tf.experiments.runs.metadata import Metadata
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.record import machines
from mtmd_tf.experiments.runs.run_tables import settings
from mtmd_tf.reporting.figures import save_figures
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.page import page, passage
from tfrecords_tools.files import write_text

_FIGURES = {"size": figures.by_size, "distance": figures.by_distance, "slices": figures.by_slice}
_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(folder: pathlib.Path, path: pathlib.Path, *, comparisons: Sequence[Comparison] | None = None) -> str | None:
    """Writes the figures into `folder` and the page; returns its text, or None where nothing can be compared yet.

    Args:
        folder: Folder of the ladder, such as docs/results/ladder; the limits of its metadata.json, where there is one,
            are shown.
        path: Such as docs/ladder.md, in a folder that `folder` is in.
        comparisons: What `measure` found in the folder; None measures it.

    Raises:
        ConfigError: A broken file.
    """
    records = LadderFolder(folder)
    comparisons = measure(records) if comparisons is None else comparisons
    if not comparisons:
        return None
    beside = folder.relative_to(path.parent)
    saved = save_figures({name: draw(comparisons) for name, draw in _FIGURES.items()}, folder)
    drawn = {name: (beside / file).as_posix() for name, file in saved.items()}
    text = report(records, comparisons, figures=drawn, notes=Metadata.load(folder).notes())
    write_text(path, text)
    return text


def report(
    records: LadderFolder,
    comparisons: Sequence[Comparison],
    *,
    figures: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> str:
    """The page's text.

    Args:
        records: The ladder's records.
        comparisons: The measured comparisons.
        figures: `{size, distance or slices: path of that figure from the page}`.
        notes: What people wrote of the ladder, list items.
    """
    entries = [entry for name in records.rungs for entry in records.entries(Rung.named(name)).values()]
    return page(
        _PAGE,
        ours=OURS,
        groups=GROUPS,
        sentences="\n".join([*(item(line) for line in sentences(comparisons)), *notes]),
        rungs=[_rungs(comparisons, by) for by in MEASURES],
        bins=[(each, words) for by, words in MEASURES.items() for each in bins(ours(comparisons, by))],
        others=[*_others(comparisons)],
        runs=len(entries),
        hours=sum(entry.record.seconds for entry in entries) / 3600,
        cpu_hours=sum(entry.record.fit["cpu_seconds"] for entry in entries) / 3600,
        machines=machines(entry.record for entry in entries),
        settings=_settings(records, entries),
        left_out=_left_out(records),
        **{name: figures.get(name) for name in _FIGURES},
    )


def _rungs(comparisons: Sequence[Comparison], by: str) -> str:
    here = [each for each in comparisons if (each.measure, each.old) == (by, BASELINE)]
    cells = []
    for each in here:
        of_rung = [other for other in here if other.rung == each.rung]
        seeds = max(len(other.seeds) for other in of_rung)
        cells.append((each, of_rung[0].pairs_a_slice, seeds, len(each.cells)))
    return passage(_PAGE.with_name("rungs.md"), measure=MEASURES[by], cells=cells)


def _others(comparisons: Sequence[Comparison]) -> Iterator[tuple[str, str, str]]:
    """Other variant, column and text of each cell."""
    for name in dict.fromkeys(each.old for each in comparisons if each.new == OURS and each.old != BASELINE):
        for by, words in MEASURES.items():
            total = overall(ours(comparisons, by, old=name))
            yield name, words, f"{total.improvement:.1f}"
            yield name, f"rungs ahead by {words}", f"{total.better} of {total.rungs}"


def _left_out(records: LadderFolder) -> str:
    lacking = [(name, *each) for name, rung in records.rungs.items() for each in rung.left_out.items()]
    return "\n".join(item(f"{rung}: {own_models.line(*each)}.") for rung, *each in lacking)


def _settings(records: LadderFolder, entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Rung, variant and the settings that the variant has there."""
    by_run = {entry.record.run: entry.record for entry in entries}
    shown = []
    for name, rung in records.rungs.items():
        for variant, seeds in rung.runs.items():
            found = [by_run[run] for runs in seeds.values() for run in runs if run in by_run]
            shown += [(name, variant, settings(found[0]))] if found else []
    return shown
