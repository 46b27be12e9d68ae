"""The improvement of one variant over another on a rung, by KL and by LogMAE, with intervals."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.ladder.entry import Cell, CellKey, Entry
from mtmd_tf.experiments.ladder.records import LadderFolder, RungPlan
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.experiments.measures.improvement import MEASURES, Improvement
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.seeds import derive_seed


@dataclasses.dataclass(frozen=True, kw_only=True)
class CellComparison:
    """The comparison in one surface x product x task.

    Attributes:
        surface: Name of the surface.
        product: Name of the product.
        task: Name of the task.
        pairs: Training pairs of the slice.
        improvement: Improvement of the new variant over the old one.
    """

    surface: str
    product: str
    task: str
    pairs: int
    improvement: Improvement


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """One variant against another on one rung by one measure.

    Attributes:
        rung: The rung that both were trained on.
        pairs_a_slice: Training pairs, mean of the slices.
        new: The variant that should be better.
        old: The variant it is compared with.
        measure: A key of `MEASURES`.
        seeds: Seeds that both were trained with.
        improvement: Mean of the cells' improvements.
        cells: The comparison in each surface x product x task.
    """

    rung: Rung
    pairs_a_slice: float
    new: str
    old: str
    measure: str
    seeds: tuple[int, ...]
    improvement: Improvement
    cells: tuple[CellComparison, ...]

    @property
    def better(self) -> int:
        """Number of cells in which the new variant is better."""
        return sum(cell.improvement.value > 0 for cell in self.cells)


def measure(folder: LadderFolder, *, draws: int = DRAWS) -> list[Comparison]:
    """Every variant against the models of one slice, and MTMD against every other variant, rung by rung.

    What is not finished is left out, seed by seed.

    Args:
        folder: The ladder's records.
        draws: Number of bootstrap draws.

    Raises:
        ConfigError: Runs that were not measured on the same pairs.
    """
    return [
        each
        for name, plan in folder.rungs.items()
        for each in _of_rung(Rung.named(name), plan, folder.entries(Rung.named(name)), draws=draws)
    ]


def _of_rung(rung: Rung, plan: RungPlan, entries: Mapping[str, Entry], *, draws: int) -> Iterator[Comparison]:
    found = {
        variant: {
            seed: {cell.key: cell for name in names for cell in entries[name].cells if _compared(cell, plan)}
            for seed, names in seeds.items()
            if all(name in entries for name in names)
        }
        for variant, seeds in plan.runs.items()
    }
    pairs = [(variant, BASELINE) for variant in found if variant != BASELINE]
    pairs += [(OURS, variant) for variant in found if OURS in found and variant not in (OURS, BASELINE)]
    for new, old in pairs:
        seeds = sorted(found[new].keys() & found.get(old, {}).keys())
        if seeds:
            sides = [[found[each][seed] for seed in seeds] for each in (new, old)]
            _require_same_pairs(rung, [side for each in sides for side in each], names=(new, old))
            for name in MEASURES:
                improvements = _improvements(sides, name, draws=draws, of=f"{rung.name}/{new}/{old}/{name}")
                cells = [
                    CellComparison(
                        surface=surface,
                        product=product,
                        task=task,
                        pairs=plan.facts[f"{surface}/{product}"].pairs,
                        improvement=each,
                    )
                    for (surface, product, task), each in zip(sides[0][0], improvements, strict=False)
                ]
                yield Comparison(
                    rung=rung,
                    pairs_a_slice=plan.pairs_a_slice,
                    new=new,
                    old=old,
                    measure=name,
                    seeds=tuple(seeds),
                    improvement=improvements[-1],
                    cells=tuple(cells),
                )


def _compared(cell: Cell, plan: RungPlan) -> bool:
    """Whether its slice has a model of its own to be compared with."""
    return f"{cell.surface}/{cell.product}" in plan.facts


def _improvements(
    sides: Sequence[Sequence[Mapping[CellKey, Cell]]], by: str, *, draws: int, of: str
) -> list[Improvement]:
    """The improvement in each cell of the first side, and their mean.

    Args:
        sides: New and old, a mapping for each seed.
        by: A key of `MEASURES`.
        draws: Number of bootstrap draws.
        of: Name of the comparison, from which the draws' seed follows.
    """
    keys = list(sides[0][0])
    new, old = (np.array([[getattr(seed[key], by) for key in keys] for seed in side]).swapaxes(1, 2) for side in sides)
    interval = bootstrap(new, old, means=[range(len(keys))], draws=draws, seed=derive_seed(0, f"ladder/{of}"))
    return [interval.at(column) for column in range(len(keys) + 1)]


def _require_same_pairs(rung: Rung, sides: Sequence[Mapping[CellKey, Cell]], *, names: tuple[str, str]) -> None:
    counts = [{key: cell.pairs for key, cell in side.items()} for side in sides]
    if any(each != counts[0] for each in counts):
        raise ConfigError(f"{rung.name}: {names[0]} and {names[1]} were not measured on the same pairs.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Overall:
    """The comparison over some rungs.

    Attributes:
        improvement: Mean of the rungs' improvements; its interval takes the rungs' errors for independent.
        rungs: Number of rungs.
        better: Number of rungs on which the new variant is better.
    """

    improvement: Improvement
    rungs: int
    better: int


def overall(comparisons: Sequence[Comparison]) -> Overall:
    """The mean over rungs; a rung's standard error is the length of its interval over 2 * 1.96."""
    found = [each.improvement for each in comparisons]
    mean = float(np.mean([each.value for each in found]))
    errors = np.array([(each.high - each.low) / (2 * 1.96) for each in found])
    reach = 1.96 * float(np.sqrt((errors**2).sum())) / len(found)
    improvement = Improvement(value=mean, low=mean - reach, high=mean + reach)
    return Overall(improvement=improvement, rungs=len(found), better=sum(each.value > 0 for each in found))
