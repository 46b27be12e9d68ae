"""Folders of finished simulations for tests, with the files that `mtmd_tf.jobs.simulate` leaves."""

import json
import pathlib
from typing import Any

import numpy as np
import pandas as pd

from tests.mtmd_tf.simulation.user_rows import user_rows
from tfrecords_tools.digests import with_digest

TICKS = 24
STAGES = {"retrieval": (5000, 100), "lightweight": (90, 10), "heavyweight": (10, 10), "auction": (10, 3)}


def leave_run(folder: pathlib.Path, rows: pd.DataFrame | None = None, **said: Any) -> pathlib.Path:
    """Writes the files of a simulation of one day before the test and one of it; `said` changes run.json."""
    rows = user_rows(400, lift=0.2) if rows is None else rows
    arms = list(dict.fromkeys(rows["arm"]))
    folder.mkdir(parents=True)
    rows.to_parquet(folder / "users.parquet", index=False)
    requests = 1000
    ticks = pd.DataFrame(
        [
            {"day": day, "tick": tick, "arm": arm, "requests": requests // TICKS, "impressions": 100, "clicks": 10}
            | {"spend": 2.0, "budget_left": 100.0 - 2.0 * tick}
            for day in (0, 1)
            for tick in range(TICKS)
            for arm in arms
        ]
    )
    stages = pd.DataFrame(
        [
            {"arm": arm, "stage": stage, "requests": requests, "seconds": 1.5}
            | {"candidates_in": taken * requests, "candidates_kept": kept * requests}
            | {f"recall_{top}": 0.9 if stage == "lightweight" else np.nan for top in (1, 10, 50)}
            for arm in arms
            for stage, (taken, kept) in STAGES.items()
        ]
    )
    advertisers = pd.DataFrame(
        [
            {"arm": arm, "day": day, "advertiser": advertiser, "budget": 50.0}
            | {"spend": 50.0 if advertiser == 0 else 5.0 * (advertiser % 2), "impressions": 100 * (advertiser % 2)}
            for arm in arms
            for day in (0, 1)
            for advertiser in range(4)
        ]
    )
    for name, frame in {"ticks": ticks, "stages": stages, "advertisers": advertisers}.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    settings = {
        "candidates": 100,
        "keep": 10,
        "auction": "gsp",
        "pacing": "multiplicative",
        "market": "first",
        "seed": 0,
    }
    run = {
        "arms": [{"name": arm, "source": "random"} for arm in arms],
        "users": {arm: int(rows[rows["arm"] == arm]["user"].nunique()) + 5 for arm in arms},
        "arm_share": {arm: 1.0 / len(arms) for arm in arms},
        "settings": {**settings, "split": "budgets", "worlds": "one", **said.pop("settings", {})},
        "periods": ["pre", "test"],
        "requests": [500, 500],
    }
    (folder / "run.json").write_text(json.dumps(with_digest(run | said)))
    return folder
