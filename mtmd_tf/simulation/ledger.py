"""What a simulated day leaves behind: sums by user, tick, stage and advertiser (paper section 3.3)."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from mtmd_tf.simulation.budgets import charge

STAGES = ("retrieval", "lightweight", "heavyweight", "auction")
RECALLED = ("retrieval", "lightweight")  # stages that hand on a part of what the heavyweight ranker would score
TOPS = (1, 10, 50)  # of the heavyweight ranker, whose recall is measured
CELL = ["user", "arm", "period", "surface", "product", "goal"]
EVENTS = {
    "clicks": "ctr",
    "good_clicks": "gctr",
    "outbound_clicks": "octr",
    "hides": "hide",
    "repins": "repin",
    "conversions": "cvr",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Impressions:
    """Ads that users saw, `[impressions]`, in order of time.

    Attributes:
        row: Row of the block.
        request: Number of the request.
        arm: Index of the arm.
        ad: Index of the ad.
        events: `{task: [impressions]}` bool.
        charged: Millionths of a dollar.
    """

    row: np.ndarray
    request: np.ndarray
    arm: np.ndarray
    ad: np.ndarray
    events: dict[str, np.ndarray]
    charged: np.ndarray

    @classmethod
    def charge(
        cls, left: np.ndarray, *, pool: np.ndarray, advertiser: np.ndarray, price: np.ndarray, **shown: Any
    ) -> "Impressions":
        """Impressions whose clicks are charged to `left`, `[pools, advertisers]`, in order of time.

        Args:
            left: Millionths of a dollar that are left; lowered by the charges.
            pool: `[impressions]` pools of budgets.
            advertiser: `[impressions]` advertisers.
            price: `[impressions]` int64 price of a click.
            shown: The other fields.
        """
        charged = np.zeros_like(price)
        clicks = np.flatnonzero(shown["events"]["ctr"])
        owner = pool[clicks] * left.shape[1] + advertiser[clicks]
        charged[clicks] = charge(left.reshape(-1), owner, price[clicks])
        return cls(charged=charged, **shown)


class StageCounts:
    """Counts of the stages, `[arms]` each, that add up over blocks and days.

    Args:
        arms: Number of arms.
    """

    def __init__(self, arms: int) -> None:
        self.sums = {
            f"{stage}/{what}": np.zeros(arms, np.float64 if what == "seconds" else np.int64)
            for stage in STAGES
            for what in ("requests", "in", "kept", "seconds")
        }
        self.sums |= {
            f"{stage}/recall/{top}/{what}": np.zeros(arms, np.int64)
            for stage in RECALLED
            for top in TOPS
            for what in ("found", "wanted")
        }
        self._arms = arms

    def add(self, stage: str, arm: np.ndarray, *, taken: np.ndarray, kept: np.ndarray) -> None:
        """Adds requests of `arm` `[requests]` to a stage, with the candidates that came and stayed, `[requests]`."""
        for what, number in (("requests", np.ones_like(arm)), ("in", taken), ("kept", kept)):
            self.sums[f"{stage}/{what}"] += np.bincount(arm, number, minlength=self._arms).astype(np.int64)

    def spend(self, stage: str, arm: np.ndarray, seconds: float) -> None:
        """Adds seconds that requests of `arm` `[requests]` took together."""
        if len(arm):
            self.sums[f"{stage}/seconds"] += np.bincount(arm, minlength=self._arms) / len(arm) * seconds

    def recall(self, stage: str, top: int, arm: np.ndarray, *, found: np.ndarray, wanted: np.ndarray) -> None:
        """Adds how many of the best `top` survive a stage of `RECALLED`, `[requests]` each."""
        for what, number in (("found", found), ("wanted", wanted)):
            self.sums[f"{stage}/recall/{top}/{what}"] += np.bincount(arm, number, minlength=self._arms).astype(np.int64)

    def merge(self, other: "StageCounts") -> None:
        """Adds the counts of other requests."""
        for name, own in other.sums.items():
            self.sums[name] += own

    def frame(self, arms: list[str]) -> pd.DataFrame:
        """A row for each arm and stage."""
        rows: list[dict[str, Any]] = []
        for number, arm in enumerate(arms):
            for stage in STAGES:
                own = {what: self.sums[f"{stage}/{what}"][number] for what in ("requests", "in", "kept", "seconds")}
                recalls = {f"recall_{top}": self._recall(top, number, stage) for top in TOPS}
                rows.append(
                    {"arm": arm, "stage": stage, "requests": own["requests"]}
                    | {"candidates_in": own["in"], "candidates_kept": own["kept"]}
                    | recalls
                    | {"seconds": own["seconds"]}
                )
        return pd.DataFrame(rows)

    def _recall(self, top: int, arm: int, stage: str) -> float:
        wanted = self.sums[f"{stage}/recall/{top}/wanted"][arm] if stage in RECALLED else 0
        return self.sums[f"{stage}/recall/{top}/found"][arm] / wanted if wanted else np.nan


def user_sums(shown: list[Impressions], *, user: np.ndarray, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """A row for each arm, user and cell of one day, in this order.

    Args:
        shown: The day's impressions.
        user: `[impressions]` users.
        columns: `{"surface": ..., "product": ..., "goal": ...}`, `[impressions]` indices.
    """
    joined = {name: np.concatenate([getattr(own, name) for own in shown]) for name in ("arm", "request", "charged")}
    events = {name: np.concatenate([own.events[task] for own in shown]) for name, task in EVENTS.items()}
    frame = pd.DataFrame(
        {"arm": joined["arm"], "user": user, **columns, "request": joined["request"], "impressions": 1}
        | {name: own.astype(np.int64) for name, own in events.items()}
        | {"spend": joined["charged"]}
    )
    cell = ["arm", "user", *columns]
    frame["requests"] = (~frame.duplicated([*cell, "request"])).astype(np.int64)
    return frame.drop(columns="request").groupby(cell, sort=True, as_index=False).sum()
