"""Truth as columns of the data contract: tokens, ragged rows, gathered rows, and values blanked where a mask is off."""

import numpy as np

from tfrecords_tools.dtypes import NUMPY_TYPES
from tfrecords_tools.requests import Column, Ragged
from tfrecords_tools.sources.adworld.schema import SCHEMA


def tokens(names: tuple[str, ...], index: np.ndarray) -> np.ndarray:
    """The bytes of `names[index]`."""
    return np.array([name.encode() for name in names], dtype=object)[index]


def identifiers(letter: str, index: np.ndarray) -> np.ndarray:
    """Bytes such as `b"u000042"`, `[rows]` objects for numbers `[rows]`."""
    return np.array([f"{letter}{number:06d}".encode() for number in index.tolist()], dtype=object)


def ragged(values: np.ndarray, kept: np.ndarray) -> Ragged:
    """The kept ones of `values[rows, most]`, row by row."""
    return Ragged(values[kept], kept.sum(axis=1).astype(np.int64))


def masked(
    side: str, columns: dict[str, Column], *, domain: np.ndarray, absent: dict[str, np.ndarray]
) -> tuple[dict[str, Column], np.ndarray]:
    """Columns as the schema types them, and the mask of `side`.

    Args:
        side: `query`, `item` or `cross`.
        columns: Columns of any numeric type, one for each feature of `side`.
        domain: `[rows]` index of each row's surface (query), product (item) or slice (cross).
        absent: `{feature: [rows]}` bool, True where a value is missing though its domain has the feature.

    Returns:
        The columns, blank wherever the mask is off, and `[rows, features]` bool.
    """
    features = SCHEMA.features_of(side)
    mask = np.ones((len(domain), len(features)), dtype=bool)
    typed: dict[str, Column] = {}
    for bit, feature in enumerate(features):
        if side == "cross":
            exists = [feature.exists_in(surface=surface, product=product) for surface, product in SCHEMA.slices]
        else:
            key = "surface" if side == "query" else "product"
            exists = [feature.exists_in(**{key: name}) for name in SCHEMA.domains_of(side)]
        mask[:, bit] = np.array(exists)[domain] & ~absent.get(feature.name, np.zeros(len(domain), dtype=bool))
        typed[feature.name] = _blank(columns[feature.name], mask[:, bit], feature.dtype)
    return typed, mask


def _blank(column: Column, present: np.ndarray, dtype: str) -> Column:
    if isinstance(column, Ragged):
        return Ragged(
            _typed(column.values[np.repeat(present, column.lengths)], dtype), np.where(present, column.lengths, 0)
        )
    blank: bytes | int = b"" if dtype == "bytes" else 0
    return _typed(np.where(present if column.ndim == 1 else present[:, None], column, blank), dtype)


def _typed(values: np.ndarray, dtype: str) -> np.ndarray:
    return values.astype(NUMPY_TYPES[dtype])
