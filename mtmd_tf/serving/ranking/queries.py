"""The query side of a ranking: raw features through the query tower, its answer checked (paper section 2.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.serving.querying.query_tower import QueryTower
from mtmd_tf.serving.rows import Row, to_inputs, to_rows
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.serving.stamps import require_stamp
from tfrecords_tools.requests import Requests


class Queries:
    """Embeds requests by a query tower of one export, wherever it runs.

    Args:
        tower: Query tower, here or behind a server.
        spec: Specification of the export.
    """

    def __init__(self, tower: QueryTower, spec: RankerSpec) -> None:
        self._tower, self._spec = tower, spec

    def inputs(self, surface: str, features: Sequence[Row]) -> dict[str, np.ndarray]:
        """`{feature: [requests, ...]}`, the inputs of the surface's signature.

        Raises:
            ServingError: A feature that does not exist there, or a value of another type or size.
        """
        own = self._spec.schema.features_of("query", domain=surface)
        return to_inputs(own, features, where=f"surface {surface}")

    def embed(self, surface: str, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """`[requests, width]` float32 of the tower's inputs.

        Raises:
            ServingError: A tower of another export (it names both stamps), one that refuses the inputs, or an answer
                that is no embedding.
        """
        outputs = self._tower(inputs, surface=surface)
        stamp = _text(outputs["stamp"].reshape(-1)[0])
        rule = "serve the export that they were made with, or embed the items again"
        require_stamp(stamp, self._spec.stamp, holder="stale query tower: it", other="the embeddings", rule=rule)
        embedding, wanted = outputs["embedding"], (len(next(iter(inputs.values()))), self._spec.width)
        if embedding.shape != wanted or not np.isfinite(embedding).all():
            found = list(embedding.shape) if embedding.shape != wanted else "numbers that are not finite"
            raise ServingError(f"the query tower answers with {found}; an embedding here is finite, of {list(wanted)}")
        return embedding

    def embed_columns(self, requests: Requests) -> np.ndarray:
        """`[requests, width]` float32 of requests in columns, of any surfaces; raises as `inputs` and `embed` do."""
        schema = self._spec.schema
        rows = to_rows(schema.features_of("query"), requests.query, requests.query_mask)
        embedding = np.zeros((len(rows), self._spec.width), np.float32)
        for index, surface in enumerate(schema.surfaces):
            own = np.flatnonzero(requests.surface == index)
            if len(own):
                embedding[own] = self.embed(surface, self.inputs(surface, [rows[row] for row in own]))
        return embedding


def _text(stamp: Any) -> str:
    return stamp.decode(errors="replace") if isinstance(stamp, bytes) else str(stamp)
