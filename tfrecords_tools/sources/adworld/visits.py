"""Who visits which surface when, and what the visit is about: one block of visits at a time."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.partition import SECONDS_A_DAY
from tfrecords_tools.sources.adworld.names import (
    CATEGORIES,
    DEVICES,
    HOME_FEED,
    RELATED_PIN,
    SEARCH,
    SURFACES,
    TERMS_PER_CATEGORY,
)
from tfrecords_tools.sources.adworld.seeds import generator
from tfrecords_tools.sources.adworld.topics import TOPIC_SIZE, near, unit
from tfrecords_tools.sources.adworld.world import World

FIRST_DAY = 20_148  # 2025-03-01 in days since 1970, a Saturday
BLOCK = 4_096
_LONG_PAIRS = 2**18  # of a block where lists are long
QUERY_TERMS = 5
_SURFACE_SHARES = np.array([0.45, 0.25, 0.30])
_HOUR_SHARES = 1.0 + 0.7 * np.cos((np.arange(24) - 20) * 2 * np.pi / 24)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """Visits `first` to `first + size` of the data set, all of one day; a day's parts follow one another."""

    day: int
    part: int
    parts: int
    first: int
    size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visits:
    """The truth of one block of `[requests]` visits; fields of another surface hold zeros, no price is NaN.

    Attributes:
        block: Number of the block of visits.
        user, surface, device, entry_point, hour, weekday: Indices.
        second: Seconds since 1970, in ascending order.
        depth: Visits so far in this session, from 1. hours_away: Hours since the session before.
        context: `[requests, TOPIC_SIZE]` unit vectors: the query on search, the seed pin on related_pin, else zeros.
        context_category: Category of the query or the seed pin.
        query_terms: `[requests, QUERY_TERMS]`, -1 where there are fewer.
        seed_saves: Saves of the seed pin. seed_log_price: ln US dollars of what the seed pin sells.
    """

    block: Block
    user: np.ndarray
    surface: np.ndarray
    device: np.ndarray
    entry_point: np.ndarray
    second: np.ndarray
    hour: np.ndarray
    weekday: np.ndarray
    depth: np.ndarray
    hours_away: np.ndarray
    context: np.ndarray
    context_category: np.ndarray
    query_terms: np.ndarray
    seed_saves: np.ndarray
    seed_log_price: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: np.ndarray) -> "Visits":
        """The visits with the indices `[rows]`, in this order."""
        own = (field.name for field in dataclasses.fields(self) if field.name != "block")
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in own})


def blocks(world: World) -> Iterator[Block]:
    """The world's visits in day order, evenly over the days; at most `BLOCK` at a time, fewer if lists are long."""
    most = max(1, min(BLOCK, _LONG_PAIRS // world.candidates)) if world.long_lists else BLOCK
    starts = np.arange(world.days + 1) * world.requests // world.days
    for day, (start, end) in enumerate(itertools.pairwise(starts)):
        parts = -(-(end - start) // most)
        edges = start + np.arange(parts + 1) * (end - start) // parts
        for part, (first, last) in enumerate(itertools.pairwise(edges)):
            yield Block(day=day, part=part, parts=int(parts), first=int(first), size=int(last - first))


def visit(world: World, block: Block) -> Visits:
    """Draws the visits of `block`."""
    rng = generator(world.seed, "visits", block.day, block.part)
    user, surface, depth, second = _sessions(world, block, rng)
    usual = world.users.device[user]
    context, category, terms = _context(world, user, surface, rng)
    on_seed = surface == RELATED_PIN
    sells = on_seed & (rng.random(block.size) < 0.4)
    seed_log_price = world.topics.log_price[category] + rng.normal(0.0, 0.6, block.size)
    return Visits(
        block=block,
        user=user,
        surface=surface,
        device=np.where(rng.random(block.size) < 0.85, usual, rng.integers(len(DEVICES), size=block.size)),
        entry_point=2 * surface + (rng.random(block.size) < 0.35),
        second=second,
        hour=second % SECONDS_A_DAY // 3600,
        weekday=(FIRST_DAY + block.day + 3) % 7 * np.ones(block.size, dtype=int),
        depth=depth,
        hours_away=rng.gamma(1.0, 24.0 / world.users.activity[user]),
        context=context,
        context_category=category,
        query_terms=terms,
        seed_saves=np.where(on_seed, rng.lognormal(4.0, 1.2, block.size), 0.0),
        seed_log_price=np.where(sells, seed_log_price, np.nan),
    )


def _sessions(
    world: World, block: Block, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """User, surface, depth and second of each visit, in order of time; a session is one user on one surface."""
    longer = rng.geometric(0.45, block.size)
    session = np.repeat(np.arange(block.size), longer)[: block.size]
    depth = np.arange(block.size) - np.searchsorted(session, session) + 1
    activity = world.users.activity.cumsum()
    user = np.searchsorted(activity, rng.random(block.size) * activity[-1])[session]
    surface = rng.choice(len(SURFACES), block.size, p=_SURFACE_SHARES)[session]
    share_of_day = (block.part + rng.random(block.size)) / block.parts
    clock = np.interp(share_of_day, np.append(0.0, _HOUR_SHARES.cumsum() / _HOUR_SHARES.sum()), np.arange(25) * 3600.0)
    second = np.minimum(clock[session] + 45.0 * (depth - 1), SECONDS_A_DAY - 1).astype(np.int64)
    order = np.argsort(second, kind="stable")
    return user[order], surface[order], depth[order], (FIRST_DAY + block.day) * SECONDS_A_DAY + second[order]


def _context(world: World, user: np.ndarray, surface: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Topic vector and category of the query or the seed pin, and the query's terms, led by the user's interests."""
    share = world.users.interest_share[user].cumsum(axis=1)
    liked = (rng.random((len(user), 1)) * share[:, -1:] > share).sum(axis=1)
    category = np.where(rng.random(len(user)) < 0.6, liked, rng.integers(len(CATEGORIES), size=len(user)))
    terms = category[:, None] * TERMS_PER_CATEGORY + rng.integers(TERMS_PER_CATEGORY, size=(len(user), QUERY_TERMS))
    kept = np.arange(QUERY_TERMS) < rng.integers(1, QUERY_TERMS + 1, len(user))[:, None]
    query = near(unit((world.topics.term[terms] * kept[..., None]).sum(axis=1)), 0.2, rng)
    seed = near(world.topics.centroid[category], 0.8, rng)
    context = np.select(
        [(surface == SEARCH)[:, None], (surface == RELATED_PIN)[:, None]], [query, seed], np.zeros(TOPIC_SIZE)
    )
    terms = np.where(kept & (surface == SEARCH)[:, None], terms, -1)
    return context, np.where(surface == HOME_FEED, 0, category), terms
