"""Lists as text: values separated by `|`, or as pandas, numpy and JSON print them (docs/data-contract.md)."""

import ast
import json
import re
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs.location import Location
from tfrecords_tools.logs.number_texts import present

_SEPARATOR = "|"
_PRINTED = r"(?s)^\s*\[.*\]\s*$"
_AMBIGUOUS = (  # a list as something else prints it, which must not become one token
    r"(?s)^\s*(?:"
    r"[({]\s*['\"].*['\"],?\s*[)}]|\{[^|]*\}|"  # a tuple, a set, a list of PostgreSQL
    r"(?:c|list|array|np\.array|Array|List|WrappedArray|ArraySeq)\s*\(.*\)|"  # R, numpy, Scala
    r"\[\s*['\"].*|"  # one that was cut off
    r"[-+0-9.]+(?:\s+[-+0-9.]+)+|"
    r"[^|]*[,;\t\n][^|]*"
    r")\s*$"
)
_BLANK_AT_AN_END = r"^\s|\s$"
_ITEM = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([^\s,"'\[\]]+)""", re.DOTALL)
_BETWEEN = re.compile(r"\s*,\s*|\s+")
_RULE = 'a list is values separated by |, as red|shoe, or in brackets with each text in quotes, as ["red", "shoe"]'
_RULE_OF_NUMBERS = "a list of numbers is separated by |, as 0.5|1, or in brackets, as [0.5, 1]"


def lists(texts: pa.StringArray, location: Location, *, bare: bool) -> pa.ListArray:
    """Lists of texts, without the blanks around each; null for empty text.

    Args:
        texts: Texts, `[rows]`.
        location: Where the texts are in the log, for errors.
        bare: Whether what stands in brackets may stand without quotes, as numbers do.

    Raises:
        DataError: A list in another notation, which would pass for one token.
    """
    empty = pc.equal(pc.utf8_trim_whitespace(texts), "")
    found = present(texts) if bare else pc.if_else(empty, pa.scalar(None, pa.string()), texts)
    printed = pc.fill_null(pc.match_substring_regex(found, _PRINTED), False)
    ambiguous = pc.and_(pc.match_substring_regex(found, _AMBIGUOUS), pc.invert(printed))
    rule = _RULE_OF_NUMBERS if bare else _RULE
    location.refuse(ambiguous, rule, texts)
    if not pc.any(printed).as_py():
        return _without_blanks(pc.split_pattern(found, _SEPARATOR))
    values: list[list[str] | None] = []
    for row, text in enumerate(found.to_pylist()):
        items = None if text is None else _items(text.strip(), bare)
        if text is not None and items is None:
            location.refuse(np.arange(len(texts)) == row, rule, texts)
        values.append(items)
    return pa.array(values, pa.list_(pa.string()))


def _without_blanks(column: pa.ListArray) -> pa.ListArray:
    tokens = pc.list_flatten(column)
    if not pc.any(pc.match_substring_regex(tokens, _BLANK_AT_AN_END)).as_py():
        return column
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pc.utf8_trim_whitespace(tokens), mask=pc.is_null(column))


def _items(text: str, bare: bool) -> list[str] | None:
    """The items of one list; None where it is none."""
    if not (text.startswith("[") and text.endswith("]")):
        return [token.strip() for token in text.split(_SEPARATOR)]
    inner, items, at = text[1:-1].strip(), [], 0
    while at < len(inner):
        found = _ITEM.match(inner, at)
        between = found and _BETWEEN.match(inner, found.end())
        if found is None or (found[2] is not None and not bare) or (between is None and found.end() < len(inner)):
            return None
        item = found[2] if found[2] is not None else _unquoted(found[1])
        if item is None:
            return None
        items.append(item)
        at = between.end() if between else len(inner)
    return items if not inner.endswith(",") else None


def _unquoted(literal: str) -> str | None:
    """What a text in quotes says, as JSON and Python escape it."""
    if "\\" not in literal:
        return literal[1:-1]
    for read in (json.loads, ast.literal_eval):
        with warnings.catch_warnings(action="error"):  # Python only warns of an escape that it does not know
            try:
                text = read(literal)
                text.encode()  # half of a pair of surrogates is no text
                return text
            except (ValueError, SyntaxError):
                continue
    return None
