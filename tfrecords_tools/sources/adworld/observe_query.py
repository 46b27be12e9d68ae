"""What the platform sees of a visit: noisy, partly missing query features (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.requests import Column
from tfrecords_tools.sources.adworld.columns import identifiers, masked, ragged, tokens
from tfrecords_tools.sources.adworld.features_query import CONTEXT_EMBEDDING_SIZE, USER_EMBEDDING_SIZE
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.names import (
    AGE_BANDS,
    CATEGORIES,
    COUNTRIES,
    DEVICES,
    ENTRY_POINTS,
    LANGUAGES,
    SEGMENTS,
    TERMS,
    TERMS_PER_CATEGORY,
)
from tfrecords_tools.sources.adworld.seeds import generator
from tfrecords_tools.sources.adworld.topics import STYLE_SIZE, TOPIC_SIZE
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World

_MOST = 6  # tokens of a ragged feature
_MISSING_OF_USER = {
    "segment": 0.10,
    "language": 0.05,
    "age_band": 0.40,
    "account_age_days": 0.05,
    "user_embedding": 0.10,
}
_MISSING_OF_VISIT = {
    "video_seconds_7d": 0.10,
    "hours_since_last_visit": 0.10,
    "query_category": 0.25,
    "query_embedding": 0.05,
    "seed_category": 0.10,
    "seed_embedding": 0.05,
    "seed_saves": 0.10,
}


class QueryObserver:
    """Sees visits through what was once recorded of each user: the same noise at every visit of a user.

    Args:
        world: The world whose visits will be observed.
    """

    def __init__(self, world: World) -> None:
        rng = generator(world.seed, "profiles")
        users, count = world.users, len(world.users)
        self._world = world
        latent = np.concatenate([users.interest, users.style], axis=1)
        projection = rng.normal(0.0, 0.25, (TOPIC_SIZE + STYLE_SIZE, USER_EMBEDDING_SIZE))
        self._embedding = (latent @ projection + rng.normal(0.0, 0.15, (count, USER_EMBEDDING_SIZE))).astype(np.float32)
        self._query_basis, self._seed_basis = rng.normal(0.0, 0.25, (2, TOPIC_SIZE, CONTEXT_EMBEDDING_SIZE))
        self._segment = np.where(rng.random(count) < 0.85, users.segment, rng.integers(len(SEGMENTS), size=count))
        self._order_value = np.exp(users.log_budget + rng.normal(0.0, 0.3, count))
        self._discount_share = 1.0 / (1.0 + np.exp(1.0 - users.price_sensitivity + rng.normal(0.0, 0.3, count)))
        self._interests = self._liked(rng)
        self._searched = self._liked(rng) * TERMS_PER_CATEGORY + rng.integers(TERMS_PER_CATEGORY, size=(count, _MOST))
        self._followed = self._followed_advertisers(rng)
        self._few, self._fewer = rng.integers(0, _MOST + 1, (2, count, 1))
        self._missing = {name: rng.random(count) < share for name, share in _MISSING_OF_USER.items()}

    def observe(self, visits: Visits, history: History) -> tuple[dict[str, Column], np.ndarray]:
        """The query columns and the mask `[visits, features]` of `visits`, with counts as `history` has them."""
        rng = generator(self._world.seed, "query", visits.block.day, visits.block.part)
        columns = self._profile(visits, history) | self._circumstances(visits, rng)
        absent = {name: missing[visits.user] for name, missing in self._missing.items()}
        absent |= {name: rng.random(len(visits)) < share for name, share in _MISSING_OF_VISIT.items()}
        never_bought = history.user["purchases_90d"][visits.user] == 0
        absent |= {"average_order_value": never_bought, "discount_share": never_bought}
        absent["seed_price"] = np.isnan(visits.seed_log_price)
        absent |= {name: column.lengths == 0 for name, column in columns.items() if not isinstance(column, np.ndarray)}
        return masked("query", columns, domain=visits.surface, absent=absent)

    def _profile(self, visits: Visits, history: History) -> dict[str, Column]:
        """What is known of the user at the start of the day."""
        users, user = self._world.users, visits.user
        slot = np.arange(_MOST)
        return {
            "user_id": identifiers("u", user),
            "country": tokens(COUNTRIES, users.country[user]),
            "language": tokens(LANGUAGES, users.country[user]),
            "segment": tokens(SEGMENTS, self._segment[user]),
            "age_band": tokens(AGE_BANDS, users.age_band[user]),
            "account_age_days": np.floor(users.account_age[user]) + history.day,
            **{name: count[user] for name, count in history.user.items()},
            "average_order_value": self._order_value[user],
            "discount_share": self._discount_share[user],
            "recent_interests": ragged(tokens(CATEGORIES, self._interests[user]), slot < self._few[user]),
            "clicked_categories": _most(history.clicks[user]),
            "viewed_categories": _most(history.views[user]),
            "searched_terms": ragged(tokens(TERMS, self._searched[user]), slot < self._fewer[user]),
            "followed_advertisers": ragged(self._followed[user], slot < self._fewer[user]),
            "user_embedding": self._embedding[user],
        }

    def _circumstances(self, visits: Visits, rng: np.random.Generator) -> dict[str, Column]:
        """What the visit itself tells."""
        noise = rng.normal(0.0, 0.1, (len(visits), CONTEXT_EMBEDDING_SIZE))
        return {
            "device": tokens(DEVICES, visits.device),
            "entry_point": tokens(ENTRY_POINTS, visits.entry_point),
            "hour": visits.hour,
            "weekday": visits.weekday,
            "session_depth": visits.depth,
            "hours_since_last_visit": visits.hours_away,
            "query_terms": ragged(tokens(TERMS, visits.query_terms), visits.query_terms >= 0),
            "query_category": tokens(CATEGORIES, visits.context_category),
            "query_length": (visits.query_terms >= 0).sum(axis=1),
            "query_embedding": visits.context @ self._query_basis + noise,
            "seed_category": tokens(CATEGORIES, visits.context_category),
            "seed_saves": np.floor(visits.seed_saves),
            "seed_price": np.exp(np.nan_to_num(visits.seed_log_price)),
            "seed_embedding": visits.context @ self._seed_basis + noise,
        }

    def _liked(self, rng: np.random.Generator) -> np.ndarray:
        """`[users, _MOST]` categories drawn as each user likes them."""
        share = self._world.users.interest_share.cumsum(axis=1)
        drawn = rng.random((len(share), _MOST, 1)) * share[:, None, -1:]
        return (drawn > share[:, None]).sum(axis=2)

    def _followed_advertisers(self, rng: np.random.Generator) -> np.ndarray:
        """`[users, _MOST]` advertisers, each the best fit of style among a few at hand."""
        ads, users = self._world.ads, self._world.users
        at_hand = rng.integers(len(ads), size=(len(users), _MOST, 4))
        fit = np.einsum("us,umas->uma", users.style, ads.style[at_hand])
        return ads.advertiser[np.take_along_axis(at_hand, fit.argmax(axis=2)[..., None], axis=2)[..., 0]]


def _most(counts: np.ndarray) -> Column:
    """The categories with the highest counts above 0, highest first."""
    top = np.argsort(-counts, axis=1, kind="stable")[:, :_MOST]
    return ragged(tokens(CATEGORIES, top), np.take_along_axis(counts, top, axis=1) > 0)
