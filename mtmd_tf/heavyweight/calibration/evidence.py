"""What a heavyweight ranker said of pairs, and what then happened (paper section 2.2)."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from mtmd_tf import legacy
from mtmd_tf.features.batch import Batch, batch_spec


class Evidence(NamedTuple):
    """Pairs, in the order in which they were read.

    Attributes:
        logit: `[pairs, tasks]` float32, given the parent.
        event: `[pairs, tasks]` float32, 1 or 0, NaN where it was not observed.
        slice_index: `[pairs]`, each pair's slice.
        time: `[pairs]`, seconds since 1970.
    """

    logit: np.ndarray
    event: np.ndarray
    slice_index: np.ndarray
    time: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence["Evidence"], *, tasks: int) -> "Evidence":
        """All parts, in order."""
        nothing = np.zeros((0, tasks), np.float32), np.zeros((0, tasks), np.float32), *np.zeros((2, 0), np.int64)
        return cls(*(np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)))

    def between(self, first: int, end: int | None = None) -> "Evidence":
        """Those from the second `first` until before `end`, or all later ones."""
        here = first <= self.time
        if end is not None:
            here &= self.time < end
        return Evidence(*(column[here] for column in self))


class Observer:
    """Gathers evidence on a ranker.

    Args:
        model: A `HeavyweightRanker`, trained; its present calibration is part of its logits.
    """

    def __init__(self, model: tf.keras.Model) -> None:
        self._model = model
        self._predict: Callable[[Batch], dict[str, tf.Tensor]] | None = None

    def __call__(self, batches: Iterable[Batch]) -> Evidence:
        """Reads the batches once; they should be of days that the ranker was not trained on."""
        tasks = list(self._model.parents)
        parts = []
        for batch in batches:
            if self._predict is None:
                self._predict = tf.function(self._model.logits, input_signature=[batch_spec(batch)], autograph=False)
            with legacy.quick_graphs():
                logit = self._predict(batch)
            parts.append(
                Evidence(
                    logit=np.stack([logit[task].numpy() for task in tasks], axis=1),
                    event=np.stack([batch.event[task].numpy() for task in tasks], axis=1),
                    slice_index=self._model.slice_index(batch).numpy().astype(np.int64),
                    time=batch.timestamp.numpy()[batch.request.numpy()],
                )
            )
        return Evidence.joined(parts, tasks=len(tasks))
