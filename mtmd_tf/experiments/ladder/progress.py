"""The missing runs of a ladder, the time they will take, and what is left after each run."""

import dataclasses
from collections.abc import Iterable

from mtmd_tf.experiments.ladder.entry import Entry
from mtmd_tf.experiments.ladder.recipe import Recipe
from mtmd_tf.experiments.ladder.records import LadderFolder, RungPlan
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs.estimate import Rates
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.run_queue import duration
from mtmd_tf.reporting.markdown import table
from mtmd_tf.sizing.facts import NOMINAL, Facts

_LABEL_SECONDS = 120.0  # of a rung's data where it is missing: building it, and a ranker's start
_LABEL_PAIR_SECONDS = 1e-3  # and of each of its training pairs, for the ranker that labels them
_SLICES = tuple(f"slice {number}" for number in range(1, 7))  # as both sources have, before the data is there


class Progress:
    """Follows a ladder from its plan to its end.

    Args:
        recipe: The ladder that is asked for.
        folder: Records of what is finished.
        workers: Number of trainings in parallel.
    """

    def __init__(self, recipe: Recipe, folder: LadderFolder, *, workers: int) -> None:
        self._recipe, self._folder, self._workers = recipe, folder, workers
        self._entries = {rung.name: folder.entries(rung) for rung in recipe.rungs}
        self._given_up: set[Rung] = set()
        self._planned: dict[Rung, tuple[RungPlan | None, list[tuple[str, Run]]]] = {}
        self._rates = Rates(entry.record for entries in self._entries.values() for entry in entries.values())

    def missing(self, rung: Rung, named: Iterable[tuple[str, Run]]) -> list[tuple[str, Run]]:
        """The `(variant, run)` that are not finished, each run once.

        Raises:
            ConfigError: A finished run had other settings, or on other labels.
        """
        found: dict[str, tuple[str, Run]] = {}
        for variant, run in named:
            if entry := self._entries[rung.name].get(run.name):
                self._folder.require(rung, run, entry)
            else:
                found.setdefault(run.name, (variant, run))
        return list(found.values())

    def plan(self) -> str:
        """A line a rung: runs, those missing, and about how long these take."""
        rows = []
        for rung in self._recipe.rungs:
            todo, pairs = self._todo(rung), self._pairs(rung, "")
            count = len({run.name for _, run in self._runs(rung)})
            rows.append(
                {"rung": rung.name, "training pairs": f"{pairs:,}", "runs": f"{count}", "missing": f"{len(todo)}"}
                | {"estimated time": duration(self._seconds(rung)) if todo else "-"}
            )
        left = sum(self._seconds(rung) for rung in self._recipe.rungs)
        return f"{table(rows, names=1)}\n\nAbout {duration(left)} in all, data and labels included."

    def after(self, rung: Rung, entry: Entry) -> str:
        """Takes note of a finished run; says what is left of the ladder."""
        self._entries[rung.name][entry.record.run] = entry
        self._rates.add(entry.record)
        runs = sum(len(self._todo(each)) for each in self._recipe.rungs)
        left = sum(self._seconds(each) for each in self._recipe.rungs)
        return f"ladder: {runs} more runs, about {duration(left)}" if runs else "ladder: no run left"

    def give_up(self, rung: Rung) -> None:
        """Leaves a rung that failed out of what is missing."""
        self._given_up.add(rung)

    def _runs(self, rung: Rung) -> list[tuple[str, Run]]:
        """Planned again once the rung's data is there: its facts are what settings follow from."""
        known = self._folder.rungs.get(rung.name)
        if rung not in self._planned or self._planned[rung][0] is not known:
            runs = list(self._recipe.runs(rung, known.facts if known else _expected(rung)))
            self._planned[rung] = (known, runs)
        return self._planned[rung][1]

    def _todo(self, rung: Rung) -> list[tuple[str, Run]]:
        return [] if rung in self._given_up else self.missing(rung, self._runs(rung))

    def _pairs(self, rung: Rung, slice_name: str) -> int:
        known = self._folder.rungs.get(rung.name)
        return (known.facts if known else _expected(rung))[slice_name].pairs

    def _seconds(self, rung: Rung) -> float:
        todo = self._todo(rung)
        data = 0.0
        if todo and rung.name not in self._folder.rungs:
            data = _LABEL_SECONDS + _LABEL_PAIR_SECONDS * rung.expected_pairs
        training = sum(self._rates.seconds(run, self._pairs(rung, run.slice)) for _, run in todo)
        return data + training / self._workers


def _expected(rung: Rung) -> dict[str, Facts]:
    """About what a rung's data will be, before it is there."""

    def facts(pairs: int) -> Facts:
        shares = (pairs // len(NOMINAL.partition_pairs),) * len(NOMINAL.partition_pairs)
        return dataclasses.replace(NOMINAL, pairs=pairs, requests=max(pairs // 10, 1), partition_pairs=shares)

    return {"": facts(rung.expected_pairs), **dict.fromkeys(_SLICES, facts(rung.expected_pairs // len(_SLICES)))}
