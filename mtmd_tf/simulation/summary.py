"""What a finished simulation says of its arms in a few lines; docs/funnel.md has the statistics."""

import pathlib

import pandas as pd

from mtmd_tf.reporting.markdown import listing
from mtmd_tf.simulation.outputs import USER_COLUMNS
from mtmd_tf.simulation.traffic import TEST

_HEADER = "arm | impressions | CTR | CPC, $ | GCTR | hides | repins | conversions | spend, $ | recall@10"
_CELLS = (
    "{0[arm]} | {0[impressions]:,d} | {0[ctr]:.4f} | {0[cpc]:.4f} | {0[gctr]:.4f} | {0[hdr]:.5f} | {0[rpr]:.4f} | "
    "{0[conversions]:,d} | {0[spend]:,.2f} | {0[recall_10]:.3f}"
)


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
    return listing(_HEADER, _CELLS, rows, names=1)
