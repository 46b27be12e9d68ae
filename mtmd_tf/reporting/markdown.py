"""Markdown that also reads well in a terminal: tables, lists and sections; the one place where values become cells."""

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from mtmd_tf.reporting.literal import literal

NO_VALUE = "-"  # a cell that nothing was measured for

Rows: TypeAlias = pd.DataFrame | Iterable[Mapping[str, str]]


class _NoValue(Exception):
    """A cell names something that has no value; its text is what stands there."""


class _Cell(string.Formatter):
    def __init__(self, none: str) -> None:
        self._none = none

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
        if value is None:
            raise _NoValue(none if own else self._none)
        return format(value, form)


def cell(form: str, *items: Any, none: str = NO_VALUE, **named: Any) -> str:
    """The text of a format string, or `none` where it names a None, an attribute of one, or a key that is missing.

    A format string can have its own text for that, behind a `?`: `{0.auc:.4f?N/A}`.
    """
    try:
        return _Cell(none).vformat(form, items, named)
    except _NoValue as no_value:
        return str(no_value)


def number(value: Any | None, form: str, *, none: str = NO_VALUE, unit: str = "") -> str:
    """The value in a format such as `.3f`, with its unit, or `none` where there is no value."""
    return none if value is None else f"{value:{form}}{unit}"


def lines(header: str, cells: str, items: Iterable[Any], *, none: str = NO_VALUE) -> list[dict[str, str]]:
    """A line for each item, from a table's header and a line of format strings, both written as the table looks.

    `lines("task | KL", "{0.task} | {0.kl:.3f}", rows)` shows two attributes of each row.

    Args:
        header: Names of the columns, with `|` between them.
        cells: Format string of each column; the item is `{0}`, the members of a tuple are `{0}`, `{1}` and so on.
        items: Items to show, a line each.
        none: Cell that names a None or a key that is missing.
    """
    names, forms = ([part.strip() for part in text.split("|")] for text in (header, cells))
    shown = (item if isinstance(item, tuple) else (item,) for item in items)
    return [{name: cell(form, *each, none=none) for name, form in zip(names, forms, strict=True)} for each in shown]


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
