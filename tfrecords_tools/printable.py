"""Text from data, made safe to show: what would steer a terminal or turn a line round is spelled out."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

# Control characters, lone surrogates, line and paragraph separators, and what reverses the direction of writing.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
SHOWN = 60  # characters of a value
LISTED = 20  # names in a line


def printable(text: str) -> str:
    r"""The text on one line, each character that cannot be seen as Python spells it, such as `\n` or `\x1b`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def shown(value: Any, *, most: int = SHOWN) -> str:
    """A value of a record for people: on one line, text in quotes, cut where it is longer than `most` characters.

    Text in a Unicode form that looks as another one does, such as e with an accent in two characters, is spelled out.
    """
    plain = value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
    if not isinstance(plain, str):
        return cut(str(plain), most=most)
    return cut(repr(plain) if unicodedata.is_normalized("NFC", plain) else ascii(plain), most=most)


def listed(names: Iterable[str], *, most: int = LISTED) -> str:
    """Names as Python prints a list of them; of more than `most`, the first and how many there are beside them."""
    every = list(names)
    return str(every) if len(every) <= most else f"{every[:most]} and {len(every) - most:,} more"


def few(names: Sequence[str], *, most: int = 5) -> str:
    """The first of some names in a sentence, and how many there are beside them."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def cut(text: str, *, most: int = SHOWN) -> str:
    """The text, or its beginning where it is longer."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
