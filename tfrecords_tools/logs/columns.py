"""A log's columns in the types that records need: exactly, or refused with the row that is at fault."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs import list_texts
from tfrecords_tools.logs.column_kinds import decoded, is_bytes, is_list, is_nested, is_text, named
from tfrecords_tools.logs.column_numbers import numbers, seconds, whole_numbers
from tfrecords_tools.logs.inputs import kind_of
from tfrecords_tools.logs.location import Location
from tfrecords_tools.logs.number_texts import GRADES, is_event
from tfrecords_tools.requests import DataError

IDENTIFIERS = ("request_id", "item/id")
_NAMES = ("surface", "item/product")

_NO_TEXT = "numbers are no text; give text, or make the feature int64 in the schema"
_AS_TEXT = "give text, or make the feature int64 or float in the schema"
_OF_A_TIME = "give text, such as 2026-11-01; each value is a category of its own"
_OF_THE_SCHEMA = "the schema's names are the rule, as text"
_IDS = "an id is text or a whole number (int64)"
_LABELS = (
    "a label is a probability, 0 to 1, or empty: divide percentages by 100, put logits through a sigmoid, take the "
    "exponential of logarithms, and make events of grades"
)
_NO_HOLES = "no null and no empty text inside a list: leave it out of the list, or write a word of its own for it"
_NO_HOLE_IN_A_VECTOR = "no null inside a vector: give a number in its place, or leave the whole vector empty"
_AT_LEAST_0 = "a number of at least 0 is the rule"


def typed(column: pa.ChunkedArray, wanted: pa.DataType, location: Location) -> pa.ChunkedArray:
    """A column as a file has it in the type that is wanted: binary, int64, float32 or lists of them.

    Empty text is null in a column of text: that is how a server is told that a value is missing.

    Raises:
        DataError: A value or a column that is not of that type and cannot become so exactly.
    """
    chunks, start = [], 0
    for chunk in column.chunks:
        here = location.take(np.arange(start, start + len(chunk)))
        try:
            chunks.append(_typed(_plain(chunk), wanted, here))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            kind = named(wanted.value_type if pa.types.is_list(wanted) else wanted)
            raise DataError(f"{location.path}, column {location.column}: it cannot be read as {kind}") from error
        start += len(chunk)
    return pa.chunked_array(chunks, wanted)


def _typed(values: pa.Array, wanted: pa.DataType, location: Location) -> pa.Array:
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), wanted)
    if pa.types.is_list(wanted):
        return _lists(values, wanted, location)
    if location.column == "timestamp":
        return seconds(values, location)
    if pa.types.is_binary(wanted):
        return _texts(values, location)
    if not pa.types.is_integer(wanted):
        found = numbers(values, location)
        is_label = location.column.startswith("label/")
        if is_label or location.column in ("weight", "bid"):
            location.refuse(pc.less(found, 0.0), _LABELS if is_label else _AT_LEAST_0, values)
        if is_label:
            location.refuse(pc.greater(found, 1.0), _LABELS, values)
        return found
    found = whole_numbers(values, location)
    if is_event(location):
        known = pc.is_in(found, value_set=pa.array([-1, 0, 1], pa.int64()))
        location.refuse(pc.and_not(pc.is_valid(found), known), GRADES, values)
    return found


def _plain(values: pa.Array) -> pa.Array:
    """What an encoding or a tensor's shape is laid around; identifiers of 16 bytes as people and servers write them."""
    if isinstance(values.type, pa.UuidType):
        return pa.array([None if each is None else str(each) for each in values.to_pylist()], pa.string())
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _texts(values: pa.Array, location: Location) -> pa.Array:
    if location.column in IDENTIFIERS and pa.types.is_integer(values.type):
        return values.cast(pa.string()).cast(pa.binary())
    if not (is_text(values.type) or is_bytes(values.type)):
        location.refuse_all(f"text is needed and {named(values.type)} came: {_instead(location.column, values.type)}")
    if is_text(values.type) or location.column in IDENTIFIERS or kind_of(location.path) == ".csv":
        values = decoded(values, location)
    values = values.cast(pa.binary())
    if location.column in IDENTIFIERS:
        location.refuse(pc.ends_with(values, b"\0"), "a name does not end in a zero byte", values)
    return _empty_to_null(values)


def _instead(column: str, kind: pa.DataType) -> str:
    """What to write where another type came for text."""
    if column in IDENTIFIERS:
        return _IDS
    if column in _NAMES:
        return _OF_THE_SCHEMA
    if is_list(kind):
        return "make the feature ragged in the schema"
    if is_nested(kind):
        return "give each of its fields a column of its own"
    if pa.types.is_temporal(kind):
        return _OF_A_TIME
    return _NO_TEXT if pa.types.is_integer(kind) or pa.types.is_floating(kind) else _AS_TEXT


def _lists(values: pa.Array, wanted: pa.ListType, location: Location) -> pa.ListArray:
    token = wanted.value_type
    if is_text(values.type) or is_bytes(values.type):
        values = list_texts.lists(decoded(values, location), location, bare=not pa.types.is_binary(token))
    if not is_list(values.type):
        instead = "give a list of its values, such as key=value" if is_nested(values.type) else "give a list of one"
        location.refuse_all(f"lists are needed, or values separated by |, and {named(values.type)} came: {instead}")
    if is_nested(values.type.value_type):
        location.refuse_all("lists of values are needed and lists of several fields came: give each field a list alone")
    if is_list(values.type.value_type):
        location.refuse_all("one list a row is needed and lists of lists came: give the values of all in one list")
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    owner = location.take(np.repeat(np.arange(len(values)), lengths))
    tokens = _typed(_plain(pc.list_flatten(values)), token, owner)
    owner.refuse(pc.is_null(tokens), _NO_HOLE_IN_A_VECTOR if pa.types.is_floating(token) else _NO_HOLES)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, tokens, type=wanted, mask=pc.is_null(values))


def _empty_to_null(values: pa.Array) -> pa.Array:
    """Text, null where it is empty."""
    return pc.if_else(pc.equal(pc.binary_length(values), 0), pa.scalar(None, values.type), values)
