"""TensorFlow's messages on one line, without where in a graph they arose."""

import re

from tfrecords_tools.printable import printable

_LONGEST = 300
_WHERE = re.compile(r"^\{\{function_node .*?\}\} |\s*\[\[\{\{.*$| \[Op:\w+\]$| \[in row\] \[0\]")
_BEFORE = ("<stack traces unavailable> ", "assertion failed: ")


def message_of(error: Exception) -> str:
    """An error's message, shortened to what a person can act on.

    A message that quotes a record of binary data is no text: TensorFlow's own error becomes a `UnicodeDecodeError`
    over it, which still holds the message.
    """
    undecoded = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else None
    message = undecoded or getattr(error, "message", None) or str(error)
    text = _WHERE.sub("", " ".join(message.split()))
    for before in _BEFORE:
        text = text.partition(before)[2] or text
    return printable(text.replace("] [", " ").strip("[]")[:_LONGEST])
