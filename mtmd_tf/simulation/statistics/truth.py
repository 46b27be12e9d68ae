"""The true change, from two whole worlds, and which experiment design comes nearer to it (paper section 3.3)."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.change import Change, exact_change, paired_change, relative_change
from mtmd_tf.simulation.statistics.measures import COLUMNS, CONTROL, RATES, TREATMENT, VOLUMES, Measure
from mtmd_tf.simulation.statistics.moments import Moments
from mtmd_tf.simulation.statistics.paper import OVERALL, PAPER
from mtmd_tf.simulation.statistics.tables import Cell, corrected, has_enough, require_arms, require_users, rows_of
from mtmd_tf.simulation.statistics.user_table import UserTable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replay:
    """One experiment beside the truth.

    Attributes:
        design: Name of the design, such as `budget split`.
        measure: Name of the measure.
        truth: True relative change of the measure.
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


def true_table(control: UserTable, treatment: UserTable, number: str) -> list[Cell]:
    """The cells of a table of the paper between two whole worlds, corrected by Holm.

    Raises:
        ConfigError: As `truths`, or an unknown table.
        DataError: Too few users with an impression in a world.
    """
    _require_enough(control, treatment, what=f"Table {number}")
    cells = []
    for row, where in rows_of(control, number):
        own = _cells(_both(control, treatment, where), RATES)
        papers = [PAPER[number].get((row, cell.measure)) for cell in own]
        cells += [
            dataclasses.replace(cell, table=number, row=row, paper=paper)
            for cell, paper in zip(own, papers, strict=True)
        ]
    return corrected(cells)


def true_volumes(control: UserTable, treatment: UserTable) -> list[Cell]:
    """The changes of clicks, impressions, conversions and revenue a user between two whole worlds.

    Raises:
        ConfigError: As `truths`.
        DataError: Too few users with an impression in a world.
    """
    _require_enough(control, treatment, what="The table of volumes")
    own = _cells(_both(control, treatment, {}), VOLUMES)
    return corrected([dataclasses.replace(cell, row=OVERALL) for cell in own])


def _require_enough(control: UserTable, treatment: UserTable, *, what: str) -> None:
    arms = _require_worlds(control, treatment)
    for world, arm in zip((control, treatment), arms, strict=True):
        require_users(world, arm, what=what)


def _cells(both: Moments, measures: Sequence[Measure]) -> list[Cell]:
    cells = []
    for measure in measures:
        enough = all(has_enough(both, measure.within(world)) for world in (CONTROL, TREATMENT))
        change = paired_change(both, measure) if enough else None
        cells.append(Cell(table="", row="", measure=measure.name, plain=None, change=change))
    return cells


def _both(control: UserTable, treatment: UserTable, where: Mapping[str, str]) -> Moments:
    """Moments over the users, with the test's columns of each world."""
    users = np.union1d(control.users, treatment.users)
    values = np.zeros((len(users), 2, len(COLUMNS)))
    for side, world in enumerate((control, treatment)):
        values[np.searchsorted(users, world.users), side] = world.sums(where)[:, : len(COLUMNS)]
    columns = [prefix + name for prefix in (CONTROL, TREATMENT) for name in COLUMNS]
    [assigned] = control.assigned.values()
    return Moments.of(values.reshape(len(users), -1), columns=columns, users=assigned)


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
    """The designs' errors, the designs of one measure together; says for each measure which is the nearest."""
    groups: dict[tuple[str, str], list[Replay]] = {}
    for replay in found:
        groups.setdefault((replay.measure, replay.design), []).append(replay)
    measures = list(dict.fromkeys(replay.measure for replay in found))
    groups = dict(sorted(groups.items(), key=lambda each: measures.index(each[0][0])))  # stable: designs as they came
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
