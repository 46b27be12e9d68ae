"""Every arm of a simulation against its control: a summary, tables and forest plots (paper Tables 2 to 5)."""

import dataclasses
from collections.abc import Sequence
from statistics import median

from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.simulation.reports import change_tables
from mtmd_tf.simulation.reports.change_tables import TITLES
from mtmd_tf.simulation.reports.figures import forest
from mtmd_tf.simulation.statistics.paper import OVERALL
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.sample_ratio import sample_ratio
from mtmd_tf.simulation.statistics.tables import Cell, require_users, table, volumes
from mtmd_tf.simulation.statistics.truth import true_table, true_volumes
from mtmd_tf.simulation.statistics.user_table import UserTable
from tfrecords_tools.requests import DataError


@dataclasses.dataclass(kw_only=True)
class Compared:
    """What a report says of arms against the control.

    Attributes:
        summary: A sentence for each arm.
        sections: Markdown of each table's section.
        cells: Cells of all tables.
        warnings: What must not be overlooked.
    """

    summary: list[str] = dataclasses.field(default_factory=list)
    sections: list[str] = dataclasses.field(default_factory=list)
    cells: list[Cell] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)


def compare_arms(run: RunFolder, tables: Sequence[str]) -> Compared:
    """Measures the arms and draws the forest plots into the run's figures/.

    Args:
        run: A simulation of two arms or more.
        tables: Numbers of the paper's tables.

    Raises:
        DataError: A broken users.parquet.
        ConfigError: An unknown table.
    """
    made, sure = Compared(), []
    if run.whole_worlds:
        worlds = run.worlds()
        sure.append("Whole worlds: every user lives in each of them, so there is no split to check.")
    else:
        users, ratio = run.user_table(), sample_ratio(run.users, shares=run.shares)
        worlds = dict.fromkeys(run.arms, users)
        made.warnings += [ratio.sentence()] if ratio.alarm else []
        sure.append(ratio.sentence())
    try:
        for arm, world in worlds.items():
            require_users(world, arm, what="A table of changes")
    except DataError as error:
        made.warnings.append(str(error))
    else:
        for treatment in run.arms[1:]:
            _add(made, run, worlds, treatment, tables)
    sure += _narrower(made.cells)
    made.sections.append("\n".join(["## How sure\n", *(item(literal(line)) for line in sure)]))
    return made


def _add(made: Compared, run: RunFolder, worlds: dict[str, UserTable], treatment: str, tables: Sequence[str]) -> None:
    """Adds an arm's tables; an experiment has one table of users for all arms, whole worlds one for each."""
    control, several = run.arms[0], len(run.arms) > 2
    old, new = worlds[control], worlds[treatment]
    of, number_of = (f", {treatment}", f"-{run.arms.index(treatment)}") if several else ("", "")
    cells: list[Cell] = []
    for number in tables:
        if run.whole_worlds:
            own = true_table(old, new, number)
        else:
            own = table(old, number, control=control, treatment=treatment)
        figure = f"figures/table{number}{number_of}.png"
        save_figure(forest(own, title=f"{treatment} against {control}"), run.path / figure)
        made.sections.append(change_tables.changes(own, title=TITLES[number], figure=figure, of=of))
        cells += own
    own = true_volumes(old, new) if run.whole_worlds else volumes(old, control=control, treatment=treatment)
    made.sections.append(change_tables.volumes(own, of=of))
    made.summary += _summary(cells, control=control, treatment=treatment)
    made.cells += [*cells, *own]


def _summary(cells: Sequence[Cell], *, control: str, treatment: str) -> list[str]:
    """The overall changes of the two measures that the paper has in bold; nothing without an overall row."""
    shown = [
        f"{cell.measure} {cell.change:.2f}" + (f", paper {100.0 * cell.paper:+.2f}%" if cell.paper else "")
        for cell in cells
        if cell.row == OVERALL and cell.measure in ("CPC", "CTR") and cell.change
    ]
    return [literal(f"{treatment} against {control}, overall: {'; '.join(shown)}.")] if shown else []


def _narrower(cells: Sequence[Cell]) -> list[str]:
    widths = [
        (cell.change.high - cell.change.low) / (cell.plain.high - cell.plain.low)
        for cell in cells
        if cell.change and cell.plain and cell.plain.high > cell.plain.low
    ]
    if not widths:
        return []
    return [f"The pre-period leaves {median(widths):.0%} of an interval's width, median of the cells."]
