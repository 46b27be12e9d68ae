"""Text from data as Markdown that shows the text and nothing else: no tag, link, picture or emphasis."""

import re
from collections.abc import Sequence

from tfrecords_tools.printable import printable

_SPECIAL = re.compile(
    r"""[\\`*|]                        # escapes, code, emphasis, cells
    | \](?=\s*[(\[:])                # links and images; an interval, [1, 2], is none
    | (?<![^\W_])_ | _(?![^\W_])      # emphasis; inside a word, as in add_to_cart, it is none
    """,
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?=#?\w+;)")


def literal(text: str) -> str:
    """The text's Markdown, on one line; numbers and plain names are their own.

    Only what could mean something is escaped, so that a report also reads well in a terminal.
    """
    escaped = _SPECIAL.sub(lambda found: f"\\{found[0]}", _ENTITY.sub("&amp;", printable(text)))
    return escaped.replace("<", "&lt;").replace("~~", "&#126;~")  # struck out, where a renderer knows it


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b` or `a, b and c`; empty without words."""
    [*most, last] = words or [""]
    return f"{', '.join(most)} and {last}" if most else last
