"""The users of the ad world: what each one truly likes, tolerates and does."""

import dataclasses

import numpy as np

from tfrecords_tools.sources.adworld.names import AGE_BANDS, COUNTRIES, DEVICES, SEGMENTS
from tfrecords_tools.sources.adworld.seeds import cohort_names, generator
from tfrecords_tools.sources.adworld.topics import STYLE_SIZE, Topics, near, unit

_COUNTRY_SHARES = np.array([0.40, 0.10, 0.08, 0.08, 0.07, 0.07, 0.05, 0.04, 0.03, 0.03, 0.03, 0.02])
_DEVICE_SHARES = np.array([0.40, 0.34, 0.08, 0.18])
_INTERESTS = 3
_TRAITS = ("clicker", "patience", "outbound", "shopper", "repinner", "annoyance", "video_taste")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Users:
    """Latent truth of `[users]`; every trait is in standard deviations unless said otherwise.

    Attributes:
        segment, country, device, age_band: Indices into the lists of `names`; the device is the usual one.
        account_age: Days at the first day of the world.
        activity: Visits relative to the mean user, mean about 1.
        interest: `[users, TOPIC_SIZE]` unit vectors.
        interest_share: `[users, categories]`, sums to 1.
        style: `[users, STYLE_SIZE]` taste in advertisers.
        clicker, patience, outbound, shopper, repinner, annoyance, video_taste: How readily the user clicks, stays,
            leaves the platform, buys, saves, hides, and watches.
        log_budget: ln US dollars that the user usually pays.
        price_sensitivity: Factor on every effect of a price, mean about 1.
    """

    segment: np.ndarray
    country: np.ndarray
    device: np.ndarray
    age_band: np.ndarray
    account_age: np.ndarray
    activity: np.ndarray
    interest: np.ndarray
    interest_share: np.ndarray
    style: np.ndarray
    clicker: np.ndarray
    patience: np.ndarray
    outbound: np.ndarray
    shopper: np.ndarray
    repinner: np.ndarray
    annoyance: np.ndarray
    video_taste: np.ndarray
    log_budget: np.ndarray
    price_sensitivity: np.ndarray

    def __len__(self) -> int:
        return len(self.segment)

    @classmethod
    def make(cls, seed: int, users: int, topics: Topics, *, cohort: int = 0) -> "Users":
        """`users` users of the world with this `seed`; other cohorts are other users, drawn in the same way."""
        rng = generator(seed, "users", *cohort_names(cohort))
        segment = rng.choice(len(SEGMENTS), users, p=np.arange(len(SEGMENTS), 0, -1) / 36)
        segment_trait = generator(seed, "segments").normal(0.0, 0.5, (len(SEGMENTS), len(_TRAITS) + 1))
        trait = segment_trait[segment] + rng.normal(0.0, np.sqrt(0.75), (users, len(_TRAITS) + 1))
        interest = _interest(segment, topics, rng)
        liking = np.exp(5.0 * interest @ topics.centroid.T)
        return cls(
            segment=segment,
            country=rng.choice(len(COUNTRIES), users, p=_COUNTRY_SHARES),
            device=rng.choice(len(DEVICES), users, p=_DEVICE_SHARES),
            age_band=np.clip(rng.normal(2.0, 1.4, users).round(), 0, len(AGE_BANDS) - 1).astype(int),
            account_age=rng.gamma(2.0, 500.0, users),
            activity=rng.lognormal(-0.32, 0.8, users),
            interest=interest,
            interest_share=liking / liking.sum(axis=1, keepdims=True),
            style=rng.normal(size=(users, STYLE_SIZE)) / np.sqrt(STYLE_SIZE),
            **dict(zip(_TRAITS, trait[:, :-1].T, strict=True)),
            log_budget=3.5 + 0.5 * trait[:, -1] + rng.normal(0.0, 0.4, users),
            price_sensitivity=rng.lognormal(-0.125, 0.5, users),
        )


def _interest(segment: np.ndarray, topics: Topics, rng: np.random.Generator) -> np.ndarray:
    """A few favorite categories, drawn as the user's segment likes them, mixed and blurred."""
    noisy_appeal = 4.0 * topics.segment_appeal[segment] + rng.gumbel(size=(len(segment), len(topics.centroid)))
    favorites = np.argsort(-noisy_appeal, axis=1)[:, :_INTERESTS]
    weights = rng.dirichlet(np.full(_INTERESTS, 1.5), len(segment))
    mixture = np.einsum("uf,ufd->ud", weights, topics.centroid[favorites])
    return near(unit(mixture), 0.5, rng)
