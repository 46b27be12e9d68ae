"""Text from data on a terminal: one line that steers nothing."""

import pytest

from tfrecords_tools.printable import few, listed, printable, shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("größe 漢字 👍", "größe 漢字 👍"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\u202eright to left", "\\u202eright to left"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, seen) -> None:
    assert printable(text) == seen


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("서울 ".encode(), "'서울 '"),
        (b"\xff", "'\\\\xff'"),
        ("Cafe\u0301", "'Cafe\\u0301'"),
        (7, "7"),
        ("x" * 30_000, f"'{'x' * 56}..."),
        ([1, 2], "[1, 2]"),
    ],
)
def test_a_value_is_shown_in_its_script_and_cut(value, seen) -> None:
    assert shown(value) == seen


def test_names_are_listed_as_far_as_a_line_goes() -> None:
    assert listed(("a", "b")) == "['a', 'b']"
    assert listed(f"f{place}" for place in range(1_203)).endswith("'f18', 'f19'] and 1,183 more")


def test_the_first_few_names_stand_in_a_sentence() -> None:
    assert few(["a", "b"]) == "a, b"
    assert few([f"f{place}" for place in range(1_203)], most=2) == "f0, f1 and 1,201 more"
