"""Tables 2 to 5 of the paper, measured on an experiment (paper section 3.3)."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.change import Change, relative_change
from mtmd_tf.simulation.statistics.holm import holm
from mtmd_tf.simulation.statistics.measures import RATES, VOLUMES, Measure
from mtmd_tf.simulation.statistics.moments import Moments
from mtmd_tf.simulation.statistics.paper import OVERALL, PAPER
from mtmd_tf.simulation.statistics.user_table import UserTable
from tfrecords_tools.requests import DataError

LEAST_USERS = 100  # of each arm with the measure's denominator: fewer make no normal mean
LEAST_WITH_ACTION = 20  # of each arm with its numerator

SPLITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2": ("", "surface"), "3": ("product",), "4": ("goal",), "5": ("surface", "product")}
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure of a table.

    Attributes:
        table: Number of the paper's table.
        row: Such as `home_feed`, or `overall`.
        measure: Such as `CPC`.
        plain: The change without the pre-period; None where too few users have the measure, and of whole worlds.
        change: The change that counts: with the pre-period, where there is one.
        p_holm: The p-value after Holm's correction over the table.
        paper: What the paper measured; None where it has no such figure.
    """

    table: str
    row: str
    measure: str
    plain: Change | None
    change: Change | None
    p_holm: float | None = None
    paper: float | None = None

    @property
    def significant(self) -> bool:
        """Whether the change is one, at 5% for the whole table."""
        return self.p_holm is not None and self.p_holm < 0.05


def table(users: UserTable, number: str, *, control: str, treatment: str) -> list[Cell]:
    """The cells of a table of the paper: rows in the order of the splits, measures in the paper's order.

    Args:
        users: The experiment.
        number: Number of the table, `"2"` to `"5"`.
        control: Name of the arm that is compared with.
        treatment: Name of the other arm.

    Raises:
        ConfigError: An unknown table or arm, or one arm twice.
        DataError: Too few users with an impression in an arm.
    """
    rows = rows_of(users, number)
    require_arms(users, control, treatment)
    require_users(users, control, treatment, what=f"Table {number}")
    cells = []
    for row, where in rows:
        arms = users.moments(where)
        cells += [
            dataclasses.replace(cell, table=number, row=row, paper=PAPER[number].get((row, cell.measure)))
            for cell in cells_of(arms[control], arms[treatment], RATES)
        ]
    return corrected(cells)


def volumes(users: UserTable, *, control: str, treatment: str) -> list[Cell]:
    """The changes of clicks, impressions, conversions and revenue a user, of the row `overall` and of no table.

    Raises:
        ConfigError: As `table`.
        DataError: As `table`.
    """
    require_arms(users, control, treatment)
    require_users(users, control, treatment, what="The table of volumes")
    arms = users.moments()
    return corrected([dataclasses.replace(c, row=OVERALL) for c in cells_of(arms[control], arms[treatment], VOLUMES)])


def rows_of(users: UserTable, number: str) -> list[tuple[str, dict[str, str]]]:
    """The rows of a table with the cell that each is about: `("search", {"surface": "search"})`.

    Raises:
        ConfigError: An unknown table.
    """
    if number not in SPLITS:
        raise ConfigError(f"no table {number!r}; the tables are {', '.join(SPLITS)}.")
    rows: list[tuple[str, dict[str, str]]] = []
    for split in SPLITS[number]:
        rows += [(name, {split: name}) for name in users.names(split)] if split else [(OVERALL, {})]
    return rows


def cells_of(control: Moments, treatment: Moments, measures: Sequence[Measure]) -> list[Cell]:
    """A cell for each measure, without a table, row or correction; empty ones where too few users have the measure."""
    cells = []
    for measure in measures:
        plain = change = None
        if all(has_enough(arm, measure) for arm in (control, treatment)):
            plain = relative_change(control, treatment, measure)
            change = relative_change(control, treatment, measure, adjusted=True)
        cells.append(Cell(table="", row="", measure=measure.name, plain=plain, change=change))
    return cells


def require_arms(users: UserTable, control: str, treatment: str) -> None:
    """Refuses arms that the experiment lacks.

    Raises:
        ConfigError: An unknown arm, or one arm twice.
    """
    for arm in (control, treatment):
        if arm not in users.assigned:
            raise ConfigError(f"no arm {arm!r}; the arms are {', '.join(users.assigned)}.")
    if control == treatment:
        raise ConfigError(f"control and treatment are the same arm, {control!r}; give two of {[*users.assigned]}.")


def require_users(users: UserTable, *arms: str, what: str) -> None:
    """Refuses an experiment that is too small for a table.

    Raises:
        DataError: An arm with fewer than 100 users with an impression in the test period.
    """
    overall = users.moments()
    for arm in arms:
        found = int(overall[arm].active[overall[arm].at("impressions")])
        if found < LEAST_USERS:
            raise DataError(
                f"{what} needs {LEAST_USERS} users with an impression in each arm; arm {arm!r} has {found}: "
                "simulate more users or requests"
            )


def has_enough(arm: Moments, measure: Measure) -> bool:
    """Whether so many users have the measure that its interval is to be trusted."""
    below = LEAST_USERS if measure.denominator is None else int(arm.active[arm.at(measure.denominator)])
    return below >= LEAST_USERS and int(arm.active[arm.at(measure.numerator)]) >= LEAST_WITH_ACTION


def corrected(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of one table with Holm's p-values."""
    p_values = holm([cell.change.p if cell.change else None for cell in cells])
    return [dataclasses.replace(cell, p_holm=p) for cell, p in zip(cells, p_values, strict=True)]
