"""Which feature is which field, and which rows of the embedding table are whose (paper section 2.1.2)."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from tfrecords_tools.schema import Feature, Schema

_KIND_ORDER = ("categorical", "ragged", "dense", "continuous")


@dataclasses.dataclass(frozen=True)
class SideLayout:
    """The fields of one side: categorical first, then ragged, dense and continuous, each in schema order.

    All tables of a side lie in one, row after row: one look-up, one sparse gradient and one optimizer step serve all.

    Attributes:
        side: `query`, `item` or `cross`.
        schema: The data set's schema.
    """

    side: str
    schema: Schema

    def to_dict(self) -> dict[str, Any]:
        """The layout as JSON holds it."""
        return {"side": self.side, "schema": self.schema.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "SideLayout":
        """The inverse of `to_dict`."""
        return cls(plain["side"], Schema.from_dict(plain["schema"]))

    @functools.cached_property
    def features(self) -> tuple[Feature, ...]:
        """In field order."""
        features = self.schema.features_of(self.side)
        return tuple(feature for kind in _KIND_ORDER for feature in features if feature.kind == kind)

    def of_kind(self, kind: str) -> tuple[Feature, ...]:
        """The features of one kind, in field order."""
        return tuple(feature for feature in self.features if feature.kind == kind)

    @functools.cached_property
    def mask_bits(self) -> tuple[int, ...]:
        """For each field, its bit in the record's mask."""
        bits = {feature.name: bit for bit, feature in enumerate(self.schema.features_of(self.side))}
        return tuple(bits[feature.name] for feature in self.features)

    @functools.cached_property
    def table_offsets(self) -> dict[str, int]:
        """Where each feature's rows begin in the side's table."""
        offsets, total = {}, 0
        for feature in self.features:
            if feature.table_rows:
                offsets[feature.name] = total
                total += feature.table_rows
        return offsets

    @property
    def table_rows(self) -> int:
        """Rows of the side's table."""
        return sum(feature.table_rows for feature in self.features)

    def fields_of(self, domain: str | None) -> tuple[int, ...]:
        """Indices of the fields that can exist in `domain`; all for None."""
        here = {feature.name for feature in self.schema.features_of(self.side, domain=domain)}
        return tuple(place for place, feature in enumerate(self.features) if feature.name in here)

    def descriptors_of(self, domain: str | None) -> tuple[int, ...]:
        """Indices of the shallow experts' fields in `domain` (section 2.1.3)."""
        return tuple(place for place in self.fields_of(domain) if self.features[place].descriptor)

    def tasks_of(self, domain: str) -> frozenset[str]:
        """Names of the tasks that exist in a slice of `domain`."""
        place = 0 if self.side == "query" else 1
        slices = [pair for pair in self.schema.slices if pair[place] == domain]
        return frozenset(
            task.name for task in self.schema.tasks if any(task.exists_in(surface=s, product=p) for s, p in slices)
        )
