"""When one model pays, in sentences that follow from the measured gains."""

import dataclasses
import math
from collections.abc import Iterator, Sequence

from mtmd_tf.experiments.ladder.measure import MEASURES, Gain, OfCell, overall
from mtmd_tf.experiments.ladder.rungs import ADWORLD, AS_IS, DISTANCES, JOURNEY
from mtmd_tf.experiments.runs.plan import BASELINE, OURS

_NAMES = {JOURNEY: "Complete Journey", ADWORLD: "the ad world"}
_EDGES = (1_000, 3_000, 10_000, 30_000, 100_000, math.inf)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bin:
    """Cells of slices with about as many training pairs, of all rungs.

    Attributes:
        least: Training pairs of the slice, at least.
        below: And fewer than so many.
        cells: How many cells.
        better: Share of them in which the one model is better.
        improvement: Mean, percent.
    """

    least: float
    below: float
    cells: int
    better: float
    improvement: float


def ours(gains: Sequence[Gain], measure: str, *, old: str = BASELINE) -> list[Gain]:
    """MTMD against `old` by one measure, rung by rung."""
    return [gain for gain in gains if (gain.new, gain.old, gain.measure) == (OURS, old, measure)]


def bins(gains: Sequence[Gain]) -> list[Bin]:
    """MTMD's gains of one measure by the size of the slice."""
    cells: list[OfCell] = [cell for gain in gains for cell in gain.cells if math.isfinite(cell.improvement)]
    found = []
    for least, below in zip((0, *_EDGES), _EDGES, strict=False):
        here = [cell.improvement for cell in cells if least <= cell.pairs < below]
        if here:
            better = sum(value > 0 for value in here) / len(here)
            mean = sum(here) / len(here)
            found.append(Bin(least=least, below=below, cells=len(here), better=better, improvement=mean))
    return found


def sentences(gains: Sequence[Gain]) -> Iterator[str]:
    """What the ladder answers, one sentence a line; nothing where MTMD was not compared with its slices."""
    for measure, words in MEASURES.items():
        if here := ours(gains, measure):
            yield _every_rung(here, words)
    if here := ours(gains, "kl"):
        yield from filter(None, (_by_size(here, source) for source in _NAMES))
        yield from _by_distance(here)
        yield from _by_slice(here)
        yield from _against_others(gains)


def _every_rung(gains: Sequence[Gain], words: str) -> str:
    total, sure = overall(gains), sum(gain.low > 0 for gain in gains)
    least, most = (pick(gains, key=lambda gain: gain.improvement) for pick in (min, max))
    return (
        f"By {words} one model ({OURS}) is better than one model a slice on {total.ahead} of {total.rungs} rungs, the "
        f"whole interval above 0 on {sure}; {total.improvement:+.1f}% on average, from {least.improvement:+.1f}% "
        f"({least.rung.name}) to {most.improvement:+.1f}% ({most.rung.name})."
    )


def _by_size(gains: Sequence[Gain], source: str) -> str | None:
    """How the gain changes from the least to the most data; None with fewer than two sizes."""
    here = sorted(
        (gain for gain in gains if (gain.rung.source, gain.rung.distance) == (source, AS_IS)),
        key=lambda gain: gain.pairs_a_slice,
    )
    if len(here) < 2:
        return None
    [few, *_, many] = here
    apart = few.low > many.high or few.high < many.low
    way = "falls" if few.improvement > many.improvement else "grows"
    verdict = f"the gain {way} with data" if apart else "the gain does not change for sure with data"
    return (
        f"On {_NAMES[source]} {verdict}: {few.improvement:+.1f}% by KL at {few.pairs_a_slice:,.0f} pairs a slice, "
        f"{many.improvement:+.1f}% at {many.pairs_a_slice:,.0f}."
    )


def _by_distance(gains: Sequence[Gain]) -> Iterator[str]:
    worlds = [gain for gain in gains if gain.rung.source == ADWORLD]
    for size in sorted({gain.rung.size for gain in worlds if gain.rung.distance != AS_IS}):
        there = {gain.rung.distance: gain for gain in worlds if gain.rung.size == size}
        said = [
            f"{there[name].improvement:+.1f}% where a slice's own share of what moves a click is {share:.0%} ({name})"
            for name, share in DISTANCES.items()
            if name in there
        ]
        yield f"Distance of the domains, ad world of {size:,.0f} requests, by KL: {'; '.join(said)}."


def _by_slice(gains: Sequence[Gain]) -> Iterator[str]:
    found = bins(gains)
    if len(found) > 1:
        [few, *_, many] = found
        yield (
            f"A slice with fewer than {few.below:,.0f} training pairs gains {few.improvement:+.1f}% by KL on average "
            f"(better in {few.better:.0%} of {few.cells} cells); one with {many.least:,.0f} or more "
            f"{many.improvement:+.1f}% (better in {many.better:.0%} of {many.cells})."
        )


def _against_others(gains: Sequence[Gain]) -> Iterator[str]:
    others = dict.fromkeys(gain.old for gain in gains if gain.new == OURS and gain.old != BASELINE)
    totals = {name: overall(ours(gains, "kl", old=name)) for name in others}
    if totals:
        said = [f"{name} {each.improvement:+.1f}% [{each.low:+.1f}, {each.high:+.1f}]" for name, each in totals.items()]
        yield f"{OURS} against the other variants by KL, mean of the rungs that both climbed: {', '.join(said)}."
