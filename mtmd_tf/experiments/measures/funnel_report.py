"""The sections of the tables on the funnel: the loss by cuts at N, arm beside arm (paper section 1)."""

import pathlib

from mtmd_tf.experiments.measures.funnel import CHANCE, FEW_REQUESTS, Funnels, Measure
from mtmd_tf.experiments.runs.funnel_rows import RECALL, SCORE_LOSS, SPEARMAN, Place
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import NO_VALUE, number, table
from mtmd_tf.reporting.page import passage

READING = passage(pathlib.Path(__file__).with_suffix(".md"), few=FEW_REQUESTS)


def side_by_side(funnels: Funnels) -> str:
    """Slice by slice and task by task, a cell the value of each arm; then the mean of the slices."""
    recalls, losses = ([each[1:] for each in funnels.measures(name)] for name in (RECALL, SCORE_LOSS))
    tops, cuts = (sorted({each[at] for each in recalls}, key=int) for at in (0, 1))
    whole, by_top = [], []
    for place in [*funnels.requests, *(("mean", "of the slices", task) for task in funnels.tasks)]:
        named = dict(zip(("surface", "product", "task"), place, strict=True))
        loss = {f"N = {cut}": _cell(funnels, place, (SCORE_LOSS, cut)) for [cut] in losses}
        whole.append(named | {"Spearman": _cell(funnels, place, (SPEARMAN,))} | loss)
        for top in tops:
            recall = {f"N = {cut}": _cell(funnels, place, (RECALL, top, cut)) for cut in cuts}
            by_top += [named | {"K": top} | recall] if set(recall.values()) != {NO_VALUE} else []
    parts = [
        f"Each cell: {' / '.join(funnels.values)}; Spearman of a random order is 0. ~: fewer than {FEW_REQUESTS} "
        "requests.",
        _higher(funnels),
        "Spearman, and score loss of a cut at N:",
        table(whole, names=3),
        *(["Recall of the best K by a cut at N:", table(by_top, names=3)] if by_top else []),
    ]
    return "\n\n".join(parts)


def means(funnels: Funnels) -> str:
    """A line an arm, each figure the mean of the slices; recall and score loss the mean of the tasks, too."""
    titles = {
        SPEARMAN: "Rank correlation of score and label within a request, mean of the slices:",
        SCORE_LOSS: "Score loss of a cut at N, mean of the slices and tasks:",
        RECALL: "Recall of the heavyweight ranker's best K by a cut at N, mean of the slices and tasks:",
    }
    columns: dict[str, dict[str, tuple[Measure, str]]] = {
        SPEARMAN: {"all tasks" if task == ALL else task: ((SPEARMAN,), task) for task in (*funnels.tasks, ALL)},
        SCORE_LOSS: {f"N = {cut}": ((name, cut), ALL) for name, cut in funnels.measures(SCORE_LOSS)},
        RECALL: {f"K = {top}, N = {cut}": ((name, top, cut), ALL) for name, top, cut in funnels.measures(RECALL)},
    }
    parts = []
    for name, title in titles.items():
        rows = [
            {"architecture": arm}
            | {
                column: number(funnels.mean(arm, measure, task=task), ".3f" if name == SPEARMAN else ".1%")
                for column, (measure, task) in columns[name].items()
            }
            for arm in funnels.values
        ]
        parts += [title, table(rows, names=1)] if columns[name] else []
    return "\n\n".join(parts)


def _higher(funnels: Funnels) -> str:
    one, other = list(funnels.values)[:2]
    pairs = [
        (funnels.values[one][place][SPEARMAN,], values[SPEARMAN,])
        for place, values in funnels.values[other].items()
        if (SPEARMAN,) in values
    ]
    return f"Spearman is the higher with {one} in {sum(new > old for new, old in pairs)} of {len(pairs)} cells."


def _cell(funnels: Funnels, place: Place, measure: Measure) -> str:
    """The values of all arms; a random order has no Spearman."""
    names = [name for name in funnels.values if measure != (SPEARMAN,) or name != CHANCE]
    if place in funnels.requests:
        values = {name: funnels.values[name][place].get(measure) for name in names}
    else:
        values = {name: funnels.mean(name, measure, task=place[2]) for name in names}
    if all(value is None for value in values.values()):
        return NO_VALUE
    few = "~" if place in funnels.requests and not funnels.enough(place, measure) else ""
    forms = {name: ".3f" if measure == (SPEARMAN,) else ".0%" if name == CHANCE else ".1%" for name in names}
    return few + " / ".join(number(value, forms[name]) for name, value in values.items())
