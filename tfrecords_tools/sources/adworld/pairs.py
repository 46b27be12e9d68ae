"""The true relations between the visits of a block and their candidates, on which behavior depends."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.sources.adworld import long_lists
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.names import SHOPPING
from tfrecords_tools.sources.adworld.retrieval import retrieve
from tfrecords_tools.sources.adworld.visits import Block, Visits, blocks, visit
from tfrecords_tools.sources.adworld.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pairs:
    """Visits with their candidates; every relation is `[requests, candidates]`.

    Attributes:
        candidate: `[requests, candidates]` indices of ads.
        interest: Cosine of the user's interests and the ad's topic.
        context: Cosine of the query or seed pin and the ad's topic; 0 on home_feed.
        style: Fit of the user's and the advertiser's style, in standard deviations.
        price_gap: ln of price over what the user usually pays.
        shared_terms: Terms of the query that are keywords of the ad.
        views: Ads of this category that the user saw in the last 7 days.
    """

    world: World
    history: History
    visits: Visits
    candidate: np.ndarray
    interest: np.ndarray
    context: np.ndarray
    style: np.ndarray
    price_gap: np.ndarray
    shared_terms: np.ndarray
    views: np.ndarray

    @classmethod
    def make(cls, world: World, history: History, block: Block) -> "Pairs":
        """The pairs of `block`, whose day must start with `history`."""
        visits = visit(world, block)
        return cls.of(world, history, visits, _candidates(world, visits))

    @classmethod
    def of(cls, world: World, history: History, visits: Visits, candidate: np.ndarray) -> "Pairs":
        """The pairs of `visits` with the ads `candidate`, `[requests, candidates]` indices."""
        users, ads, user = world.users, world.ads, visits.user
        topic, keywords = ads.topic[candidate], ads.keywords[candidate]
        asked = np.where(visits.query_terms < 0, -2, visits.query_terms)  # -1 would equal an unused keyword
        return cls(
            world=world,
            history=history,
            visits=visits,
            candidate=candidate,
            interest=np.einsum("rd,rcd->rc", users.interest[user], topic),
            context=np.einsum("rd,rcd->rc", visits.context, topic),
            style=2.0 * np.einsum("rs,rcs->rc", users.style[user], ads.style[candidate]),
            price_gap=ads.log_price[candidate] + np.log1p(-ads.discount[candidate]) - users.log_budget[user][:, None],
            shared_terms=(asked[:, None, :, None] == keywords[:, :, None, :]).any(axis=3).sum(axis=2),
            views=history.views[user[:, None], ads.category[candidate]],
        )

    def of_user(self, trait: str) -> np.ndarray:
        """`[requests, 1]`: the user's `trait`."""
        return getattr(self.world.users, trait)[self.visits.user][:, None]

    def of_ad(self, trait: str) -> np.ndarray:
        """`[requests, candidates]`: the ad's `trait`."""
        return getattr(self.world.ads, trait)[self.candidate]

    def of_visit(self, trait: str) -> np.ndarray:
        """`[requests, 1]`: the visit's `trait`."""
        return getattr(self.visits, trait)[:, None]

    def by_slice(self, table: list[list[float]]) -> np.ndarray:
        """`[requests, candidates]`: the entry of `table[surface][product]`."""
        return np.array(table)[self.of_visit("surface"), self.of_ad("product")]

    def by_surface(self, row: list[float]) -> np.ndarray:
        """`[requests, 1]`: the entry of `row[surface]`."""
        return np.array(row)[self.of_visit("surface")]

    def effect(self, row: list[float]) -> np.ndarray:
        """`[requests, 1]`: the weight of an effect on the surface, as far from the others' as the world says."""
        return self.world.distance.weights(row)[self.of_visit("surface")]

    def by_product(self, *, standard: np.ndarray, shopping: np.ndarray) -> np.ndarray:
        """`[requests, candidates]`: the effects that each product alone has, as large as the world says."""
        return self.world.distance.products * np.where(self.of_ad("product") == SHOPPING, shopping, standard)

    def taste(self, name: str, *of: np.ndarray) -> np.ndarray:
        """`[requests, candidates]`: the entry of the table `name` of `Topics` at `of`, as this slice has it."""
        return self.world.tastes[name][self.of_visit("surface"), self.of_ad("product"), *of]


def _candidates(world: World, visits: Visits) -> np.ndarray:
    if not world.long_lists:
        return retrieve(world, visits)
    return long_lists.retrieve(world, visits, count=world.candidates, first=visits.block.first, day=visits.block.day)


def walk(world: World) -> Iterator[Pairs]:
    """Every pair of the world, a block at a time, in day order."""
    history = None
    for block in blocks(world):
        if history is None or history.day != block.day:
            history = History.before(world, block.day)
        yield Pairs.make(world, history, block)
