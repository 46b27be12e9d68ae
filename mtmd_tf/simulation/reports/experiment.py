"""The report of a simulated experiment: Tables 2 to 5 next to the paper's, the funnel, the money (section 3.3)."""

import pathlib
import re
from collections.abc import Sequence

from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import facts, item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import page
from mtmd_tf.simulation.reports.arms import Compared, compare_arms
from mtmd_tf.simulation.reports.change_tables import as_frame
from mtmd_tf.simulation.reports.figures import spend_over_the_day
from mtmd_tf.simulation.reports.funnel_drawing import funnel_drawing
from mtmd_tf.simulation.reports.funnel_section import budgets, money, remarks, stage_counts, stages
from mtmd_tf.simulation.statistics.measures import RATES
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.tables import LEAST_USERS, LEAST_WITH_ACTION
from tfrecords_tools.files import atomically

REPORT, CHANGES = "report.md", "changes.csv"
TABLES = ("2", "3", "4")  # of an ordinary experiment; Table 5's control is the model with free tasks

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(folder: str | pathlib.Path, *, tables: Sequence[str] = TABLES) -> list[str]:
    """Writes report.md, report.html, changes.csv and figures/ into the folder of a finished simulation.

    One arm alone has no tables of changes.

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
    compared = compare_arms(run, tables) if treatments else Compared()
    warnings = compared.warnings
    (run.path / CHANGES).unlink(missing_ok=True)
    if compared.cells:
        with atomically(run.path / CHANGES) as temporary:
            as_frame(compared.cells).to_csv(temporary, index=False)
    title = f"{' and '.join(treatments)} against {control}" if treatments else control
    _draw(run)
    text = page(
        _PAGE,
        title=literal(title),
        warnings=[f"**{literal(each)}**" for each in warnings],
        summary=compared.summary,
        about=_about(run),
        changes=compared.sections,
        stages=stages(run),
        money=money(run),
        remarks=remarks(run),
        measures="\n".join(item(f"{each.name}: {each.words}.") for each in RATES),
        least_users=LEAST_USERS,
        least_with_action=LEAST_WITH_ACTION,
    )
    write_report(text, run.path / REPORT)
    return warnings


def _draw(run: RunFolder) -> None:
    folder = run.path / "figures"
    save_figure(funnel_drawing(stage_counts(run)), folder / "funnel.png")
    days, own = run.periods.count("test"), budgets(run, run.frame("advertisers"))
    save_figure(spend_over_the_day(run.frame("ticks"), budgets=own, days=days), folder / "spend.png")


def _about(run: RunFolder) -> str:
    tested = [count for count, period in zip(run.requests, run.periods, strict=True) if period == "test"]
    before = sum(run.requests) - sum(tested)
    split = "users alone" if run.design == "users" else "users and budgets"
    settings = {name: run.settings[name] for name in ("candidates", "keep", "auction", "pacing", "market", "seed")}
    own = {
        "arms": "; ".join(f"{arm} = {_without_folders(source)}" for arm, source in run.sources.items()),
        "users": ", ".join(f"{arm} {count:,}" for arm, count in run.users.items()),
        "requests": f"{sum(tested):,} on {len(tested)} days, after {before:,} before the test",
        "design": "whole worlds, the same users in each" if run.whole_worlds else f"{split} are split between the arms",
        "settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
    }
    return facts({name: literal(text) for name, text in own.items()})


def _without_folders(source: str) -> str:
    """What ranks in an arm, `a/EXPORT:b/EMBEDDINGS;fault`, with the names of folders alone, of the export where both
    have one name.
    """
    served, semicolon, faults = source.partition(";")
    pairs = [[pathlib.PurePath(path).name for path in pair.split(":")] for pair in served.split(",")]
    names = ", ".join(":".join(dict.fromkeys(pair)) for pair in pairs)
    return names + semicolon + re.sub(r"[^=+;:]*/", "", faults)
