"""The funnel of the arms side by side: the loss of the heavyweight ranker's order by cuts (paper section 1)."""

import dataclasses
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from mtmd_tf.experiments.runs.funnel_rows import BY_CHANCE, RECALL, SCORE_LOSS, SPEARMAN, CellKey
from mtmd_tf.experiments.runs.record import Record, by_cell
from mtmd_tf.metrics import ALL

CHANCE = "a random order"
FEW_REQUESTS = 100

Measure = tuple[str, ...]  # (SPEARMAN,), (RECALL, K, N) or (SCORE_LOSS, N)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Funnels:
    """Funnel measures side by side, in the slices that all arms were measured in on the same requests.

    Attributes:
        requests: `{(surface, product, task): {N: requests with more than N labeled candidates}}`.
        values: `{arm: {(surface, product, task): {measure: mean of the seeds}}}`; `CHANCE` is the last arm.
    """

    requests: Mapping[CellKey, Mapping[str, int]]
    values: Mapping[str, Mapping[CellKey, Mapping[Measure, float]]]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks."""
        return tuple(dict.fromkeys(task for _, _, task in self.requests))

    def measures(self, name: str) -> list[Measure]:
        """The measures called `name` that some slice has of enough requests, by K, then by N."""
        found = {each for cell, values in self.values[CHANCE].items() for each in values if self.enough(cell, each)}
        return sorted((each for each in found if each[0] == name), key=lambda each: [int(n) for n in each[1:]])

    def enough(self, cell: CellKey, measure: Measure) -> bool:
        """Whether it is not taken from few requests; how many are ranked is not asked."""
        return measure[0] == SPEARMAN or self.requests[cell].get(measure[-1], 0) >= FEW_REQUESTS

    def mean(self, arm: str, measure: Measure, *, task: str = ALL) -> float | None:
        """The mean of the slices with enough requests, and of `all` tasks the mean of theirs; None without any."""
        if task == ALL:
            means = [self.mean(arm, measure, task=each) for each in self.tasks]
            known = [each for each in means if each is not None]
        else:
            found = self.values[arm]
            cells = [cell for cell in found if cell[2] == task and self.enough(cell, measure)]
            known = [found[cell][measure] for cell in cells if measure in found[cell]]
        return fmean(known) if known else None


def compare(arms: Mapping[str, Sequence[Sequence[Record]]]) -> Funnels | None:
    """Compares arms whose models, `[seeds][models]` records, share the slices between them.

    Returns:
        None where a record has no funnel measures, or no slice has them of all arms on the same requests.
    """
    seeds = {name: [by_cell(models, of="funnel") for models in each] for name, each in arms.items()}
    first, *others = [cells for each in seeds.values() for cells in each]
    same = [p for p in first if all(p in each and _counts(each[p]) == _counts(first[p]) for each in others)]
    if not same or not all(record.funnel for each in arms.values() for models in each for record in models):
        return None
    values = {
        name: {cell: _mean([_measures(seed[cell]) for seed in each]) for cell in same} for name, each in seeds.items()
    }
    chance = {cell: _measures(first[cell], suffix=BY_CHANCE) for cell in same}
    return Funnels(requests={cell: first[cell]["requests"] for cell in same}, values={**values, CHANCE: chance})


def _counts(row: Mapping[str, Any]) -> tuple[int, Mapping[str, int]]:
    return row["ranked_requests"], row["requests"]


def _measures(row: Mapping[str, Any], *, suffix: str = "") -> dict[Measure, float]:
    found: dict[Measure, float | None] = {(SPEARMAN,): 0.0 if suffix and row["ranked_requests"] else row[SPEARMAN]}
    for top, cuts in row[RECALL + suffix].items():
        found |= {(RECALL, top, cut): value for cut, value in cuts.items()}
    found |= {(SCORE_LOSS, cut): value for cut, value in row[SCORE_LOSS + suffix].items()}
    return {measure: value for measure, value in found.items() if value is not None}


def _mean(seeds: Sequence[Mapping[Measure, float]]) -> dict[Measure, float]:
    return {measure: fmean(seed[measure] for seed in seeds) for measure in seeds[0]}
