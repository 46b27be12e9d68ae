"""Markdown that also reads well in a terminal: tables, lists and sections; the one place where values become cells."""

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from mtmd_tf.reporting.literal import literal

NO_VALUE = "-"  # a cell that nothing was measured for

Rows: TypeAlias = pd.DataFrame | Iterable[Mapping[str, str]]


class Lacking:
    """An item that has no values: a cell that shows an attribute of it shows this text instead, such as `N/A`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __getattr__(self, name: str) -> "Lacking":
        return self


class _NoValue(Exception):
    """A cell names something that has no value; its text is what stands there."""


class _Cell(string.Formatter):
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        try:
            return super().get_field(field_name, args, kwargs)
        except KeyError:
            return None, field_name
        except AttributeError as error:
            if error.obj is None:
                return None, field_name
            raise

    def format_field(self, value: Any, format_spec: str) -> str:
        form, own, none = format_spec.partition("?")
        if isinstance(value, Lacking):
            raise _NoValue(value.text)
        if value is None:
            raise _NoValue(none if own else NO_VALUE)
        return format(value, form)


def cell(form: str, *items: Any, **named: Any) -> str:
    """The text of a format string, or `-` where it names a None, an attribute of one, or a key that is missing.

    A format string can have its own text for that, behind a `?`: `{0.auc:.4f?N/A}`.
    """
    try:
        return _Cell().vformat(form, items, named)
    except _NoValue as no_value:
        return str(no_value)


def number(value: Any | None, form: str, *, none: str = NO_VALUE, unit: str = "") -> str:
    """The value in a format such as `.3f`, with its unit, or `none` where there is no value."""
    return none if value is None else f"{value:{form}}{unit}"


def table(rows: Rows, *, names: int) -> str:
    """A GitHub Markdown table; without rows, an empty text.

    Every cell is text: what it holds is shown as it is, whatever it would mean in Markdown or HTML.

    Args:
        rows: A frame of texts, or `{column: text}` for each line; a column that a line lacks has no value there.
        names: Number of leading columns that hold names and stand left; the others hold numbers and stand right.
    """
    frame = pd.DataFrame(rows if isinstance(rows, pd.DataFrame) else list(rows)).fillna(NO_VALUE)
    if frame.empty:
        return ""
    header, *body = ([literal(str(cell)) for cell in line] for line in (frame.columns, *frame.to_numpy()))
    widths = [max(3, *map(len, column)) for column in zip(header, *body, strict=True)]
    rule = ["-" * width if place < names else "-" * (width - 1) + ":" for place, width in enumerate(widths)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(w) if i < names else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join(map(line, (header, rule, *body)))
