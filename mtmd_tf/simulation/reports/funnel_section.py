"""What the funnel did: candidates, recall and seconds of each stage, money, advertisers (paper sections 1 and 3.3)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mtmd_tf.simulation.statistics.run_folder import RunFolder

_SPENT_OUT = 0.99  # of its budget
_STEPS = {  # of the drawing: stage and column
    "ads": ("retrieval", "candidates_in"),
    "retrieved": ("retrieval", "candidates_kept"),
    "with money left": ("lightweight", "candidates_in"),
    "kept by the lightweight ranker": ("lightweight", "candidates_kept"),
    "win a slot": ("auction", "candidates_kept"),
}
_ACTIONS = {"seen": "impressions", "clicked": "clicks"}


def stage_counts(run: RunFolder) -> dict[str, dict[str, float]]:
    """`{arm: {stage: ads of a request}}` from all ads to clicks, of the requests that stages.parquet counts."""
    stages, ticks = run.frame("stages"), run.frame("ticks")
    found = {}
    for arm in run.arms:
        own = stages[stages["arm"] == arm].set_index("stage")
        tick = ticks[ticks["arm"] == arm][["requests", "impressions", "clicks"]].sum()
        counts = {
            words: float(own.at[stage, column] / max(own.at[stage, "requests"], 1))
            for words, (stage, column) in _STEPS.items()
            if stage in own.index
        }
        seen = {words: float(tick[action] / max(tick["requests"], 1)) for words, action in _ACTIONS.items()}
        found[arm] = counts | seen
    return found


def stages(run: RunFolder) -> list[dict[str, Any]]:
    """Of each arm and stage: candidates, recall of the heavyweight ranker's best after the cut, and time."""
    rows = []
    for row in run.frame("stages").to_dict("records"):
        requests = max(row["requests"], 1)
        recall = {f"recall_{top}": _or_none(row[f"recall_{top}"]) for top in (1, 10, 50)}
        rows.append(
            row
            | recall
            | {"taken": row["candidates_in"] / requests, "kept": row["candidates_kept"] / requests}
            | {"milliseconds": 1000.0 * row["seconds"] / requests}
        )
    return rows


def money(run: RunFolder) -> list[dict[str, Any]]:
    """Revenue, spend against budget and advertisers served, of the days of the test."""
    frame = run.frame("advertisers")
    rows = []
    for arm, budget in budgets(run, frame).items():
        own = frame[frame["arm"] == arm]
        paced = own[own["budget"] > 0.0]
        rows.append(
            {
                "arm": arm,
                "spend": own["spend"].sum(),
                "budget": budget,
                "share": own["spend"].sum() / budget if budget else None,
                "served": own[own["impressions"] > 0]["advertiser"].nunique(),
                "of": own["advertiser"].nunique(),
                "out": float(np.mean(paced["spend"] >= _SPENT_OUT * paced["budget"])) if len(paced) else None,
            }
        )
    return rows


def budgets(run: RunFolder, advertisers: pd.DataFrame) -> Mapping[str, float]:
    """`{arm: US dollars of budget over the test}`; with a split of users alone each arm's is the common one."""
    sums = advertisers.groupby("arm")["budget"].sum()
    return {arm: float(sums.get(arm, 0.0)) for arm in run.arms}


def remarks(run: RunFolder) -> list[str]:
    """What is to be known when these tables are read."""
    if run.design == "users" and not run.whole_worlds:
        return ["The arms share one budget, which is shown for each of them: only users were split."]
    return []


def _or_none(value: float) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
