"""The true change, from two whole worlds, and which experiment design comes nearer to it (paper section 3.3)."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.change import Change, exact_change, relative_change
from mtmd_tf.simulation.statistics.measures import RATES, Measure
from mtmd_tf.simulation.statistics.paper import PAPER
from mtmd_tf.simulation.statistics.tables import require_arms, rows_of
from mtmd_tf.simulation.statistics.user_table import UserTable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replay:
    """One experiment beside the truth.

    Attributes:
        design: Name of the design, such as `budget split`.
        measure: Name of the measure.
        truth: Its true relative change.
        estimate: The change that the experiment measured.
    """

    design: str
    measure: str
    truth: float
    estimate: Change

    @property
    def error(self) -> float:
        """Estimate less truth, as a relative change."""
        return self.estimate.value - self.truth


@dataclasses.dataclass(frozen=True, kw_only=True)
class DesignError:
    """How far a design's experiments are from the truth, for one measure.

    Attributes:
        design: Name of the design.
        measure: Name of the measure.
        truth: True relative change.
        bias: Mean of estimate less truth over the experiments.
        bias_error: Standard error of that mean; None with one experiment.
        rmse: Root of the mean squared error.
        covered: Share of the experiments whose interval contains the truth.
        experiments: Number of experiments.
        nearest: Whether its root mean squared error is the smallest of all designs.
    """

    design: str
    measure: str
    truth: float
    bias: float
    bias_error: float | None
    rmse: float
    covered: float
    experiments: int
    nearest: bool


def truths(control: UserTable, treatment: UserTable, measures: Sequence[Measure]) -> dict[str, float]:
    """`{measure: exact relative change}` between two worlds of one arm each, in which all users live.

    Raises:
        ConfigError: A world with several arms, or two worlds of different users.
    """
    old_arm, new_arm = _require_worlds(control, treatment)
    old, new = control.moments()[old_arm], treatment.moments()[new_arm]
    found = {measure.name: exact_change(old, new, measure) for measure in measures}
    return {name: value for name, value in found.items() if value is not None}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrueCell:
    """One figure of a table of the paper, between two whole worlds.

    Attributes:
        row: Such as `home_feed`, or `overall`.
        measure: Such as `CPC`.
        value: Exact relative change; None where a world has nothing to measure.
        paper: What the paper measured.
    """

    row: str
    measure: str
    value: float | None
    paper: float | None


def true_table(control: UserTable, treatment: UserTable, number: str) -> list[TrueCell]:
    """The cells of a table of the paper between two whole worlds, without chance of users.

    Raises:
        ConfigError: As `truths`.
    """
    old_arm, new_arm = _require_worlds(control, treatment)
    cells = []
    for row, place in rows_of(control, number):
        old, new = control.moments(place)[old_arm], treatment.moments(place)[new_arm]
        for measure in RATES:
            value, paper = exact_change(old, new, measure), PAPER[number].get((row, measure.name))
            cells.append(TrueCell(row=row, measure=measure.name, value=value, paper=paper))
    return cells


def replays(
    truth: Mapping[str, float],
    experiments: Mapping[str, Sequence[UserTable]],
    measures: Sequence[Measure],
    *,
    control: str,
    treatment: str,
    adjusted: bool = True,
) -> list[Replay]:
    """Each experiment of each design beside the truth.

    Args:
        truth: `{measure: true relative change}`.
        experiments: `{design: its experiments}`, such as the same world with several salts.
        measures: Measures to compare; those without a truth are left out.
        control: Name of the arm that is compared with.
        treatment: Name of the other arm.
        adjusted: Whether the pre-period is used.

    Raises:
        ConfigError: An experiment without these arms.
    """
    found = []
    for design, tables in experiments.items():
        for users in tables:
            require_arms(users, control, treatment)
            arms = users.moments()
            for measure in measures:
                change = relative_change(arms[control], arms[treatment], measure, adjusted=adjusted)
                if change is not None and measure.name in truth:
                    found.append(
                        Replay(design=design, measure=measure.name, truth=truth[measure.name], estimate=change)
                    )
    return found


def compare_designs(found: Sequence[Replay]) -> list[DesignError]:
    """The designs' errors, measure by measure, in the order they came; says for each measure which is the nearest."""
    groups: dict[tuple[str, str], list[Replay]] = {}
    for replay in found:
        groups.setdefault((replay.measure, replay.design), []).append(replay)
    rmse = {key: math.sqrt(np.mean([each.error**2 for each in group])) for key, group in groups.items()}
    compared = []
    for (measure, design), group in groups.items():
        errors = np.array([each.error for each in group])
        compared.append(
            DesignError(
                design=design,
                measure=measure,
                truth=group[0].truth,
                bias=float(errors.mean()),
                bias_error=float(errors.std(ddof=1) / math.sqrt(len(errors))) if len(errors) > 1 else None,
                rmse=rmse[measure, design],
                covered=float(np.mean([each.estimate.holds(each.truth) for each in group])),
                experiments=len(group),
                nearest=rmse[measure, design] == min(value for key, value in rmse.items() if key[0] == measure),
            )
        )
    return compared


def _require_worlds(control: UserTable, treatment: UserTable) -> tuple[str, str]:
    """The names of the two worlds."""
    for world in (control, treatment):
        if len(world.assigned) != 1:
            raise ConfigError(f"a whole world has one arm; this one has {', '.join(world.assigned)}.")
    ([(old_arm, old_users)], [(new_arm, new_users)]) = (list(each.assigned.items()) for each in (control, treatment))
    if old_users != new_users:
        raise ConfigError(
            f"two whole worlds have the same users; {old_arm} has {old_users:,} and {new_arm} {new_users:,}."
        )
    return old_arm, new_arm
