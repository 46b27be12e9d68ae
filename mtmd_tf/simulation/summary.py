"""What a finished simulation says of its arms in a few lines; docs/funnel.md has the statistics."""

import pathlib

import pandas as pd

from mtmd_tf.reporting.page import passage
from mtmd_tf.simulation.outputs import USER_COLUMNS
from mtmd_tf.simulation.traffic import TEST


def summary(folder: str | pathlib.Path) -> str:
    """A table of the arms in the test: rates of an impression, costs, and what the cut keeps of the best ten."""
    folder = pathlib.Path(folder)
    users = pd.read_parquet(folder / "users.parquet")
    stages = pd.read_parquet(folder / "stages.parquet")
    sums = users[users["period"] == TEST].groupby("arm", sort=False, as_index=False)[USER_COLUMNS].sum()
    seen = sums["impressions"]
    sums = sums.assign(
        ctr=sums["clicks"] / seen,
        cpc=sums["spend"] / sums["clicks"],
        gctr=sums["good_clicks"] / seen,
        hdr=sums["hides"] / seen,
        rpr=sums["repins"] / seen,
    ).merge(stages[stages["stage"] == "lightweight"][["arm", "recall_10"]], on="arm")
    rows = sums.astype(object).where(sums.notna(), None).to_dict("records")  # a rate of nothing has no value
    return passage(pathlib.Path(__file__).with_suffix(".md"), rows=rows)
