"""Markdown list items that are folded, so that long ones also read well in a terminal."""

import textwrap

_WIDTH = 80


def bullet(text: str, *, level: int = 0) -> str:
    """One item of a list, on as many lines of 80 columns as it takes; `level` 1 is an item below one of level 0."""
    indent = "    " * level
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=f"{indent}- ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
