"""The exported item tower in batches of one product and one size (paper section 2.2).

The last bits of a matrix product depend on how many rows it has, for another size may choose another kernel, and on how
many threads share it. Here each batch is filled up to the same size and, in a process that can still choose, TensorFlow
has one thread: an embedding has the same bits whatever items are beside it and however many processes there are.
"""

import pathlib
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from mtmd_tf.serving.flops import flops_per_row
from mtmd_tf.serving.loading import load_tower, rewritten_graphs
from mtmd_tf.serving.specification import SERIALIZED, RankerSpec
from tfrecords_tools.parsing import FAILURES, failing_records
from tfrecords_tools.requests import DataError

ROWS = 256  # of 1,024, one row in 400 was seen to depend on its place, by a last bit; of 512 and fewer, none


def use_one_thread() -> None:
    """Keeps TensorFlow to one thread, where it has not started yet: more cores are for more processes."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        logging.info("TensorFlow has started: the last bits of embeddings may depend on its number of threads")


class ItemTower:
    """Embeds serialized items.

    Args:
        exports: Folder of an export.
        stamp: Stamp of the export.

    Attributes:
        spec: Specification of the export.
        flops: `{product: FLOPs of an item's matrix products}`.
        seconds: Spent in the tower so far.

    Raises:
        ServingError: No finished export, or one of another stamp.
    """

    def __init__(self, exports: str | pathlib.Path, *, stamp: str) -> None:
        self.spec = RankerSpec.load(exports)
        tower = load_tower(self.spec.require_graph(exports, "item_tower"), stamp=stamp)
        self.flops = {name: flops_per_row(tower.signatures[name]) for name in self.spec.schema.products}
        self.seconds = 0.0
        self._signature = tower.signatures[SERIALIZED]

    def embed(self, records: Sequence[bytes]) -> tuple[np.ndarray, dict[int, str]]:
        """Embeds items of one product.

        Args:
            records: Serialized items, all of one known product.

        Returns:
            `[items, width]` float32, and `{index in records: why it has no embedding}`.
        """
        begun = time.perf_counter()
        embedding = np.zeros([len(records), self.spec.width], np.float32)
        failures: dict[int, str] = {}
        for first in range(0, len(records), ROWS):
            batch = records[first : first + ROWS]
            try:
                embedding[first : first + len(batch)] = self._embed_batch(batch)
            except FAILURES as error:
                own = failing_records(batch, self._run)
                if not own:
                    raise DataError(f"items fail together but not one by one: {error}") from error
                failures |= {first + place: why for place, why in own.items()}
                good = [place for place in range(len(batch)) if place not in own]
                if good:
                    embedding[[first + place for place in good]] = self._embed_batch([batch[place] for place in good])
        for place in np.flatnonzero(~np.isfinite(embedding).all(axis=1)).tolist():
            failures[place] = "its embedding is not finite"
        self.seconds += time.perf_counter() - begun
        return embedding, failures

    def _embed_batch(self, records: Sequence[bytes]) -> np.ndarray:
        filled = [*records, *[records[0]] * (ROWS - len(records))]
        return self._run(filled)[: len(records)]

    def _run(self, records: Sequence[bytes]) -> np.ndarray:
        with rewritten_graphs():  # after a training in the same process, too: other graphs give other last bits
            return self._signature(serialized=tf.constant(list(records), tf.string))["embedding"].numpy()
