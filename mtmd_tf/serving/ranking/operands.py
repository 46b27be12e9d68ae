"""Operands of a condition over items: item columns, request features, literals (`where.py`)."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.printable import listed
from tfrecords_tools.schema import Schema

KINDS = {"text": "text", "whole": "a whole number", "float": "a number", "number": "a whole number", "any": "a list"}
ID, PRODUCT = "id", "product"

_KIND = {"bytes": "text", "int64": "whole", "float": "float"}
_ARROW = {"text": pa.binary(), "whole": pa.int64(), "float": pa.float32(), "number": pa.int64()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operand:
    """One side of a comparison.

    Attributes:
        side: `item`, `query` or `literal`.
        name: Name of the feature; "" for a literal.
        kind: `text`, `whole`, `float`, `number` (a literal that suits both), `any` (an empty list) or `none`.
        is_list: Whether it has many values: a ragged feature, or a literal in brackets.
        value: Value of a literal.
    """

    side: str
    name: str = ""
    kind: str
    is_list: bool = False
    value: Any = None

    def __str__(self) -> str:
        return repr(self.value) if self.side == "literal" else f"{self.side}/{self.name}"

    def array(self, columns: Callable, features: Any, *, like: "Operand | None") -> Any:
        """Its values: a column of all items, or one scalar; as `like`, where a literal suits more than one type."""
        if self.side == "item":
            return columns(self.name)
        kind = like.kind if like is not None and self.kind in ("number", "any", "none") else self.kind
        arrow = _ARROW.get(kind, pa.int64())
        value = self.value if self.side == "literal" else features.get(self.name)
        if self.is_list:
            plain = None if value is None else [_plain(one) for one in value]
            return pa.scalar(plain, pa.list_(arrow))
        return pa.scalar(_plain(value), arrow)


def column_operand(schema: Schema, side: str, name: str) -> Operand | str:
    """A feature of an item or of the request; or why it cannot be compared."""
    if side == "item" and name in (ID, PRODUCT):
        return Operand(side=side, name=name, kind="text")
    features = {feature.name: feature for feature in schema.features_of(side)}
    names = [f"{side}/{own}" for own, feature in features.items() if feature.kind != "dense"]
    own_names = ("item/id", "item/product") if side == "item" else ()
    if name not in features:
        return f"no {side}/{name}; there is {listed([*names, *own_names])}"
    if features[name].kind == "dense":
        return f"{side}/{name} is a vector, which is not compared; there is {listed(names)}"
    return Operand(side=side, name=name, kind=_KIND[features[name].dtype], is_list=features[name].kind == "ragged")


def literal_operand(value: Any) -> Operand | str:
    """Text, a number, None, or a list of texts or of numbers; or why it is none."""
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, int) and not -(2**63) <= one < 2**63 for one in values):
        return f"{value}: a whole number of 64 bits"
    kinds = {"none" if one is None else _literal_kind(one) for one in values}
    if kinds == {"float", "number"}:
        kinds = {"float"}
    if len(kinds) > 1 or (isinstance(value, list) and "none" in kinds):
        return f"{value}: texts only, or numbers only"
    kind = kinds.pop() if kinds else "any"
    return Operand(side="literal", kind=kind, is_list=isinstance(value, list), value=value)


def compare(how: str, left: Any, right: Any) -> Any:
    """`left` against `right`, null where either is."""
    return getattr(pc, how)(left, right)


def is_missing(values: Any) -> Any:
    """Whether each value is null; never null itself."""
    return pc.is_null(values)


def negated(values: Any) -> Any:
    """The opposite; null stays null."""
    return pc.invert(values)


def contains(left: Any, right: Any) -> Any:
    """Whether each of `left`, or the one, is in its list of `right`, or in the one; null where either is."""
    if isinstance(right, pa.Scalar):
        if not right.is_valid or (isinstance(left, pa.Scalar) and not left.is_valid):
            return pa.scalar(None, pa.bool_())
        if isinstance(left, pa.Scalar):
            return pa.scalar(left.as_py() in right.as_py())
        return pc.if_else(pc.is_valid(left), pc.is_in(left, value_set=right.values), None)
    lists = right.combine_chunks() if isinstance(right, pa.ChunkedArray) else right
    found = pc.equal(pc.list_flatten(lists), _repeated(left, lists))
    rows = pc.unique(pc.list_parent_indices(lists).filter(pc.fill_null(found, False)))
    hit = pc.is_in(pa.array(range(len(lists)), pa.int64()), value_set=rows.cast(pa.int64()))
    known = pc.is_valid(lists) if isinstance(left, pa.Scalar) else pc.and_(pc.is_valid(lists), pc.is_valid(left))
    if isinstance(left, pa.Scalar) and not left.is_valid:
        return pa.scalar(None, pa.bool_())
    return pc.if_else(known, hit, None)


def _repeated(left: Any, lists: pa.Array) -> Any:
    return left if isinstance(left, pa.Scalar) else left.take(pc.list_parent_indices(lists))


def _literal_kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "number" if isinstance(value, int) else "float"


def _plain(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
