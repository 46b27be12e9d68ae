"""The tables' sections on the funnel: what cuts at N lose, contender beside contender (paper section 1)."""

from collections.abc import Sequence

from mtmd_tf.experiments.measures.funnel import CHANCE, FEW_REQUESTS, Funnels, Measure
from mtmd_tf.experiments.runs.funnel_rows import RECALL, SCORE_LOSS, SPEARMAN, Place
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

READING = f"""\
- funnel: the lightweight ranker keeps N of a request's labelled candidates, and the heavyweight ranker takes its best K
  from them; over requests with more than N. Recall: share of the best K among the N kept. Score loss: share of the
  heavyweight value of the best N that the N kept do not have. Spearman: rank correlation of score and label within a
  request. The mean of the seeds, without an interval. An N that no slice has {FEW_REQUESTS} such requests for is not
  shown; slices that have fewer are left out of means.
- the funnel within a slice: only the candidates of one surface x product compete, for every model alike, as a model of
  one slice scores no others. What cuts do to requests with candidates of several products is not compared: models of
  one product each score them apart, and nothing here says how to merge their scores."""


def beside_each_other(funnels: Funnels) -> str:
    """Slice by slice and task by task, a cell the value of each contender; then the mean of the slices."""
    names, spearman = list(funnels.values), (SPEARMAN,)
    losses, recalls = funnels.measures(SCORE_LOSS), funnels.measures(RECALL)
    tops, cuts = (sorted({measure[at] for measure in recalls}, key=int) for at in (1, 2))
    whole, kept = [], []
    for place in [*funnels.requests, *(("mean", "of the slices", task) for task in funnels.tasks)]:
        whole.append([*place, _cell(funnels, place, spearman, names[:-1])])
        whole[-1] += [_cell(funnels, place, measure, names) for measure in losses]
        for top in tops:
            cells = [_cell(funnels, place, (RECALL, top, cut), names) for cut in cuts]
            kept += [[*place, top, *cells]] if any(cell != "-" for cell in cells) else []
    slices = ["surface", "product", "task"]
    parts = [
        f"Each cell: {' / '.join(names)}; Spearman of a random order is 0. ~: fewer than {FEW_REQUESTS} requests.",
        _higher(funnels),
        "Spearman, and score loss of a cut at N:",
        markdown_table([*slices, "Spearman", *(f"N = {cut}" for _, cut in losses)], whole, names=3),
    ]
    if kept:
        parts += ["Recall of the best K by a cut at N:"]
        parts += [markdown_table([*slices, "K", *(f"N = {cut}" for cut in cuts)], kept, names=3)]
    return "\n\n".join(parts)


def one_a_line(funnels: Funnels) -> str:
    """A line a contender, each figure the mean of the slices; recall and score loss the mean of the tasks, too."""
    tasks, losses, recalls = funnels.tasks, funnels.measures(SCORE_LOSS), funnels.measures(RECALL)

    def table(title: str, columns: dict[str, tuple[Measure, str]], form: str) -> list[str]:
        rows = [
            [name, *(_text(funnels.mean(name, measure, task=task), form) for measure, task in columns.values())]
            for name in funnels.values
        ]
        return [title, markdown_table(["architecture", *columns], rows, names=1)] if columns else []

    parts = table(
        "Rank correlation of score and label within a request, mean of the slices:",
        {task if task != ALL else "all tasks": ((SPEARMAN,), task) for task in (*tasks, ALL)},
        ".3f",
    )
    parts += table(
        "Score loss of a cut at N, mean of the slices and tasks:",
        {f"N = {measure[1]}": (measure, ALL) for measure in losses},
        ".1%",
    )
    parts += table(
        "Recall of the heavyweight ranker's best K by a cut at N, mean of the slices and tasks:",
        {f"K = {measure[1]}, N = {measure[2]}": (measure, ALL) for measure in recalls},
        ".1%",
    )
    return "\n\n".join(parts)


def _higher(funnels: Funnels) -> str:
    one, other = list(funnels.values)[:2]
    pairs = [
        (funnels.values[one][place][SPEARMAN,], values[SPEARMAN,])
        for place, values in funnels.values[other].items()
        if (SPEARMAN,) in values
    ]
    return f"Spearman is the higher with {one} in {sum(mine > its for mine, its in pairs)} of {len(pairs)} cells."


def _cell(funnels: Funnels, place: Place, measure: Measure, names: Sequence[str]) -> str:
    if place in funnels.requests:
        values = [funnels.values[name][place].get(measure) for name in names]
        few = not funnels.enough(place, measure)
    else:
        values, few = [funnels.mean(name, measure, task=place[2]) for name in names], False
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    forms = [".3f" if measure[0] == SPEARMAN else ".0%" if name == CHANCE else ".1%" for name in names]
    return ("~" if few else "") + " / ".join(_text(*each) for each in zip(values, forms, strict=True))


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
