"""The online change of each model, from all simulations that compare it with the same control (paper section 3.3)."""

from collections.abc import Sequence

import pandas as pd

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.change import relative_change
from mtmd_tf.simulation.statistics.measures import Measure
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.truth import truths

MODEL = "model"
_RECALLS = {"recall_1": 1, "recall_10": 10, "recall_50": 50}  # of stages.parquet


def online_changes(runs: Sequence[RunFolder], measures: Sequence[Measure]) -> pd.DataFrame:
    """A row for each model, `model` and a column for each measure's relative change against the control.

    Whole worlds give the exact change and go before experiments; several runs of a kind are averaged.

    Raises:
        ConfigError: Runs with different controls.
        DataError: A broken users.parquet.
    """
    controls = {(run.arms[0], run.sources[run.arms[0]]) for run in runs}
    if len(controls) > 1:
        those = " and ".join(sorted({name for name, _ in controls}))
        raise ConfigError(f"online changes need one control in all simulations; they have {those}.")
    rows = []
    for run in runs:
        control, *treatments = run.arms
        if run.whole_worlds:
            worlds = run.worlds()
            found = {arm: truths(worlds[control], worlds[arm], measures) for arm in treatments}
        else:
            moments = run.user_table().moments()
            changes = {
                arm: {m.name: relative_change(moments[control], moments[arm], m, adjusted=True) for m in measures}
                for arm in treatments
            }
            found = {arm: {name: each.value for name, each in own.items() if each} for arm, own in changes.items()}
        rows += [{MODEL: arm, "exact": run.whole_worlds, **own} for arm, own in found.items()]
    names = [measure.name for measure in measures]
    frame = pd.DataFrame(rows, columns=[MODEL, "exact", *names])
    best = frame[frame["exact"] == frame.groupby(MODEL)["exact"].transform("max")]
    return best.groupby(MODEL, sort=False, as_index=False)[names].mean()


def cut_recalls(runs: Sequence[RunFolder]) -> pd.DataFrame:
    """A row for each model, `model` and which share of the heavyweight ranker's best the simulated cuts kept.

    An offline measure on lists as long as the funnel's. Several runs are averaged.

    Raises:
        DataError: A broken stages.parquet.
    """
    frames = []
    for run in runs:
        stages = run.frame("stages")
        own = stages[stages["stage"] == "lightweight"]
        at = f"at {run.settings['keep']} of {run.settings['candidates']}"
        names = {column: f"recall of the top {top} {at}" for column, top in _RECALLS.items()}
        frames.append(own[["arm", *names]].rename(columns={"arm": MODEL, **names}))
    return pd.concat(frames).groupby(MODEL, sort=False, as_index=False).mean()
