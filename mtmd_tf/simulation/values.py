"""What an ad is worth at a request: a bid times the probability of what is paid for, and an organic value."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from mtmd_tf.simulation.market import Market
from tfrecords_tools.sources.adworld.names import CATALOG_SALES, CONVERSIONS
from tfrecords_tools.sources.adworld.world import World

GOALS = ("click", "conversion")
CLICK, CONVERSION = 0, 1


def goal_of(world: World) -> np.ndarray:
    """`[ads]` index into `GOALS`: an ad with the objective conversions or catalog sales pays for conversions."""
    return np.where(np.isin(world.ads.objective, (CONVERSIONS, CATALOG_SALES)), CONVERSION, CLICK)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Values:
    """Of `[requests, candidates]` pairs, by one ranker's probabilities.

        worth = bid * paid + organic
        paid  = P(click), or P(conversion) * clicks_per_conversion for a conversion ad

    A conversion ad has the target bid * clicks_per_conversion a conversion, which is a bid of
    target * P(conversion | click) a click.

    Attributes:
        paid: Expected units of the bid.
        organic: US dollars that the platform counts beside money.
    """

    paid: np.ndarray
    organic: np.ndarray

    def take(self, indices: np.ndarray) -> "Values":
        """The values of the candidates at `[requests, kept]`."""
        return Values(
            paid=np.take_along_axis(self.paid, indices, axis=1),
            organic=np.take_along_axis(self.organic, indices, axis=1),
        )

    def rows(self, rows: np.ndarray) -> "Values":
        """The values of the requests `[rows]`."""
        return Values(paid=self.paid[rows], organic=self.organic[rows])


def values_of(probability: Mapping[str, np.ndarray], goal: np.ndarray, market: Market) -> Values:
    """The values of pairs.

    Args:
        probability: `{task: [requests, candidates]}` given the impression; `ctr`, `gctr`, `cvr`, `hide`, `repin`.
        goal: `[requests, candidates]` index into `GOALS`.
        market: The parameters.
    """
    conversions = probability["cvr"] * np.float32(market.clicks_per_conversion)
    return Values(
        paid=np.where(goal == CONVERSION, conversions, probability["ctr"]),
        organic=np.float32(market.good_click) * probability["gctr"]
        + np.float32(market.repin) * probability["repin"]
        - np.float32(market.hide) * probability["hide"],
    )


TASKS = ("ctr", "gctr", "cvr", "hide", "repin")  # that a ranker must know
