"""Numbers as pandas, R and people write them in a CSV log (docs/data-contract.md)."""

import decimal
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs.location import Location

SHORTENED = r"[+-]?[0-9]\.[0-9]{1,5}[eE]\+(?:0[6-9]|1[0-9])"  # as a spreadsheet shows, and saves, more digits
GROUPED = r"^[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+$"  # as thousands between points, or three decimals
EXACT = 2**53  # from here on a double cannot tell a whole number from its neighbor
TOO_LARGE = "a whole number is from -2^63 to 2^63 - 1: make the feature bytes and write text, or subtract 2^64"


def lost(kind: str = "double", bits: int = 53) -> str:
    """The rule of numbers of a kind that tells whole numbers apart below 2^`bits` alone."""
    instead = "write the column as whole numbers (int64), or as text"
    return f"a {kind} of 2^{bits} or more may have lost its last digits: {instead}"


_MISSING = pa.array(["", "NULL", "null", "NA"])
_FLAGS = {"true": 1, "True": 1, "TRUE": 1, "false": 0, "False": 0, "FALSE": 0}
_PLAIN = r"^-?[0-9]{1,18}$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"
_EVENT_RULE = "an event is 1, 0 or, where it was not observed, empty"
_WHOLE_RULE = "a whole number is the rule, as 4, 4.0 or True (empty where it is missing)"
GRADES = f"{_EVENT_RULE}: make a task of grades, such as those of at least 4"
_YES_OR_NO = frozenset(("y", "n", "yes", "no", "t", "f", "on", "off"))
_AS_1_OR_0 = ", 1 for yes and 0 for no"
_NUMBER_RULE = "a number is the rule, as 4, 4.5, 1e-3 or True"
_OR_EMPTY = " (empty where it is missing)"
_OF_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:[,' _\xa0\u2019\u202f][0-9]{3})+)(?:[.,][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ].*)?")
_WITH_A_UNIT = re.compile(r"[^-+0-9.,\u2212\u2013]{1,4}[0-9.,]+|[-+]?[0-9.,]+[^0-9.,]{1,4}")
_WITH_A_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")


def present(texts: pa.StringArray) -> pa.StringArray:
    """Texts of a column of numbers or times, without the blanks around them; null where they say that none is there."""
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.is_in(trimmed, value_set=_MISSING), pa.scalar(None, pa.string()), trimmed)


def whole_numbers(texts: pa.StringArray, location: Location) -> pa.Int64Array:
    """Whole numbers, exactly.

    Raises:
        DataError: Another text, or a number that is beyond int64 or that a double has carried beyond its digits.
    """
    found = present(texts)
    plain = pc.fill_null(pc.match_substring_regex(found, _PLAIN), True)
    numbers = pc.cast(pc.if_else(plain, found, pa.scalar(None, pa.string())), pa.int64())
    unusual = ~plain.to_numpy(zero_copy_only=False)
    return with_unusual(found, numbers, unusual, _event if is_event(location) else whole_number, location)


def is_event(location: Location) -> bool:
    """Whether a column of whole numbers says what happened."""
    return location.column.startswith("event/")


def _event(text: str) -> int:
    """The whole number that a text says; raises as `whole_number` does."""
    try:
        return whole_number(text)
    except ValueError as error:
        is_number = re.fullmatch(_NUMBER[1:-1], text)
        raise ValueError(GRADES if is_number else f"{_EVENT_RULE}: write 1 for yes and 0 for no") from error


def numbers(texts: pa.StringArray, location: Location) -> pa.FloatArray:
    """Numbers as float32; `nan` and `inf` are read as what they say.

    Raises:
        DataError: Another text.
    """
    found = present(texts)
    try:
        return pc.cast(found, pa.float32())
    except pa.ArrowInvalid:  # true, false, or the row that is at fault, which looking at each text finds
        pass
    for word, value in _FLAGS.items():
        found = pc.if_else(pc.equal(found, word), str(value), found)
    number = pc.or_(pc.match_substring_regex(found, _NUMBER), pc.match_substring_regex(found, _NOT_FINITE))
    wrong = found.filter(pc.invert(number))
    instead = _instead(wrong[0].as_py()) if len(wrong) else ""
    location.refuse(pc.invert(number), _NUMBER_RULE + ("" if location.needed else _OR_EMPTY) + instead, texts)
    return pc.cast(found, pa.float32())


def _instead(text: str) -> str:
    """What to write for a number in another notation; nothing for what is no number."""
    if _DATE.fullmatch(text):
        return ", as the days or the seconds since a fixed time where it is a date"
    if _OF_THOUSANDS.fullmatch(text):
        return ", without signs between thousands"
    if text.casefold() in _YES_OR_NO:
        return _AS_1_OR_0
    if _WITH_A_UNIT.fullmatch(text):
        return ", without its sign: 12% is 0.12" if "%" in text else ", without a sign or a unit"
    return ", with a point before its decimals" if _WITH_A_COMMA.fullmatch(text) else ""


def whole_number(text: str) -> int:
    """The whole number that a text says.

    Raises:
        ValueError: Its message is the rule that the text breaks.
    """
    if text in _FLAGS:
        return _FLAGS[text]
    if not re.fullmatch(_NUMBER[1:-1], text):
        raise ValueError(_WHOLE_RULE + (_AS_1_OR_0 if text.casefold() in _YES_OR_NO else ""))
    if re.fullmatch(r"[+-]?[0-9]+", text):
        if len(text) > 4000 or not -(2**63) <= int(text) < 2**63:  # more digits are too many for int()
            raise ValueError(TOO_LARGE)
        return int(text)
    number = decimal.Decimal(text)
    if number and number.adjusted() >= len(str(EXACT)):
        raise ValueError(lost())
    if number != number.to_integral_value():
        raise ValueError(_WHOLE_RULE)
    if abs(number) >= EXACT:
        raise ValueError(lost())
    return int(number)


def with_unusual(
    texts: pa.StringArray, usual: pa.Int64Array, unusual: np.ndarray, read: Callable[[str], int], location: Location
) -> pa.Int64Array:
    """`usual`, `[rows]`, and where `unusual`, `[rows]`, is set, the number that `read` makes of the text."""
    if not unusual.any():
        return usual
    texts = texts.filter(pa.array(unusual))
    read_once: dict[str, int | None] = {}
    rules: dict[str, str] = {}
    for text in pc.unique(texts).to_pylist():
        try:
            read_once[text] = read(text)
        except ValueError as rule:
            rules[text] = str(rule)
    column = texts.to_pylist()
    if rules:
        bad = np.array([text in rules for text in column])
        location.take(unusual).refuse(bad, rules[column[int(np.argmax(bad))]], texts)
    return pc.replace_with_mask(usual, pa.array(unusual), pa.array([read_once[text] for text in column], pa.int64()))
