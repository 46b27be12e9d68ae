"""The folder of a ladder: the plan of each rung and a file for each finished run; a fresh clone resumes from it."""

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.ladder.entry import Entry
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.sizing.facts import Facts
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

FILE_NAME = "ladder.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RungPlan:
    """The data of a rung, and its runs.

    Attributes:
        labels: Identity of the labeled data set.
        facts: `{slice: facts}` of every slice with pairs, and of `""`, all; settings follow from them.
        runs: `{variant: {seed: names of the runs that answer together}}`.
        left_out: `{slice: what it lacks}` of those that can have no model of their own, and are compared nowhere; they
            are not among the facts.
    """

    labels: str
    facts: Mapping[str, Facts]
    runs: Mapping[str, Mapping[int, tuple[str, ...]]] = dataclasses.field(default_factory=dict)
    left_out: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def slices(self) -> tuple[str, ...]:
        """The slices with pairs."""
        return tuple(name for name in self.facts if name)

    @property
    def pairs_a_slice(self) -> float:
        """Training pairs, mean of the slices."""
        return sum(self.facts[name].pairs for name in self.slices) / len(self.slices)

    def without(self, lacking: Mapping[str, str]) -> "RungPlan":
        """The same without the slices that lack something, which is kept for the page."""
        facts = {name: each for name, each in self.facts.items() if name not in lacking}
        return dataclasses.replace(self, facts=facts, left_out={**self.left_out, **lacking})

    def with_runs(self, runs: Iterable[tuple[str, Run]]) -> "RungPlan":
        """The same with what is asked for now in the place of what was asked for of the same variant and seed."""
        asked: dict[str, dict[int, tuple[str, ...]]] = {}
        for variant, run in runs:
            seeds = asked.setdefault(variant, {})
            seeds[run.train.seed] = (*seeds.get(run.train.seed, ()), run.name)
        merged = {name: {**self.runs.get(name, {}), **asked.get(name, {})} for name in {**self.runs, **asked}}
        return dataclasses.replace(self, runs=merged)


def _plain(plan: RungPlan) -> dict[str, Any]:
    """As JSON has it: what is left out only where something is."""
    plain = dataclasses.asdict(plan)
    return plain if plan.left_out else {name: value for name, value in plain.items() if name != "left_out"}


@dataclasses.dataclass(frozen=True)
class _Plans:
    rungs: Mapping[str, RungPlan]


class LadderFolder:
    """The folder of a ladder's records, read once and written as the ladder goes on.

    Args:
        folder: Such as docs/results/ladder; made where it is missing.

    Raises:
        ConfigError: It holds something else.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.rungs: dict[str, RungPlan] = {}
        path = folder / FILE_NAME
        if not path.exists():
            return
        plans = structure.load(path, _Plans, what="ladder of this version", raises=ConfigError)
        self.rungs = {Rung.named(name).name: plan for name, plan in plans.rungs.items()}

    def entries(self, rung: Rung) -> dict[str, Entry]:
        """`{run: its entry}` of every finished run of a rung.

        Raises:
            ConfigError: A broken file; it is named.
        """
        return {path.stem: Entry.load(path) for path in sorted((self.folder / rung.folder).glob("*.json"))}

    def require(self, rung: Rung, run: Run, entry: Entry) -> None:
        """Refuses the entry of a run with other settings, or on other labels than its rung's.

        Raises:
            ConfigError: It names the file and the setting.
        """
        path = self.folder / rung.folder / f"{run.name}.json"
        if entry.labels != self.rungs[rung.name].labels:
            raise ConfigError(
                f"{path} is of labels {entry.labels}, {rung.name} of {self.rungs[rung.name].labels}; remove it."
            )
        try:
            entry.record.require(run)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    def save_plan(self, rung: Rung, plan: RungPlan) -> None:
        """Writes ladder.json with this rung as it is now."""
        self.rungs[rung.name] = plan
        lines = [f"{json.dumps(name)}: {json.dumps(_plain(each))}" for name, each in self.rungs.items()]
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / FILE_NAME, '{"rungs": {\n' + ",\n".join(lines) + "\n}}\n")

    def save(self, rung: Rung, entry: Entry) -> None:
        """Writes the entry of one finished run."""
        (self.folder / rung.folder).mkdir(parents=True, exist_ok=True)
        entry.save(self.folder / rung.folder)

    def claim(self, rung: Rung, *, labels: str, facts: Mapping[str, Facts]) -> RungPlan:
        """The plan of the rung as it was written, or a new one, with its data at hand.

        Raises:
            ConfigError: It was begun on other labels.
        """
        known = self.rungs.get(rung.name)
        if known is None or known.labels == labels:
            return known or RungPlan(labels=labels, facts=facts)
        if self.entries(rung):
            raise ConfigError(
                f"{rung.name} was begun on the labels {known.labels}; those here are {labels}, and runs on both cannot "
                f"be compared. Bring that data here, or remove {self.folder / rung.folder} to begin the rung again."
            )
        return RungPlan(labels=labels, facts=facts)
