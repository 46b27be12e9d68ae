"""The heavyweight ranker's probabilities for serialized requests, never of a day it learned from (section 2.2)."""

from collections.abc import Collection, Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf import legacy
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.heavyweight.calibration.recalibration import Recalibration
from mtmd_tf.heavyweight.labels.period import require_unseen
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from tfrecords_tools.item_table.table import ItemTable
from tfrecords_tools.partition import Partition


class Labeler:
    """Scores requests, as `tfrecords_tools.labels.copy_with_labels` asks for it.

    Args:
        model: A trained ranker.
        seen: The days that it learned from.
        recalibration: Correction of the logits day by day, or None.
        partition: Kind of partition of the data set.
        items: The item table of a compact data set, or None.
    """

    def __init__(
        self,
        model: HeavyweightRanker,
        *,
        seen: Collection[str],
        recalibration: Recalibration | None = None,
        partition: Partition | None = None,
        items: ItemTable | None = None,
    ) -> None:
        self._seen, self._partition = frozenset(seen), partition or Partition()
        self._parents = model.parents
        schema = model.schema
        self._exists = np.array(
            [[schema.task_exists(*names, task) for task in self._parents] for names in schema.slices]
        )
        parse = RequestParser(schema, columns=(), cross=True, items=items)

        def score(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
            batch = parse(serialized)
            slice_index, logits = model.slice_index(batch), model.logits(batch)
            if recalibration is not None:
                time = tf.gather(batch.timestamp, batch.request)
                corrected = recalibration.apply(
                    tf.stack(list(logits.values()), axis=1), time=time, slice_index=slice_index
                )
                logits = dict(zip(logits, tf.unstack(corrected, axis=1), strict=True))
            return batch.timestamp, slice_index, {task: p.yes for task, p in model.probabilities(logits).items()}

        self._score = tf.function(score, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)

    def __call__(self, serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
        """`{task: [pairs]}` float32 probabilities, NaN where the task does not exist.

        Raises:
            ConfigError: A request of a day that the ranker learned from.
        """
        with legacy.quick_graphs():
            timestamp, slice_index, log_probability = self._score(tf.constant(list(serialized), tf.string))
        days = {self._partition.name(number) for number in np.unique(self._partition.number(timestamp.numpy()))}
        require_unseen(days, seen=self._seen)
        exists = self._exists[slice_index.numpy()]
        return {
            task: np.where(exists[:, place], np.exp(log_probability[task].numpy()), np.float32("nan"))
            for place, task in enumerate(self._parents)
        }
