"""Text from data on a terminal: one line that steers nothing."""

import pytest

from tfrecords_tools.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größe 漢字 👍", "größe 漢字 👍"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\u202eright to left", "\\u202eright to left"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, shown) -> None:
    assert printable(text) == shown
