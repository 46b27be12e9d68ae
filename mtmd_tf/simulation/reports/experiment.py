"""The report of a simulated experiment: Tables 2 to 5 next to the paper's, the funnel, the money (section 3.3)."""

import dataclasses
import pathlib
from collections.abc import Sequence
from statistics import median

from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import facts, item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import document
from mtmd_tf.simulation.reports.change_tables import (
    TITLES,
    as_frame,
    change_table,
    summary,
    true_change_table,
    volume_table,
)
from mtmd_tf.simulation.reports.figures import forest, spend_over_the_day
from mtmd_tf.simulation.reports.funnel_drawing import funnel_drawing
from mtmd_tf.simulation.reports.funnel_section import budgets, money_table, remarks, stage_counts, stage_table
from mtmd_tf.simulation.statistics.measures import RATES
from mtmd_tf.simulation.statistics.paper import OVERALL
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.sample_ratio import sample_ratio
from mtmd_tf.simulation.statistics.tables import LEAST_USERS, LEAST_WITH_ACTION, Cell, require_users, table, volumes
from mtmd_tf.simulation.statistics.truth import true_table
from mtmd_tf.simulation.statistics.user_table import UserTable
from tfrecords_tools.files import atomically
from tfrecords_tools.requests import DataError

REPORT, CHANGES = "report.md", "changes.csv"
TABLES = ("2", "3", "4")  # of an ordinary experiment; Table 5's control is the model with free tasks

_READING = f"""\
- change: treatment / control - 1, with its 95% interval. The user is the unit; users without an impression count. The
  interval is that of the logarithm of the ratio by the delta method.
- Where there is a pre-period, the change is adjusted by what the arms already differed by in it (CUPED).
- p: after Holm's correction over the table. verdict: changed at 5% for the whole table, for the better or the worse.
- -: an arm has fewer than {LEAST_USERS} users with the measure's denominator or {LEAST_WITH_ACTION} with its numerator.
- paper: what its online experiment measured; it prints the same row for related pins and for search.
{{measures}}
- The user split does not see that budgets tie users together: an advertiser that spends on one user has less for the
  next. Two whole worlds (--worlds=two) have no such error."""


def write(folder: str | pathlib.Path, *, tables: Sequence[str] = TABLES) -> list[str]:
    """Writes report.md, report.html, changes.csv and figures/ into the folder of a finished simulation.

    An experiment gets tables with intervals; whole worlds get their exact changes; one arm alone gets none.

    Args:
        folder: The simulation's folder.
        tables: Numbers of the paper's tables, 2 to 5.

    Returns:
        What must not be overlooked: a sample-ratio alarm, or a table that has too few users.

    Raises:
        DataError: A file that is missing, broken or of another run.
        ConfigError: An unknown table.
    """
    run = RunFolder.read(folder)
    (run.path / "figures").mkdir(exist_ok=True)
    control, *treatments = run.arms
    warnings: list[str] = []
    opening, sections = [_about(run)], {}
    if treatments and run.whole_worlds:
        sections = _true_sections(run, tables)
    elif treatments:
        lines, sections = _experiment_sections(run, tables, warnings)
        opening = [*(f"**{literal(each)}**" for each in warnings), *lines, *opening]
    sections |= _funnel_sections(run)
    title = f"{' and '.join(treatments)} against {control}" if treatments else control
    measures = "\n".join(item(f"{each.name}: {each.words}.") for each in RATES)
    sections["How to read it"] = [_READING.format(measures=measures)]
    write_report(document(f"{literal(title)} on the simulated funnel", *opening, sections=sections), run.path / REPORT)
    return warnings


