"""The sections of the tables on the funnel: the loss by cuts at N, arm beside arm (paper section 1)."""

import pathlib
from collections.abc import Mapping

from mtmd_tf.experiments.measures.funnel import CHANCE, FEW_REQUESTS, Funnels, Measure
from mtmd_tf.experiments.runs.funnel_rows import RECALL, SCORE_LOSS, SPEARMAN, CellKey
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import NO_VALUE, number
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent
_READING = passage(_HERE / "funnel_report.md", few=FEW_REQUESTS)


def side_by_side(funnels: Funnels | None) -> str:
    """Slice by slice and task by task, a cell the value of each arm; then the mean of the slices. Empty without any."""
    if funnels is None:
        return ""
    recalls, losses = ([each[1:] for each in funnels.measures(name)] for name in (RECALL, SCORE_LOSS))
    tops, cuts = (sorted({each[at] for each in recalls}, key=int) for at in (0, 1))
    whole: list[tuple[CellKey, str, str]] = []
    by_top: list[tuple[CellKey, str, str, str]] = []
    for cell in [*funnels.requests, *(("mean", "of the slices", task) for task in funnels.tasks)]:
        whole.append((cell, "Spearman", _cell(funnels, cell, (SPEARMAN,))))
        whole += [(cell, f"N = {cut}", _cell(funnels, cell, (SCORE_LOSS, cut))) for [cut] in losses]
        for top in tops:
            recall = [(cell, top, f"N = {cut}", _cell(funnels, cell, (RECALL, top, cut))) for cut in cuts]
            by_top += recall if {text for *_, text in recall} != {NO_VALUE} else []
    return passage(
        _HERE / "side_by_side.md",
        arms=" / ".join(funnels.values),
        few=FEW_REQUESTS,
        higher=_higher(funnels),
        whole=whole,
        by_top=by_top,
        reading=_READING,
    )


def means(funnels: Funnels | None) -> str:
    """A line an arm, each figure the mean of the slices, and of the tasks but for Spearman. Empty without any."""
    if funnels is None:
        return ""

    def shown(columns: Mapping[str, tuple[Measure, str]], form: str) -> list[tuple[str, str, str]]:
        return [
            (arm, column, number(funnels.mean(arm, measure, task=task), form))
            for arm in funnels.values
            for column, (measure, task) in columns.items()
        ]

    tasks = {"all tasks" if task == ALL else task: ((SPEARMAN,), task) for task in (*funnels.tasks, ALL)}
    losses = {f"N = {cut}": ((name, cut), ALL) for name, cut in funnels.measures(SCORE_LOSS)}
    recalls = {f"K = {top}, N = {cut}": ((name, top, cut), ALL) for name, top, cut in funnels.measures(RECALL)}
    return passage(
        _HERE / "means.md",
        spearman=shown(tasks, ".3f"),
        losses=shown(losses, ".1%"),
        recalls=shown(recalls, ".1%"),
        reading=_READING,
    )


def _higher(funnels: Funnels) -> str:
    one, other = list(funnels.values)[:2]
    pairs = [
        (funnels.values[one][cell][SPEARMAN,], values[SPEARMAN,])
        for cell, values in funnels.values[other].items()
        if (SPEARMAN,) in values
    ]
    return f"Spearman is the higher with {one} in {sum(new > old for new, old in pairs)} of {len(pairs)} cells."


def _cell(funnels: Funnels, cell: CellKey, measure: Measure) -> str:
    """The values of all arms; a random order has no Spearman."""
    names = [name for name in funnels.values if measure != (SPEARMAN,) or name != CHANCE]
    if cell in funnels.requests:
        values = {name: funnels.values[name][cell].get(measure) for name in names}
    else:
        values = {name: funnels.mean(name, measure, task=cell[2]) for name in names}
    if all(value is None for value in values.values()):
        return NO_VALUE
    few = "~" if cell in funnels.requests and not funnels.enough(cell, measure) else ""
    forms = {name: ".3f" if measure == (SPEARMAN,) else ".0%" if name == CHANCE else ".1%" for name in names}
    return few + " / ".join(number(value, forms[name]) for name, value in values.items())
