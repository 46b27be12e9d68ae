"""The true probabilities beside a data set: never in its records, never a feature."""

import contextlib
import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tfrecords_tools.files import atomically
from tfrecords_tools.sources.adworld.behavior import conditional_probabilities, probabilities
from tfrecords_tools.sources.adworld.columns import identifiers
from tfrecords_tools.sources.adworld.names import PRODUCTS, SURFACES
from tfrecords_tools.sources.adworld.pairs import Pairs, walk
from tfrecords_tools.sources.adworld.world import World


def write_truth(world: World, folder: pathlib.Path) -> None:
    """Writes `pairs.parquet` (request_id, surface, item_id, product, one probability per task) and `items.parquet`.

    Probabilities are given the impression, null where the task does not exist. Rows are in the order of the data set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with atomically(folder / "items.parquet") as temporary:
        _items(world).to_parquet(temporary, index=False)
    with atomically(folder / "pairs.parquet") as temporary, contextlib.ExitStack() as stack:
        writer = None
        for pairs in walk(world):
            table = pa.Table.from_pandas(_frame(pairs), preserve_index=False)
            writer = writer or stack.enter_context(pq.ParquetWriter(temporary, table.schema))
            writer.write_table(table)


def _frame(pairs: Pairs) -> pd.DataFrame:
    block, candidates = pairs.visits.block, pairs.candidate.shape[1]
    marginal = probabilities(conditional_probabilities(pairs))
    return pd.DataFrame(
        {
            "request_id": np.repeat(identifiers("r", block.first + np.arange(block.size)), candidates),
            "surface": np.repeat(np.array(SURFACES)[pairs.visits.surface], candidates),
            "item_id": identifiers("a", pairs.candidate.ravel()),
            "product": np.array(PRODUCTS)[pairs.of_ad("product").ravel()],
            **{task: probability.ravel().astype(np.float32) for task, probability in marginal.items()},
        }
    )


def _items(world: World) -> pd.DataFrame:
    ads = world.ads
    return pd.DataFrame(
        {
            "item_id": identifiers("a", np.arange(len(ads))),
            "product": np.array(PRODUCTS)[ads.product],
            "advertiser": ads.advertiser,
            "quality": ads.quality,
            "bid": ads.bid,
            "budget": ads.budget,
        }
    )