def _experiment_sections(
    run: RunFolder, tables: Sequence[str], warnings: list[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Headlines and sections of all arms against the control; writes changes.csv and adds to the warnings."""
    users, ratio = run.user_table(), sample_ratio(run.users, shares=run.shares)
    warnings += [ratio.sentence()] if ratio.alarm else []
    compared = []
    try:
        require_users(users, *run.arms, what="A table of changes")
        compared = [_compare(run, users, treatment, tables) for treatment in run.arms[1:]]
    except DataError as error:
        warnings.append(str(error))
    cells = [cell for each in compared for cell in each.cells]
    (run.path / CHANGES).unlink(missing_ok=True)
    if cells:
        with atomically(run.path / CHANGES) as temporary:
            as_frame(cells).to_csv(temporary, index=False)
    sections = {name: own for each in compared for name, own in each.sections.items()}
    sections["How sure"] = [_how_sure(cells, ratio.sentence())]
    return [line for each in compared for line in each.headlines], sections


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Compared:
    """One arm against the control: the cells of all tables, and the report's sections."""

    headlines: list[str]
    sections: dict[str, list[str]]
    cells: list[Cell]


def _compare(run: RunFolder, users: UserTable, treatment: str, tables: Sequence[str]) -> _Compared:
    """Measures and draws the tables of one arm.

    Raises:
        DataError: Too few users.
        ConfigError: An unknown table.
    """
    control, several = run.arms[0], len(run.arms) > 2
    of, number_of = (f", {treatment}", f"-{run.arms.index(treatment)}") if several else ("", "")
    cells, sections = [], {}
    for number in tables:
        own = table(users, number, control=control, treatment=treatment)
        figure = f"figures/table{number}{number_of}.png"
        save_figure(forest(own, title=f"{treatment} against {control}"), run.path / figure)
        sections[literal(TITLES[number] + of)] = [summary(own), f"![{TITLES[number]}]({figure})", change_table(own)]
        cells += own
    own = volumes(users, control=control, treatment=treatment)
    sections[literal("Volume" + of)] = [volume_table(own)]
    headlines = _headlines(cells, control=control, treatment=treatment)
    return _Compared(headlines=headlines, sections=sections, cells=[*cells, *own])


def _headlines(cells: Sequence[Cell], *, control: str, treatment: str) -> list[str]:
    """The overall changes of the two measures that the paper has in bold; nothing without an overall row."""
    shown = [
        f"{cell.measure} {cell.change:.2f}" + (f", paper {100.0 * cell.paper:+.2f}%" if cell.paper else "")
        for cell in cells
        if cell.row == OVERALL and cell.measure in ("CPC", "CTR") and cell.change
    ]
    return [literal(f"{treatment} against {control}, overall: {'; '.join(shown)}.")] if shown else []


def _how_sure(cells: Sequence[Cell], ratio: str) -> str:
    widths = [
        (cell.change.high - cell.change.low) / (cell.plain.high - cell.plain.low)
        for cell in cells
        if cell.change and cell.plain and cell.plain.high > cell.plain.low
    ]
    lines = [item(literal(ratio))]
    if widths:
        lines.append(item(f"The pre-period leaves {median(widths):.0%} of an interval's width, median of the cells."))
    return "\n".join(lines)


def _true_sections(run: RunFolder, tables: Sequence[str]) -> dict[str, list[str]]:
    worlds = run.worlds()
    control, *treatments = run.arms
    lead = "Each arm is a whole world with the same users and the same random numbers: the changes are exact for them."
    return {
        literal(f"{TITLES[number]}, {treatment}, the truth"): [
            lead,
            true_change_table(true_table(worlds[control], worlds[treatment], number)),
        ]
        for treatment in treatments
        for number in tables
    }


def _funnel_sections(run: RunFolder) -> dict[str, list[str]]:
    folder = run.path / "figures"
    save_figure(funnel_drawing(stage_counts(run)), folder / "funnel.png")
    days, own = run.periods.count("test"), budgets(run, run.frame("advertisers"))
    save_figure(spend_over_the_day(run.frame("ticks"), budgets=own, days=days), folder / "spend.png")
    return {
        "The funnel": ["![The funnel](figures/funnel.png)", stage_table(run)],
        "The money": [money_table(run), *remarks(run), "![Spend over the day](figures/spend.png)"],
    }


def _about(run: RunFolder) -> str:
    tested = [count for count, period in zip(run.requests, run.periods, strict=True) if period == "test"]
    before = sum(run.requests) - sum(tested)
    split = "users alone" if run.design == "users" else "users and budgets"
    settings = {name: run.settings[name] for name in ("candidates", "keep", "auction", "pacing", "market", "seed")}
    own = {
        "arms": "; ".join(f"{arm} = {source}" for arm, source in run.sources.items()),
        "users": ", ".join(f"{arm} {count:,}" for arm, count in run.users.items()),
        "requests": f"{sum(tested):,} on {len(tested)} days, after {before:,} before the test",
        "design": "whole worlds, the same users in each" if run.whole_worlds else f"{split} are split between the arms",
        "settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
    }
    return facts({name: literal(text) for name, text in own.items()})
