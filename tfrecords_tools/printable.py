"""Text from data, made safe to show: what would steer a terminal or turn a line round is spelled out."""

import re

# Control characters, lone surrogates, line and paragraph separators, and what reverses the direction of writing.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def printable(text: str) -> str:
    r"""The text on one line, each character that cannot be seen as Python spells it, such as `\n` or `\x1b`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
