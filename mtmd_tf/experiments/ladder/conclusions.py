"""The conclusions of the ladder: when one model is better than one model a slice."""

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from mtmd_tf.experiments.ladder.measure import Comparison, overall
from mtmd_tf.experiments.ladder.recipe import ARCHITECTURES
from mtmd_tf.experiments.ladder.rungs import ADWORLD, AS_IS, DISTANCES, sources
from mtmd_tf.experiments.measures.improvement import MEASURES, Improvement
from mtmd_tf.experiments.runs.plan import BASELINE, OURS

_EDGES = (1_000, 3_000, 10_000, 30_000, 100_000, math.inf)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bin:
    """Cells of slices with about as many training pairs, of all rungs.

    Attributes:
        least: Smallest number of training pairs of a slice.
        below: Bound that the number of training pairs stays below.
        cells: Number of cells.
        better: Share of the cells in which the one model is better.
        improvement: Mean of the cells' improvements, percent.
    """

    least: float
    below: float
    cells: int
    better: float
    improvement: float

    @property
    def span(self) -> str:
        """Such as `3,000 to 10,000`, or `100,000 or more`."""
        return f"{self.least:,.0f} or more" if self.below == math.inf else f"{self.least:,.0f} to {self.below:,.0f}"


def ours(comparisons: Sequence[Comparison], measure: str, *, old: str = BASELINE) -> list[Comparison]:
    """MTMD against `old` by one measure, rung by rung."""
    return [each for each in comparisons if (each.new, each.old, each.measure) == (OURS, old, measure)]


def bins(comparisons: Sequence[Comparison]) -> list[Bin]:
    """MTMD's improvements by one measure by the size of the slice."""
    cells = [(cell.pairs, cell.improvement.value) for each in comparisons for cell in each.cells]
    found = []
    for least, below in zip((0, *_EDGES), _EDGES, strict=False):
        here = [value for pairs, value in cells if least <= pairs < below and math.isfinite(value)]
        if here:
            better = sum(value > 0 for value in here) / len(here)
            mean = sum(here) / len(here)
            found.append(Bin(least=least, below=below, cells=len(here), better=better, improvement=mean))
    return found


def sentences(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The conclusions of the ladder, each a sentence; none where MTMD was not compared with its slices."""
    for measure, words in MEASURES.items():
        if here := ours(comparisons, measure):
            yield _every_rung(here, words)
    if here := ours(comparisons, "kl"):
        yield from filter(None, (_by_size(here, source) for source in sources(each.rung for each in here)))
        yield from _by_distance(here)
        yield from _by_slice(here)
        yield from _against_others(comparisons)


def _every_rung(comparisons: Sequence[Comparison], words: str) -> str:
    total, sure = overall(comparisons), sum(each.improvement.significantly_better for each in comparisons)
    by_rung = {each.rung.name: each.improvement.value for each in comparisons}
    least, most = (
        f"{by_rung[name]:+.1f}% ({name})" for name in (pick(by_rung, key=by_rung.__getitem__) for pick in (min, max))
    )
    return (
        f"By {words} one model ({OURS}) is better than one model a slice on {total.better} of {total.rungs} rungs, the "
        f"whole interval above 0 on {sure}; {total.improvement.value:+.1f}% on average, from {least} to {most}."
    )


def _by_size(comparisons: Sequence[Comparison], source: str) -> str | None:
    """The change of the gain from the least to the most data; None with fewer than two sizes."""
    here = sorted(
        (each for each in comparisons if (each.rung.source, each.rung.distance) == (source, AS_IS)),
        key=lambda each: each.pairs_a_slice,
    )
    if len(here) < 2:
        return None
    [few, *_, many] = here
    low, high = few.improvement, many.improvement
    apart = low.low > high.high or low.high < high.low
    way = "falls" if low.value > high.value else "grows"
    trend = f"the gain {way} with data" if apart else "the gain does not change significantly with data"
    return (
        f"On {many.rung.title} {trend}: {low.value:+.1f}% by KL at {few.pairs_a_slice:,.0f} pairs a slice, "
        f"{high.value:+.1f}% at {many.pairs_a_slice:,.0f}."
    )


def _by_distance(comparisons: Sequence[Comparison]) -> Iterator[str]:
    worlds = [each for each in comparisons if each.rung.source == ADWORLD]
    for size in sorted({each.rung.size for each in worlds if each.rung.distance != AS_IS}):
        there = {each.rung.distance: each.improvement.value for each in worlds if each.rung.size == size}
        said = [
            f"{there[name]:+.1f}% where a slice's own share of what moves a click is {share:.0%} ({name})"
            for name, share in DISTANCES.items()
            if name in there
        ]
        yield f"Distance of the domains, ad world of {size:,.0f} requests, by KL: {'; '.join(said)}."


def _by_slice(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found = bins(comparisons)
    if len(found) > 1:
        [few, *_, many] = found
        yield (
            f"A slice with fewer than {few.below:,.0f} training pairs gains {few.improvement:+.1f}% by KL on average "
            f"(better in {few.better:.0%} of {few.cells} cells); one with {many.least:,.0f} or more "
            f"{many.improvement:+.1f}% (better in {many.better:.0%} of {many.cells})."
        )


def _against_others(comparisons: Sequence[Comparison]) -> Iterator[str]:
    others = dict.fromkeys(each.old for each in comparisons if each.new == OURS and each.old != BASELINE)
    totals = {name: overall(ours(comparisons, "kl", old=name)).improvement for name in others}
    if totals:
        said = [f"{name} {each:.1f}" for name, each in totals.items()]
        lead = f"{OURS} against the other variants by KL, mean of the rungs that both were trained on"
        yield f"{lead}: {', '.join(said)}."
    references = {name: each for name, each in totals.items() if name in ARCHITECTURES}
    if len(references) > 1:
        yield f"{OURS} against {', '.join(references)}, the mean of these: {against_all([*references.values()]):.1f}."


def against_all(improvements: Sequence[Improvement]) -> Improvement:
    """The mean of improvements of one model over several others.

    Its interval is as long as theirs are on average, because the one model's error is in all of them; so it is never
    too short.
    """
    value, low, high = np.mean([(each.value, each.low, each.high) for each in improvements], axis=0).tolist()
    return Improvement(value=value, low=low, high=high)
