"""The report of several simulations: designs against the truth, the cut sweep, offline measures (paper section 3.3)."""

import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import page, passage
from mtmd_tf.simulation.reports.prediction_figure import prediction_figure
from mtmd_tf.simulation.reports.sweep_figure import sweep_figure
from mtmd_tf.simulation.statistics.grouping import Group, groups
from mtmd_tf.simulation.statistics.measures import RATES, VOLUMES
from mtmd_tf.simulation.statistics.online import MODEL, cut_recalls, online_changes
from mtmd_tf.simulation.statistics.prediction import LEAST_MODELS, WISHED_MODELS, offline_against_online
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.sweep import SweepPoint, least_kept, sweep
from mtmd_tf.simulation.statistics.truth import compare_designs, replays, truths

REPORT = "comparison.md"
CPC, CTR = RATES[:2]
ONLINE = (CPC, CTR, VOLUMES[-1])
_DESIGNS = {"budgets": "users and budgets split", "users": "users alone split"}

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(folders: Sequence[str | pathlib.Path], out: pathlib.Path, *, models: pd.DataFrame | None = None) -> str:
    """Writes comparison.md, comparison.html and figures/ on several finished simulations.

    Two whole worlds and experiments of the same arms, world and seed give the designs' errors. Runs that differ in the
    number kept give the sweep. A table of models gives the correlations of offline measures with online changes.

    Args:
        folders: Folders of simulations.
        out: Folder of the report.
        models: A row for each model: the column `model`, names of arms, and a column for each offline measure.

    Returns:
        The text of comparison.md.

    Raises:
        ConfigError: Nothing to compare, or online changes against different controls.
        DataError: A broken folder.
    """
    runs = [RunFolder.read(folder) for folder in folders]
    (out / "figures").mkdir(parents=True, exist_ok=True)
    sections: dict[str, Any] = {
        "designs": [_designs(group) for group in groups(runs)],
        **_cut(runs if len({run.settings["keep"] for run in runs}) > 1 else [], out),
        **_prediction(runs, models, out),
    }
    if not any(sections.values()):
        raise ConfigError(
            f"nothing to compare in {len(runs)} simulations; give whole worlds (--worlds=two) with experiments of the "
            f"same arms and seed, runs with several --keep, or a table of {LEAST_MODELS} models or more."
        )
    text = page(_PAGE, **sections)
    write_report(text, out / REPORT)
    return text


def _designs(group: Group) -> str:
    worlds, (control, treatment) = group.truth.worlds(), group.truth.arms
    truth = truths(worlds[control], worlds[treatment], (*RATES, *VOLUMES))
    split = {
        words: [run.user_table() for run in group.experiments if run.design == design]
        for design, words in _DESIGNS.items()
    }
    errors = compare_designs(replays(truth, split, (*RATES, *VOLUMES), control=control, treatment=treatment))
    lead = literal(f"{treatment} against {control}, {group.truth.settings['keep']} ads kept:")
    rows = [
        (each, *map(_points, (each.bias, each.bias_error, each.rmse)), "yes" if each.nearest else "") for each in errors
    ]
    return passage(_PAGE.with_name("designs.md"), lead=lead, rows=rows)


def _points(change: float | None) -> float | None:
    return None if change is None else 100.0 * change


def _cut(runs: Sequence[RunFolder], out: pathlib.Path) -> dict[str, Any]:
    points = sweep(runs, RATES) if runs else []
    if points:
        save_figure(sweep_figure(points, measures=RATES), out / "figures" / "sweep.png")
    return {
        "sweep": "figures/sweep.png" if points else "",
        "savings": "\n".join(item(literal(line)) for line in _savings(points)),
        "points": [point for point in points if point.level and point.measure in (CPC.name, CTR.name)],
    }


def _savings(points: Sequence[SweepPoint]) -> list[str]:
    arms = list(dict.fromkeys(point.arm for point in points))
    found = []
    for arm in arms:
        for other in arms:
            least = least_kept(points, measure=CTR, arm=arm, against=other) if arm != other else None
            if least and least[0] < least[1]:
                found.append(
                    f"{arm} with {least[0]} kept has the CTR of {other} with {least[1]}: "
                    f"{least[0] / least[1]:.0%} of the heavyweight ranker's work, by the values alone."
                )
    return found


def _prediction(runs: Sequence[RunFolder], models: pd.DataFrame | None, out: pathlib.Path) -> dict[str, Any]:
    nothing = {"models": "", "prediction": "", "correlations": [], "changes": []}
    if models is None:
        return nothing
    offline = models.merge(cut_recalls(runs), on=MODEL, how="left", suffixes=("", " in the simulation"))
    both = offline.merge(online_changes(runs, ONLINE), on=MODEL, how="inner", suffixes=("", " online"))
    if len(both) < LEAST_MODELS:
        return nothing
    names, online = [name for name in offline.columns if name != MODEL], [measure.name for measure in ONLINE]
    found = offline_against_online(both, offline=names, online=online)
    save_figure(prediction_figure(both, found, online=CTR), out / "figures" / "prediction.png")
    few = f" At least {WISHED_MODELS} are needed to tell measures apart." if len(both) < WISHED_MODELS else ""
    shown = [name for name in both.columns if name in ("LogMAE", *online) or name.endswith(": LogMAE")]
    return {
        "models": f"{len(both)} models.{few}",
        "prediction": "figures/prediction.png",
        "correlations": found,
        "changes": [
            (row[MODEL], name, number(row[name], "+.2%" if name in online else ".3f"))
            for row in both.to_dict("records")
            for name in shown
        ],
    }
