"""Selects the items of an index that a request's condition keeps (paper section 2.2)."""

import time

import numpy as np
import pyarrow as pa

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.operands import ID, PRODUCT
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.where import Where
from mtmd_tf.serving.rows import Row
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.printable import listed
from tfrecords_tools.schema import Schema

CONDITION = "condition"


class Conditions:
    """Says which items a request's condition keeps; each is parsed once, a column read at its first use and kept.

    Args:
        index: Scoring index of the items.
        schema: Schema of the export.

    Attributes:
        parsed: The condition of each text so far.
    """

    def __init__(self, index: ScoringIndex, schema: Schema) -> None:
        self._index, self._schema = index, schema
        self.parsed: dict[str, Where] = {}
        self._columns: dict[str, pa.Array] = {}

    def check(self, request: RankRequest) -> None:
        """Parses a request's condition, if it has one.

        Raises:
            ConfigError: It cannot be understood.
            ServingError: It asks for a feature that the request's surface never has.
        """
        if request.where is None:
            return
        if request.where not in self.parsed:
            self.parsed[request.where] = Where(request.where, schema=self._schema)
        names = [feature.name for feature in self._schema.features_of("query", domain=request.surface)]
        for name in self.parsed[request.where].queries:
            if name not in names:
                raise ServingError(
                    f"where {request.where!r}: query/{name} does not exist on {request.surface}, "
                    f"which has {listed(f'query/{own}' for own in names)}"
                )

    def kept(self, request: RankRequest, seconds: dict[str, float]) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """`[items]` bool, for which a checked request's condition is true, or None for all; and what to say of it.

        Args:
            request: The request, with its features.
            seconds: Takes in how long it took.

        Raises:
            ServingError: A column that the embeddings do not have, or a damaged one.
        """
        if request.where is None:
            return None, ()
        where, begun = self.parsed[request.where], time.perf_counter()
        kept = self._evaluate(where, request.features)
        seconds[CONDITION] = time.perf_counter() - begun
        missing = [f"query/{name}" for name in where.missing(request.features)]
        warning = f"the request has no {', '.join(missing)}, for which the condition {where.text!r} asks"
        return kept, (warning,) if missing else ()

    def _evaluate(self, where: Where, features: Row) -> np.ndarray:
        found = where(self._column, features)
        if isinstance(found, pa.Scalar):
            return np.full(self._index.items, found.as_py() is True)
        flat = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
        return flat.fill_null(False).to_numpy(zero_copy_only=False)

    def _column(self, name: str) -> pa.Array:
        if name not in self._columns:
            self._columns[name] = self._read(name)
        return self._columns[name]

    def _read(self, name: str) -> pa.Array:
        index = self._index
        if name == ID:
            return pa.array(index.item_id.tolist(), pa.binary())
        if name == PRODUCT:
            sizes = [rows.stop - rows.start for rows in index.rows.values()]
            return pa.array(np.repeat([product.encode() for product in index.rows], sizes).tolist(), pa.binary())
        if f"item/{name}" not in index.table.names:
            raise ServingError(f"the embeddings have no column item/{name}; embed the items again")
        return index.table.column(f"item/{name}").combine_chunks()
