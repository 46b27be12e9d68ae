"""Times as pandas, R and people write them in a CSV log, in seconds since 1970 (docs/data-contract.md)."""

import datetime
import math
import re

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs import suspicious_times
from tfrecords_tools.logs.location import Location
from tfrecords_tools.logs.number_texts import SHORTENED, present, with_unusual

_SECONDS = r"^-?[0-9]{1,18}$"
_USUAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)?$"
_FRACTION = r"\.[0-9]+$"
_WRITTEN_AS_A_DOUBLE = re.compile(r"-?\d{1,15}\.\d*|\d(\.\d+)?[eE]\+?(0?\d|1[0-5])", re.ASCII)
_TIME = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?:T|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
RULE = (
    "seconds since 1970, a date, as 2026-11-01, or a date and time, as 2026-11-01 05:03:00 (in UTC) or "
    "2026-11-01T05:03:00+02:00, are the rule"
)


def beyond(time: int) -> str:
    """The rule that a whole number breaks which, as seconds, is of a year after 9999 or before the first."""
    unit = suspicious_times.other_unit(time, time)
    return f"seconds since 1970 in UTC are the rule; {f'these look like {unit}' if unit else 'this is of no year'}"


def seconds(texts: pa.StringArray, location: Location) -> pa.Int64Array:
    """Seconds since 1970, what is beyond the second cut off; a date is its midnight in UTC.

    Raises:
        DataError: Another text.
    """
    found = present(texts)
    none = pa.scalar(None, pa.string())
    whole = pc.fill_null(pc.match_substring_regex(found, _SECONDS), True)
    usual = pc.match_substring_regex(found, _USUAL)
    times = pc.if_else(usual, pc.replace_substring_regex(found, _FRACTION, ""), none)
    try:
        dated = pc.cast(pc.cast(times, pa.timestamp("s")), pa.int64())
    except pa.ArrowInvalid:  # there is a 30th of February: the slower way finds its row
        usual, dated = pc.and_(usual, False), pa.nulls(len(found), pa.int64())
    known = pc.coalesce(dated, pc.cast(pc.if_else(whole, found, none), pa.int64()))
    odd = pc.invert(pc.or_(whole, pc.fill_null(usual, True)))
    return with_unusual(found, known, odd.to_numpy(zero_copy_only=False), _moment, location)


def _moment(text: str) -> int:
    if re.fullmatch(SHORTENED, text):
        raise ValueError("a time in so few digits may be hours away: write the seconds in full, as 1793491200")
    if re.fullmatch(r"-?[0-9]{19,30}", text):
        raise ValueError(beyond(int(text)))
    match = _TIME.fullmatch(text)
    try:
        if match is None and _WRITTEN_AS_A_DOUBLE.fullmatch(text):
            return math.floor(float(text))
        if match is None:
            raise ValueError(RULE)
        parts = {name: int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")}
        return int(datetime.datetime(**parts, tzinfo=_zone(match["zone"])).timestamp())
    except ValueError as error:
        raise ValueError(RULE) from error


def _zone(text: str | None) -> datetime.timezone:
    if text is None or text[0] not in "+-":
        return datetime.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return datetime.timezone(offset if text[0] == "+" else -offset)
