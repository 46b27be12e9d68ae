"""Random columns and masks of any schema, as a log may hold them."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tfrecords_tools.feature import Feature
from tfrecords_tools.requests import Column, Ragged
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """What values are drawn from.

    Attributes:
        random: The generator.
        texts: Tokens that are texts.
        least: The least token that is a number; all are below 50.
        numbers: Takes a shape, returns so many numbers.
    """

    random: np.random.Generator
    texts: tuple[bytes, ...]
    least: int
    numbers: Callable[[list[int]], np.ndarray]

    def column(self, feature: Feature, rows: int) -> Column:
        """A value for each row; lists have 0 to 3 tokens."""
        if feature.kind == "ragged":
            lengths = self.random.integers(0, 4, rows)
            return Ragged(self._tokens(feature, int(lengths.sum())), lengths)
        if feature.kind == "categorical":
            return self._tokens(feature, rows)
        return self.numbers([rows, feature.size] if feature.size else [rows]).astype(np.float32)

    def mask(self, schema: Schema, side: str, domain: np.ndarray) -> np.ndarray:
        """`[rows, features]` bool: four in five of what `[rows]` domains have; a cross feature's domain is a slice."""
        features = schema.features_of(side)
        if side == "cross":
            here = [[f.exists_in(surface=s, product=p) for f in features] for s, p in schema.slices]
        else:
            here = [[f in schema.features_of(side, domain=name) for f in features] for name in schema.domains_of(side)]
        return np.array(here)[domain] & (self.random.random((len(domain), len(features))) < 0.8)

    def _tokens(self, feature: Feature, count: int) -> np.ndarray:
        if feature.dtype == "int64":
            return self.random.integers(self.least, 50, count)
        return self.random.choice(np.array(self.texts, dtype=object), count)
