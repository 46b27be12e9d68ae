"""What TensorFlow said against a tower's inputs, in one line and without where in the graph it was said."""

import re

_LONGEST = 300
_WHERE = re.compile(r"^\{\{function_node .*?\}\} |\s*\[\[\{\{.*$| \[Op:\w+\]$| \[in row\] \[0\]")
_BEFORE = ("<stack traces unavailable> ", "assertion failed: ")


def in_words(message: str) -> str:
    """An InvalidArgumentError's message, shortened to what a person can act on."""
    text = _WHERE.sub("", " ".join(message.split()))
    for before in _BEFORE:
        text = text.partition(before)[2] or text
    return text.replace("] [", " ").strip("[]")[:_LONGEST]
