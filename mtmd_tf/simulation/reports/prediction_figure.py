"""Offline measures against the online change: a panel for each measure, a point for each model (paper section 3.2)."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.reporting.figures import TITLE, color, panels, plain
from mtmd_tf.simulation.statistics.measures import Measure
from mtmd_tf.simulation.statistics.online import MODEL
from mtmd_tf.simulation.statistics.prediction import Correlation

_PANELS = 12  # the measures that go together best with the online change


def prediction_figure(models: pd.DataFrame, found: Sequence[Correlation], *, online: Measure) -> Figure:
    """The offline measures that order the models most like the online measure does, at most twelve.

    Args:
        models: A row for each model, with a column for each measure.
        found: Correlations of the measures.
        online: The online measure, on the vertical axis in percent.
    """
    own = sorted((each for each in found if each.online == online.name), key=lambda each: -abs(each.value))[:_PANELS]
    figure, grid = panels(max(len(own), 1), across=min(max(len(own), 1), 4))
    for axes, each in zip(grid, own, strict=False):
        axes.scatter(models[each.offline], 100.0 * models[online.name], color=color(0), s=18)
        for _, row in models.iterrows():
            axes.annotate(str(row[MODEL]), (row[each.offline], 100.0 * row[online.name]), fontsize=5)
        axes.set_title(f"{each.offline}: {each.value:+.2f}", fontsize=9)
        axes.set_ylabel(f"change of {online.name}, %", fontsize=8)
        plain(axes)
    figure.suptitle(f"Offline measures against the change of {online.name}", **TITLE)
    return figure
