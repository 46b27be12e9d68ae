"""The report of several simulations: designs against the truth, the cut sweep, offline measures (paper section 3.3)."""

import pathlib
from collections.abc import Sequence

import pandas as pd

from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import document, listing
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

_READING = """\
- truth: two whole worlds with the same users and the same random numbers, one for each arm.
- bias: mean of estimate less truth over the experiments, in points of relative change, with its standard error.
- rmse: root of the mean squared distance from the truth. nearest: the design with the smallest, by chance where
  the biases are within their errors.
- covered: share of the experiments whose 95% interval contains the truth.
- Spearman: rank correlation over models, with a 95% bootstrap interval over models. Of errors (LogMAE, KL, score loss)
  a good predictor of more clicks has -1, of recall, AUC and hit rate +1."""


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
    sections = {
        "The designs against the truth": [_designs(group) for group in groups(runs)],
        "The cut": _cut(runs, out) if len({run.settings["keep"] for run in runs}) > 1 else [],
        "Which offline measure predicts the online change?": [] if models is None else _prediction(runs, models, out),
    }
    if not any(sections.values()):
        raise ConfigError(
            f"nothing to compare in {len(runs)} simulations; give whole worlds (--worlds=two) with experiments of the "
            f"same arms and seed, runs with several --keep, or a table of {LEAST_MODELS} models or more."
        )
    text = document("Simulations compared", sections={**sections, "How to read it": _READING})
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
    shown = [
        (
            each,
            *(
                100.0 * value if value is not None else None
                for value in (each.truth, each.bias, each.bias_error, each.rmse)
            ),
        )
        + ("yes" if each.nearest else "",)
        for each in errors
    ]
    header = "measure | design | experiments | truth | bias | its error | rmse | covered | nearest"
    cells = (
        "{0.measure} | {0.design} | {0.experiments} | {1:+.2f}% | {2:+.2f} | {3:.2f} | {4:.2f} | {0.covered:.0%} | {5}"
    )
    lead = literal(f"{treatment} against {control}, {group.truth.settings['keep']} ads kept:")
    return f"{lead}\n\n{listing(header, cells, shown, names=2)}"


def _cut(runs: Sequence[RunFolder], out: pathlib.Path) -> list[str]:
    points = sweep(runs, RATES)
    save_figure(sweep_figure(points, measures=RATES), out / "figures" / "sweep.png")
    shown = [(point, point.level) for point in points if point.measure in (CPC.name, CTR.name)]
    cells = "{0.arm} | {0.kept} | {0.measure} | {1.value:.5f} | {1.low:.5f} to {1.high:.5f}"
    return [
        "![Online measures against the number kept](figures/sweep.png)",
        "\n".join(item(literal(line)) for line in _savings(points)),
        listing("arm | kept | measure | value | 95% interval", cells, [s for s in shown if s[1]], names=3),
    ]


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


def _prediction(runs: Sequence[RunFolder], offline: pd.DataFrame, out: pathlib.Path) -> list[str]:
    offline = offline.merge(cut_recalls(runs), on=MODEL, how="left", suffixes=("", " in the simulation"))
    both = offline.merge(online_changes(runs, ONLINE), on=MODEL, how="inner", suffixes=("", " online"))
    if len(both) < LEAST_MODELS:
        return []
    names = [name for name in offline.columns if name != MODEL]
    found = offline_against_online(both, offline=names, online=[measure.name for measure in ONLINE])
    save_figure(prediction_figure(both, found, online=CTR), out / "figures" / "prediction.png")
    cells = "{0.offline} | {0.online} | {0.value:+.2f} | {0.low:+.2f} to {0.high:+.2f}"
    few = f" At least {WISHED_MODELS} are needed to tell measures apart." if len(both) < WISHED_MODELS else ""
    shown = ["LogMAE", *(measure.name for measure in ONLINE)]
    shown = [name for name in both.columns if name in shown or name.endswith(": LogMAE")]
    return [
        f"{len(both)} models.{few}",
        "![Offline measures against the online change](figures/prediction.png)",
        listing("offline measure | change of | Spearman | 95% interval", cells, found, names=2),
        "The models, with their online changes:",
        listing(
            " | ".join((MODEL, *shown)),
            "{0} | " + " | ".join(_cell(name) for name in shown),
            [(row[MODEL], row) for row in both.to_dict("records")],
            names=1,
        ),
    ]


def _cell(name: str) -> str:
    return f"{{1[{name}]:+.2%}}" if name in {measure.name for measure in ONLINE} else f"{{1[{name}]:.3f}}"
