"""Columns of codes and NaN as the typed columns and masks of the data contract."""

import numpy as np

from tfrecords_tools.requests import Column, Ragged
from tfrecords_tools.schema import Feature, Schema


class Encoder:
    """Turns codes into words and missing values into masks.

    Args:
        schema: The schema; its features name the columns and order the masks.
        words: The word of each code, by feature name.
    """

    def __init__(self, schema: Schema, words: dict[str, tuple[str, ...]]) -> None:
        self._schema = schema
        self._words = {
            name: np.array([word.encode() for word in names] + [b""], dtype=object) for name, names in words.items()
        }

    def __call__(
        self, side: str, columns: dict[str, Column], exists: dict[str, np.ndarray]
    ) -> tuple[dict[str, Column], np.ndarray]:
        """The columns of one side.

        Args:
            side: `query`, `item` or `cross`.
            columns: `[rows]` each: codes or ids (-1 missing), numbers (NaN missing) or ragged codes.
            exists: `[rows]` bool by feature, where a feature can exist; absent from it means everywhere.

        Returns:
            The columns and the mask `[rows, features]`.

        Raises:
            ValueError: `columns` are not the schema's features of that side.
        """
        features = self._schema.features_of(side)
        names = [feature.name for feature in features]
        if set(names) != set(columns):
            raise ValueError(f"{side} columns: must be the schema's features {sorted(names)}, got {sorted(columns)}")
        encoded, present = {}, []
        for feature in features:
            encoded[feature.name], there = self._encode(feature, columns[feature.name])
            present.append(there & exists.get(feature.name, True))
        return encoded, np.stack(present, axis=1)

    def _encode(self, feature: Feature, column: Column) -> tuple[Column, np.ndarray]:
        if isinstance(column, Ragged):
            lengths = column.lengths.astype(np.int64)
            return Ragged(self._tokens(feature, column.values), lengths), lengths > 0
        if feature.dtype == "float":
            known = np.isfinite(column)
            present = known if column.ndim == 1 else known.all(axis=1)
            return np.where(known, column, 0).astype(np.float32), present
        return self._tokens(feature, column), column >= 0

    def _tokens(self, feature: Feature, codes: np.ndarray) -> np.ndarray:
        return self._words[feature.name][codes] if feature.dtype == "bytes" else np.maximum(codes, 0).astype(np.int64)
