"""How much better one variant is than another on a rung, by KL and by LogMAE, and how sure that is."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.ladder.entry import Cell, Entry, Place
from mtmd_tf.experiments.ladder.records import Kept, KeptRung
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.seeds import derive_seed

MEASURES = {"kl": "KL", "log_mae": "LogMAE"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class OfCell:
    """The improvement in one surface x product x task, percent, with the training pairs of its slice."""

    surface: str
    product: str
    task: str
    pairs: int
    improvement: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gain:
    """One variant against another on one rung by one measure.

    Attributes:
        rung: Where.
        pairs_a_slice: Training pairs, mean of the slices.
        new: The variant that should be better.
        old: The one it is compared with.
        measure: A key of `MEASURES`.
        seeds: Those that both were trained with.
        improvement: Mean of the cells' improvements, percent.
        low: Lower end of its 95% interval.
        high: Upper end.
        cells: Each cell.
    """

    rung: Rung
    pairs_a_slice: float
    new: str
    old: str
    measure: str
    seeds: tuple[int, ...]
    improvement: float
    low: float
    high: float
    cells: tuple[OfCell, ...]

    @property
    def better(self) -> int:
        """Cells in which the new one is better."""
        return sum(cell.improvement > 0 for cell in self.cells)


def measure(kept: Kept, *, draws: int = DRAWS) -> list[Gain]:
    """Every variant against the models of one slice, and MTMD against every other variant, rung by rung.

    What is not finished is left out, seed by seed.

    Args:
        kept: The ladder.
        draws: Of the bootstrap.

    Raises:
        ConfigError: Runs that were not measured on the same pairs.
    """
    return [
        gain
        for name, each in kept.rungs.items()
        for gain in _of_rung(Rung.named(name), each, kept.entries(Rung.named(name)), draws=draws)
    ]


def _of_rung(rung: Rung, kept: KeptRung, entries: Mapping[str, Entry], *, draws: int) -> Iterator[Gain]:
    found = {
        variant: {
            seed: {cell.place: cell for name in names for cell in entries[name].cells}
            for seed, names in seeds.items()
            if all(name in entries for name in names)
        }
        for variant, seeds in kept.runs.items()
    }
    pairs = [(variant, BASELINE) for variant in found if variant != BASELINE]
    pairs += [(OURS, variant) for variant in found if OURS in found and variant not in (OURS, BASELINE)]
    for new, old in pairs:
        seeds = sorted(found[new].keys() & found.get(old, {}).keys())
        if seeds:
            mine, theirs = ([found[each][seed] for seed in seeds] for each in (new, old))
            _require_same_pairs(rung, [*mine, *theirs], names=(new, old))
            for name in MEASURES:
                yield _gain(rung, kept, (new, old), name, seeds, mine, theirs, draws=draws)


def _gain(
    rung: Rung,
    kept: KeptRung,
    names: tuple[str, str],
    by: str,
    seeds: Sequence[int],
    mine: Sequence[Mapping[Place, Cell]],
    theirs: Sequence[Mapping[Place, Cell]],
    *,
    draws: int,
) -> Gain:
    places = list(mine[0])
    new, old = (np.array([[getattr(s[p], by) for p in places] for s in side]).swapaxes(1, 2) for side in (mine, theirs))
    seed = derive_seed(0, f"ladder/{rung.name}/{names[0]}/{names[1]}/{by}")
    interval = bootstrap(new, old, means=[range(len(places))], draws=draws, seed=seed)
    ends = [interval.value, interval.low, interval.high]
    cells = tuple(
        OfCell(
            surface=place[0],
            product=place[1],
            task=place[2],
            pairs=kept.facts[f"{place[0]}/{place[1]}"].pairs,
            **dict(zip(("improvement", "low", "high"), (float(end[column]) for end in ends), strict=True)),
        )
        for column, place in enumerate(places)
    )
    mean = dict(zip(("improvement", "low", "high"), (float(end[-1]) for end in ends), strict=True))
    return Gain(
        rung=rung,
        pairs_a_slice=kept.pairs_a_slice,
        new=names[0],
        old=names[1],
        measure=by,
        seeds=tuple(seeds),
        cells=cells,
        **mean,
    )


def _require_same_pairs(rung: Rung, sides: Sequence[Mapping[Place, Cell]], *, names: tuple[str, str]) -> None:
    counts = [{place: cell.pairs for place, cell in side.items()} for side in sides]
    if any(each != counts[0] for each in counts):
        raise ConfigError(f"{rung.name}: {names[0]} and {names[1]} were not measured on the same pairs.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Overall:
    """The mean of some rungs' improvements, with a 95% interval that takes the rungs' chances for independent."""

    improvement: float
    low: float
    high: float
    rungs: int
    ahead: int


def overall(gains: Sequence[Gain]) -> Overall:
    """Over rungs; a rung's standard error is the length of its interval over 2 * 1.96."""
    mean = float(np.mean([gain.improvement for gain in gains]))
    errors = np.array([(gain.high - gain.low) / (2 * 1.96) for gain in gains])
    reach = 1.96 * float(np.sqrt((errors**2).sum())) / len(gains)
    ahead = sum(gain.improvement > 0 for gain in gains)
    return Overall(improvement=mean, low=mean - reach, high=mean + reach, rungs=len(gains), ahead=ahead)
