"""The files of a finished simulation, which the statistics read (docs/funnel.md)."""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mtmd_tf.simulation.budgets import MICROS
from mtmd_tf.simulation.day_run import DayResult
from mtmd_tf.simulation.ledger import CELL, StageCounts
from mtmd_tf.simulation.traffic import TEST
from mtmd_tf.simulation.values import GOALS
from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import atomically, write_text
from tfrecords_tools.sources.adworld.names import PRODUCTS, SURFACES

RUN_FILE = "run.json"
USER_COLUMNS = [
    "requests", "impressions", "clicks", "good_clicks", "outbound_clicks", "hides", "repins", "conversions", "spend",
]  # fmt: skip


def write_outputs(
    folder: pathlib.Path, days: Sequence[DayResult], *, arms: Sequence[str], periods: Sequence[str], run: dict[str, Any]
) -> None:
    """Writes users, ticks, stages (of the test) and advertisers, then run.json, which makes the simulation complete.

    Args:
        folder: The simulation's folder.
        days: The days in order.
        arms: Names of the arms.
        periods: `pre` or `test`, of each day.
        run: Content of run.json.
    """
    stages = StageCounts(len(arms))
    for day, period in zip(days, periods, strict=True):
        if period == TEST:
            stages.merge(day.stages)
    frames = {
        "users": _users(days, arms, periods),
        "ticks": _by_day("ticks", days, arms)[
            ["day", "tick", "arm", "requests", "impressions", "clicks", "spend", "budget_left"]
        ],
        "stages": stages.frame(list(arms)),
        "advertisers": _by_day("advertisers", days, arms)[
            ["arm", "day", "advertiser", "budget", "spend", "impressions"]
        ],
    }
    for name, frame in frames.items():
        with atomically(folder / f"{name}.parquet") as temporary:
            frame.to_parquet(temporary, index=False)
    write_text(folder / RUN_FILE, json.dumps(with_digest(run), indent=1) + "\n")


def _users(days: Sequence[DayResult], arms: Sequence[str], periods: Sequence[str]) -> pd.DataFrame:
    """A row for each user, arm, period and cell with an impression."""
    parts = [day.users.assign(period=period) for day, period in zip(days, periods, strict=True)]
    sums = pd.concat(parts).groupby(["period", "arm", "user", "surface", "product", "goal"], sort=True, as_index=False)
    frame = sums[USER_COLUMNS].sum()
    named = {"arm": arms, "surface": SURFACES, "product": PRODUCTS, "goal": GOALS}
    frame = frame.assign(**{name: np.array(own, dtype=object)[frame[name]] for name, own in named.items()})
    return frame.assign(spend=frame["spend"] / MICROS)[CELL + USER_COLUMNS]


def _by_day(name: str, days: Sequence[DayResult], arms: Sequence[str]) -> pd.DataFrame:
    """The days' frames one after another, with money in US dollars."""
    frame = pd.concat([getattr(day, name).assign(day=number) for number, day in enumerate(days)], ignore_index=True)
    money = {column: frame[column] / MICROS for column in ("spend", "budget", "budget_left") if column in frame}
    return frame.assign(arm=np.array(arms, dtype=object)[frame["arm"]], **money)
