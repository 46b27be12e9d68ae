"""Text from data, made safe to show: what would steer a terminal or turn a line round is spelled out."""

import re
from typing import Any

# Control characters, lone surrogates, line and paragraph separators, and what reverses the direction of writing.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
SHOWN = 60  # characters of a value


def printable(text: str) -> str:
    r"""The text on one line, each character that cannot be seen as Python spells it, such as `\n` or `\x1b`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def shown(value: Any, *, most: int = SHOWN) -> str:
    """A value of a record for people: on one line, text in quotes, cut where it is longer than `most` characters."""
    plain = value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
    text = repr(plain) if isinstance(plain, str) else str(plain)
    return cut(text, most=most)


def cut(text: str, *, most: int = SHOWN) -> str:
    """The text, or its beginning where it is longer."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
