"""The advertisers and ads of the ad world: what each ad truly is, costs and deserves."""

import dataclasses

import numpy as np

from tfrecords_tools.sources.adworld.names import (
    CALLS_TO_ACTION,
    CATEGORIES,
    COLORS,
    COUNTRIES,
    LANDING_TYPES,
    SHOPPING,
    STANDARD,
    TERMS_PER_CATEGORY,
    VIDEO,
)
from tfrecords_tools.sources.adworld.seeds import generator
from tfrecords_tools.sources.adworld.topics import STYLE_SIZE, Topics, near, unit

KEYWORDS = 6
ADS_PER_ADVERTISER = 20
CAMPAIGNS_PER_ADVERTISER = 4
_FORMAT_SHARES = np.array([[0.55, 0.30, 0.15, 0.0], [0.60, 0.10, 0.10, 0.20]])  # of each product
_OBJECTIVE_SHARES = np.array([[0.25, 0.55, 0.20, 0.0], [0.0, 0.20, 0.30, 0.50]])
_MEAN_LOG_BID = np.array([-1.2, -0.7, -0.1, -0.3])  # of each objective, ln US dollars a click


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ads:
    """Latent truth of `[ads]`; every trait is in standard deviations unless said otherwise.

    Attributes:
        product, category, format, objective, call_to_action, landing_type, country, color: Indices into `names`.
        advertiser, campaign, brand: Indices.
        topic: `[ads, TOPIC_SIZE]` unit vectors.
        keywords: `[ads, KEYWORDS]` terms, -1 where there are fewer.
        style: `[ads, STYLE_SIZE]`, the advertiser's.
        quality, landing_quality, inspiration, intrusiveness: How well the ad gets clicks, holds the user, gets saved,
            and gets hidden.
        log_price: ln US dollars. discount: Share off. rating: Stars. in_stock: Bool. Shopping ads use them.
        video_seconds, load_seconds: Seconds. age: Days at the first day of the world.
        impressions: Expected impressions a week. bid: US dollars a click. budget: US dollars a day.
    """

    product: np.ndarray
    category: np.ndarray
    format: np.ndarray
    objective: np.ndarray
    call_to_action: np.ndarray
    landing_type: np.ndarray
    country: np.ndarray
    color: np.ndarray
    advertiser: np.ndarray
    campaign: np.ndarray
    brand: np.ndarray
    topic: np.ndarray
    keywords: np.ndarray
    style: np.ndarray
    quality: np.ndarray
    landing_quality: np.ndarray
    inspiration: np.ndarray
    intrusiveness: np.ndarray
    log_price: np.ndarray
    discount: np.ndarray
    rating: np.ndarray
    in_stock: np.ndarray
    video_seconds: np.ndarray
    load_seconds: np.ndarray
    age: np.ndarray
    impressions: np.ndarray
    bid: np.ndarray
    budget: np.ndarray

    def __len__(self) -> int:
        return len(self.product)

    @classmethod
    def make(cls, seed: int, ads: int, topics: Topics) -> "Ads":
        """`ads` ads of the world with this `seed`."""
        rng = generator(seed, "ads")
        advertisers = max(2, ads // ADS_PER_ADVERTISER)
        advertiser = rng.integers(advertisers, size=ads)
        home = rng.integers(len(CATEGORIES), size=advertisers)
        style = rng.normal(size=(advertisers, STYLE_SIZE)) / np.sqrt(STYLE_SIZE)
        advertiser_trait = rng.normal(0.0, 0.5, (advertisers, 4))
        own_trait = rng.normal(0.0, np.sqrt(0.75), (ads, 4))
        quality, landing_quality, inspiration, intrusiveness = (advertiser_trait[advertiser] + own_trait).T
        category = np.where(rng.random(ads) < 0.7, home[advertiser], rng.integers(len(CATEGORIES), size=ads))
        product = np.where(rng.random(ads) < 0.45, SHOPPING, STANDARD)
        objective = _draw(_OBJECTIVE_SHARES[product], rng)
        form = _draw(_FORMAT_SHARES[product], rng)
        keywords, topic = _keywords(category, topics, rng)
        bid = np.exp(_MEAN_LOG_BID[objective] + rng.normal(0.0, 0.5, ads))
        impressions = rng.lognormal(6.0, 1.2, ads)
        return cls(
            product=product,
            category=category,
            format=form,
            objective=objective,
            call_to_action=rng.integers(len(CALLS_TO_ACTION), size=ads),
            landing_type=rng.choice(len(LANDING_TYPES), ads, p=[0.7, 0.2, 0.1]),
            country=rng.integers(len(COUNTRIES), size=advertisers)[advertiser],
            color=rng.integers(len(COLORS), size=ads),
            advertiser=advertiser,
            campaign=advertiser * CAMPAIGNS_PER_ADVERTISER + rng.integers(CAMPAIGNS_PER_ADVERTISER, size=ads),
            brand=rng.integers(max(2, advertisers * 2), size=ads),
            topic=topic,
            keywords=keywords,
            style=style[advertiser],
            quality=quality,
            landing_quality=landing_quality,
            inspiration=inspiration,
            intrusiveness=intrusiveness,
            log_price=topics.log_price[category] + rng.normal(0.0, 0.7, ads),
            discount=np.where(rng.random(ads) < 0.35, rng.beta(2.0, 4.0, ads), 0.0),
            rating=np.clip(4.1 + 0.3 * landing_quality + rng.normal(0.0, 0.4, ads), 1.0, 5.0),
            in_stock=rng.random(ads) < 0.93,
            video_seconds=np.where(form == VIDEO, rng.gamma(3.0, 7.0, ads), 0.0),
            load_seconds=rng.gamma(3.0, 0.8, ads),
            age=rng.gamma(1.5, 30.0, ads),
            impressions=impressions,
            bid=bid,
            budget=impressions / 7 * 0.02 * bid * rng.lognormal(0.0, 0.5, ads),
        )


def _keywords(category: np.ndarray, topics: Topics, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Terms of each ad's category, and the ad's topic: what its terms say, and a little more."""
    terms = category[:, None] * TERMS_PER_CATEGORY + rng.integers(TERMS_PER_CATEGORY, size=(len(category), KEYWORDS))
    kept = np.arange(KEYWORDS) < rng.integers(3, KEYWORDS + 1, len(category))[:, None]
    meaning = (topics.term[terms] * kept[..., None]).sum(axis=1)
    return np.where(kept, terms, -1), near(unit(meaning), 0.5, rng)


def _draw(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One choice for each row of `shares`."""
    return (rng.random((len(shares), 1)) > shares.cumsum(axis=1)).sum(axis=1)
