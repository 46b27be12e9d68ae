"""A log's columns of numbers and of times: exactly, or refused with the row that is at fault."""

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs import number_texts, suspicious_times, time_texts
from tfrecords_tools.logs.column_kinds import as_numbers, decoded, is_bytes, is_text, named
from tfrecords_tools.logs.location import Location

_YEARS = (-62_135_596_800, 253_402_300_800)  # seconds from 1970 to the first of the year 1, and of the year 10,000
_EXACT = {"halffloat": ("half float", 11), "float": ("float32", 24), "double": ("double", 53)}  # bits of whole numbers
_NUMBERS = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_float64, pa.types.is_decimal)


def whole_numbers(values: pa.Array, location: Location) -> pa.Int64Array:
    """Numbers, true and false, or text as int64.

    Raises:
        DataError: What is no whole number, beyond int64, or a double that may have lost digits.
    """
    kind = values.type
    if is_text(kind) or is_bytes(kind):
        return number_texts.whole_numbers(decoded(values, location), location)
    if pa.types.is_boolean(kind) or pa.types.is_signed_integer(kind):
        return values.cast(pa.int64())
    if pa.types.is_unsigned_integer(kind):
        values = values.cast(pa.uint64())
        location.refuse(pc.greater(values, pa.scalar(2**63 - 1, pa.uint64())), number_texts.TOO_LARGE, values)
        return values.cast(pa.int64())
    if pa.types.is_decimal(kind):
        digits = pc.replace_substring_regex(values.cast(pa.string()), r"\.0*$", "")
        return number_texts.whole_numbers(digits, location)
    if pa.types.is_floating(kind):
        doubles = _doubles(values)
        _refuse_nan(doubles, location)
        _refuse_inexact(doubles, values, location)
        rule = number_texts.GRADES if number_texts.is_event(location) else "a whole number is the rule"
        location.refuse(pc.not_equal(doubles, pc.floor(doubles)), rule, values)
        return doubles.cast(pa.int64())
    return location.refuse_all(f"whole numbers are needed and {named(kind)} came: {as_numbers(kind)}")


def numbers(values: pa.Array, location: Location) -> pa.FloatArray:
    """Numbers, true and false, or text as float32, rounded to it.

    Raises:
        DataError: What is no number, NaN, or beyond float32.
    """
    kind = values.type
    if is_text(kind) or is_bytes(kind):
        found = number_texts.numbers(decoded(values, location), location)
    elif pa.types.is_float32(kind) or pa.types.is_float16(kind):
        found = values.cast(pa.float32())
    elif any(is_kind(kind) for is_kind in _NUMBERS):
        found = values.cast(pa.float64(), safe=False).cast(pa.float32(), safe=False)
    else:
        location.refuse_all(f"numbers are needed and {named(kind)} came: {as_numbers(kind)}")
    _refuse_nan(found, location)
    location.refuse(pc.is_inf(found), "a finite number, below 3.4e38, is the rule", values)
    return found


def seconds(values: pa.Array, location: Location) -> pa.Int64Array:
    """Numbers, dates, times or text as seconds since 1970 in UTC, what is beyond the second cut off.

    Raises:
        DataError: What is no time, or one beyond the year 9999.
    """
    kind = values.type
    if is_text(kind) or is_bytes(kind):
        found = time_texts.seconds(decoded(values, location), location)
    elif pa.types.is_date(kind):
        found = values.cast(pa.date32()).cast(pa.timestamp("s")).cast(pa.int64())
    elif pa.types.is_timestamp(kind):
        found = pc.cast(values, pa.timestamp("s"), safe=False).cast(pa.int64())
    elif pa.types.is_floating(kind):
        doubles = _doubles(values)
        known = pc.less(pc.abs(doubles), float(number_texts.EXACT))  # not so of NaN
        location.refuse(pc.invert(known), time_texts.RULE, values)
        _refuse_inexact(doubles, values, location)
        found = pc.floor(doubles).cast(pa.int64())
    elif pa.types.is_decimal(kind):
        found = whole_numbers(pc.floor(values), location)
    elif not pa.types.is_integer(kind):
        location.refuse_all(f"{time_texts.RULE}; {named(kind)} came")
    else:
        found = whole_numbers(values, location)
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        _refuse_digits(found, location)
    beyond = pc.or_(pc.less(found, _YEARS[0]), pc.greater_equal(found, _YEARS[1]))
    if pc.any(beyond).as_py():
        first = found.filter(beyond)[0].as_py()
        location.refuse(beyond, time_texts.beyond(first), values)
    return found


def _refuse_digits(seconds: pa.Int64Array, location: Location) -> None:
    """Refuses days such as 20261101, which as seconds are all of one day in 1970.

    Raises:
        DataError: All of them are such.
    """
    if meant := suspicious_times.calendar_digits(pc.drop_null(seconds).to_numpy()):
        rule = f"a date in digits alone would be read as seconds since 1970; write it as {meant}"
        location.refuse(pc.is_valid(seconds), rule, seconds)


def _refuse_inexact(doubles: pa.DoubleArray, values: pa.Array, location: Location) -> None:
    """Refuses whole numbers that their own type cannot tell from their neighbors.

    Raises:
        DataError: There is one.
    """
    kind, bits = _EXACT[str(values.type)]
    location.refuse(pc.greater_equal(pc.abs(doubles), 2.0**bits), number_texts.lost(kind, bits), values)


def _doubles(values: pa.Array) -> pa.DoubleArray:
    half = pa.types.is_float16(values.type)  # which Arrow casts to single precision alone
    return (values.cast(pa.float32()) if half else values).cast(pa.float64())


def _refuse_nan(numbers: pa.Array, location: Location) -> None:
    """Refuses what is no number, since a value that is missing is null.

    Raises:
        DataError: There is one.
    """
    rule = "it needs a number in every row" if location.needed else "a missing value is null (empty in CSV), not NaN"
    location.refuse(pc.is_nan(numbers), rule)
