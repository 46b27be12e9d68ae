"""What the platform's logs hold at the start of a day: counts drawn from latent rates, never from the day's events."""

import dataclasses

import numpy as np

from tfrecords_tools.sources.adworld.seeds import cohort_names, generator
from tfrecords_tools.sources.adworld.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """Counts before `day`, drawn from each user's and ad's own latent rates, so no event of the data set is in them.

    Attributes:
        day: The day that starts.
        views, clicks: `[users, categories]` ads seen in 7 days and clicks in 30 days.
        user: Counts of the users, `{count: [users]}`.
        ad: Counts of the ads, `{count: [ads]}`.
        bid: `[ads]` US dollars a click on this day.
    """

    day: int
    views: np.ndarray
    clicks: np.ndarray
    user: dict[str, np.ndarray]
    ad: dict[str, np.ndarray]
    bid: np.ndarray

    @classmethod
    def before(cls, world: World, day: int, *, cohort: int = 0) -> "History":
        """The history at the start of `day`, of the users of `world`, who are those of this cohort."""
        rng = generator(world.seed, "history", day, *cohort_names(cohort))
        views = rng.poisson(_viewing(world)[:, None] * world.users.interest_share).astype(np.float32)
        rate = 0.05 * 4.0 * np.exp(0.6 * world.users.clicker) * _viewing(world)
        clicks = rng.poisson(rate[:, None] * world.users.interest_share).astype(np.float32)
        return cls(
            day=day,
            views=views,
            clicks=clicks,
            user=_user_counts(world, views, clicks, rng),
            ad=_ad_counts(world, rng),
            bid=world.ads.bid * rng.lognormal(0.0, 0.1, len(world.ads)),
        )


def _viewing(world: World) -> np.ndarray:
    """Expected ads seen in a week, `[users]`."""
    return 40.0 * world.users.activity


def _user_counts(
    world: World, views: np.ndarray, clicks: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    users, total = world.users, clicks.sum(axis=1).astype(int)
    month = 4.0 * _viewing(world)
    return {
        "ads_seen_7d": views.sum(axis=1),
        "clicks_30d": clicks.sum(axis=1),
        "good_clicks_30d": rng.binomial(total, _share(0.6 * users.patience)),
        "outbound_clicks_30d": rng.binomial(total, _share(-0.4 + 0.6 * users.outbound)),
        "purchases_90d": rng.poisson(0.01 * month * np.exp(0.7 * users.shopper)),
        "hides_90d": rng.poisson(0.01 * month * np.exp(0.7 * users.annoyance)),
        "repins_30d": rng.poisson(0.04 * month * np.exp(0.6 * users.repinner)),
        "video_seconds_7d": rng.gamma(2.0, 0.5 * _viewing(world) * np.exp(0.6 * users.video_taste)),
    }


def _ad_counts(world: World, rng: np.random.Generator) -> dict[str, np.ndarray]:
    ads = world.ads
    impressions = rng.poisson(ads.impressions)
    clicks = rng.binomial(impressions, np.minimum(0.025 * np.exp(0.5 * ads.quality), 1.0))
    by_advertiser = np.bincount(ads.advertiser, ads.impressions * 0.025 * np.exp(0.5 * ads.quality))
    return {
        "impressions_7d": impressions,
        "clicks_7d": clicks,
        "good_clicks_7d": rng.binomial(clicks, _share(0.5 * ads.landing_quality)),
        "outbound_clicks_7d": rng.binomial(clicks, _share(-0.4 + 0.3 * ads.landing_quality)),
        "repins_7d": rng.binomial(impressions, np.minimum(0.015 * np.exp(0.5 * ads.inspiration), 1.0)),
        "hides_7d": rng.binomial(impressions, np.minimum(0.003 * np.exp(0.5 * ads.intrusiveness), 1.0)),
        "advertiser_clicks_30d": 4.0 * rng.poisson(by_advertiser)[ads.advertiser],
    }


def _share(logit: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logit))
