"""Builds an ad world's data set: requests in day order, the item corpus, and on demand the truth beside them."""

import pathlib
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.partition import day_of
from tfrecords_tools.requests import Items, Requests, column_take
from tfrecords_tools.shards import write_dataset
from tfrecords_tools.sources.adworld.behavior import conditional_probabilities, events
from tfrecords_tools.sources.adworld.columns import identifiers
from tfrecords_tools.sources.adworld.distance import AS_IS, distance_named
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.observe_cross import observe_cross
from tfrecords_tools.sources.adworld.observe_item import ItemObserver
from tfrecords_tools.sources.adworld.observe_query import QueryObserver
from tfrecords_tools.sources.adworld.pairs import walk
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.truth import write_truth
from tfrecords_tools.sources.adworld.visits import FIRST_DAY
from tfrecords_tools.sources.adworld.world import World

_EVAL_SHARE = 0.2


def build(
    out: str | pathlib.Path,
    *,
    requests: int,
    seed: int,
    candidates: int = 20,
    days: int = 30,
    truth: bool = False,
    domain_distance: str = AS_IS,
    compact: bool = False,
) -> None:
    """Writes the data set of one ad world; the same arguments give the same bytes.

    Features of past behavior are drawn from latent rates as of the start of the day, so no request's own or later
    events are in them. Records carry events but no labels: those come from a heavyweight ranker.

    Args:
        out: The data set's folder.
        requests: Visits over all days, at least one a day; users and ads grow with them.
        seed: The only source of randomness.
        candidates: Candidates of each request.
        days: Days of visits; about the last fifth is the eval split.
        truth: Whether to write the true probabilities to `out/truth`; the data set's bytes do not depend on it.
        domain_distance: How far apart the domains are: a key of `DISTANCES`. Only what users do depends on it; visits,
            candidates and features are the same bytes in all three.
        compact: Whether records name rows of an item table (`write_dataset`).

    Raises:
        DataError: A size that makes no world, no such distance, or `out` holds something else.
    """
    world = World.make(
        seed=seed, requests=requests, candidates=candidates, days=days, distance=distance_named(domain_distance)
    )
    said = {} if domain_distance == AS_IS else {"domain_distance": domain_distance}
    write_dataset(
        out,
        schema=SCHEMA,
        requests=observe(world),
        items=corpus(world),
        eval_from=day_of(FIRST_DAY + days - max(1, round(_EVAL_SHARE * days))),
        source={
            "name": "adworld",
            "arguments": {"requests": requests, "seed": seed, "candidates": candidates, "days": days} | said,
        },
        compact=compact,
    )
    if truth:
        write_truth(world, pathlib.Path(out) / "truth")


def observe(world: World) -> Iterator[Requests]:
    """What the platform logs of `world`: blocks of requests in day order."""
    query_observer, item_observer = QueryObserver(world), ItemObserver(world)
    table_day = None
    for pairs in walk(world):
        visits, candidate = pairs.visits, pairs.candidate.ravel()
        if table_day != pairs.history.day:
            table_day, (table, table_mask) = pairs.history.day, item_observer.table(pairs.history)
        query, query_mask = query_observer.observe(visits, pairs.history)
        cross, cross_mask = observe_cross(pairs)
        happened = events(pairs, conditional_probabilities(pairs))
        yield Requests(
            request_id=identifiers("r", visits.block.first + np.arange(len(visits))),
            timestamp=visits.second,
            surface=visits.surface.astype(np.int64),
            lengths=np.full(len(visits), world.candidates, dtype=np.int64),
            query=query,
            query_mask=query_mask,
            item_id=item_observer.item_id[candidate],
            product=world.ads.product[candidate],
            item={name: column_take(column, candidate) for name, column in table.items()},
            item_mask=table_mask[candidate],
            cross=cross,
            cross_mask=cross_mask,
            event={task: event.ravel() for task, event in happened.items()},
            bid=pairs.history.bid[candidate].astype(np.float32),
        )


def corpus(world: World) -> Items:
    """Every ad as it stands the morning after the last day."""
    observer = ItemObserver(world)
    table, mask = observer.table(History.before(world, world.days))
    return Items(item_id=observer.item_id, product=world.ads.product, item=table, item_mask=mask)
