"""Markdown list items that are folded, so that long ones also read well in a terminal."""

import textwrap
from collections.abc import Mapping

_WIDTH = 80


def item(text: str, *, level: int = 0) -> str:
    """One item of a list, folded at 80 columns; `level` 1 is an item below one of level 0."""
    indent = "    " * level
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=f"{indent}- ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def facts(values: Mapping[str, str]) -> str:
    """A list of `name: value`; both are Markdown already, text from data is to be made `literal` before."""
    return "\n".join(item(f"{name}: {value}") for name, value in values.items())
