"""The values of a categorical feature that the cube is split by: the most frequent by name, the rest as `other`."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.metrics import ALL
from tfrecords_tools.printable import cut, listed
from tfrecords_tools.schema import Feature, Schema, SchemaError

OTHER, MISSING, OUT_OF_VOCABULARY = "other", "missing", "out of vocabulary"

_NAMED = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureValues:
    """The group of each value of one feature. Values that share an embedding row share a group.

    Attributes:
        feature: Name of the feature.
        names: The groups: values by falling frequency, then `other` and `missing`.
        rows: Row of the feature's table of each named value.
    """

    feature: Feature
    names: tuple[str, ...]
    rows: tuple[int, ...]

    def group_of(self, batch: Batch, schema: Schema) -> np.ndarray:
        """`[pairs]` index into `names`."""
        side = batch.query if self.feature.side == "query" else batch.item
        layout = SideLayout(self.feature.side, schema)
        column, place = layout.of_kind("categorical").index(self.feature), layout.features.index(self.feature)
        group = np.full(self.feature.table_rows, len(self.rows))
        group[list(self.rows)] = np.arange(len(self.rows))
        row = side.tokens[:, column].numpy() - layout.table_offsets[self.feature.name]
        chosen = np.where(side.mask[:, place].numpy() > 0, group[row], len(self.rows) + 1)
        return chosen[batch.request.numpy()] if self.feature.side == "query" else chosen


def named_values(feature: Feature, counts: Mapping[tuple[int, bytes | int], int]) -> FeatureValues:
    """The 20 most frequent values of `{(row, token): pairs}`; a row is called by its most frequent token."""
    by_row: Counter[int] = Counter()
    token_of: dict[int, bytes | int] = {}
    for (row, token), count in sorted(counts.items(), key=lambda item: -item[1]):
        by_row[row] += count
        token_of.setdefault(row, token)
    rows = tuple(row for row, _ in by_row.most_common(_NAMED))
    names: list[str] = []
    for row in rows:
        token = token_of[row]
        name = cut(token.decode(errors="replace") if isinstance(token, bytes) else str(token))
        if feature.vocabulary is not None and row == len(feature.vocabulary):
            name = OUT_OF_VOCABULARY
        elif name in (ALL, OTHER, MISSING, OUT_OF_VOCABULARY, *names):
            name = f"{name!r} in row {row}"
        names.append(name)
    return FeatureValues(feature=feature, names=(*names, OTHER, MISSING), rows=rows)


def chosen_features(keys: Sequence[str], schema: Schema) -> tuple[Feature, ...]:
    """The features called `keys`, such as `item/brand`.

    Raises:
        SchemaError: A key that is no categorical feature of the query or the item; it lists those.
    """
    choices = {f.key: f for side in ("query", "item") for f in schema.features_of(side) if f.kind == "categorical"}
    for key in keys:
        if key not in choices:
            raise SchemaError(
                f"no categorical feature {key!r} of the query or the item in schema {schema.name!r}; "
                f"it has {listed(choices)}"
            )
    return tuple(choices[key] for key in dict.fromkeys(keys))
