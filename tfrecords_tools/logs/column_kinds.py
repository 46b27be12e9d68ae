"""What an Arrow column holds, in words, and its text as valid UTF-8."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from tfrecords_tools.ids import is_utf8
from tfrecords_tools.logs.location import Location

_KINDS: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_boolean, "true and false"),
    (pa.types.is_integer, "whole numbers"),
    (pa.types.is_floating, "numbers"),
    (pa.types.is_decimal, "decimal numbers"),
    (lambda kind: is_text(kind) or is_bytes(kind), "text"),
    (pa.types.is_date, "dates"),
    (pa.types.is_timestamp, "dates and times"),
    (pa.types.is_time, "times of day"),
    (pa.types.is_duration, "durations"),
    (lambda kind: is_list(kind), "lists"),
    (lambda kind: is_nested(kind), "values of several fields"),
)
_UTF_8 = "text in UTF-8 is the rule: save it as UTF-8, or write bytes that are no text as their hex digits"


def named(kind: pa.DataType) -> str:
    """The plural of what a type holds."""
    return next((name for is_kind, name in _KINDS if is_kind(kind)), "values of another kind")


def as_numbers(kind: pa.DataType) -> str:
    """What to write where values of a type came for numbers."""
    if is_list(kind):
        return "give one number a row, or make the feature dense or ragged in the schema"
    if is_nested(kind):
        return "give each of its fields a column of its own"
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return "give the seconds, as numbers"
    if pa.types.is_temporal(kind):
        return "give the days or the seconds since a fixed time, as whole numbers"
    return "give a column of a numeric type, or text as CSV has it"


def is_nested(kind: pa.DataType) -> bool:
    """Whether a type has several fields."""
    return pa.types.is_struct(kind) or pa.types.is_map(kind)


def is_list(kind: pa.DataType) -> bool:
    """Whether a type is lists, of any length or of one."""
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is text, as Arrow calls it."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a type is bytes, which may be text."""
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(is_kind(kind) for is_kind in binary)


def holds_text(kind: pa.DataType) -> bool:
    """Whether a type is text or bytes, also behind an encoding or in a list."""
    if pa.types.is_dictionary(kind) or is_list(kind):
        return holds_text(kind.value_type)
    return is_text(kind) or is_bytes(kind)


def decoded(values: pa.Array, location: Location) -> pa.StringArray:
    """Text of any type as valid UTF-8; values of another kind as they are.

    Raises:
        DataError: Text that is no UTF-8.
    """
    if not (is_text(values.type) or is_bytes(values.type)):
        return values
    raw = values.cast(pa.binary())
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        location.refuse(np.array([value is not None and not is_utf8(value) for value in raw.to_pylist()]), _UTF_8, raw)
        location.refuse_all(_UTF_8)
