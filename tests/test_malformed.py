"""Tests of tests/malformed.py, which counts malformed inputs."""

import pytest

from tests import malformed


def outcomes() -> list[str]:
    """Of what a test counted, which leaves the run's own sum alone."""
    return [outcome for _, _, outcome in malformed.taken()]


def test_an_error_and_a_value_are_told_apart_and_the_same_input_counts_once() -> None:
    for text in ("a", "1", "1"):
        malformed.tried("flag", text, lambda text=text: int(text), user_errors=ValueError)
    assert isinstance(malformed.tried("flag", "a", lambda: int("a"), user_errors=ValueError), malformed.UserError)
    assert outcomes() == [malformed.REFUSED, malformed.RIGHT]


def test_another_error_and_one_of_two_lines_are_tracebacks() -> None:
    with pytest.raises(ZeroDivisionError):
        malformed.tried("log", "a", lambda: 1 // 0, user_errors=ValueError)
    with pytest.raises(AssertionError, match="an error of 2 lines"):
        malformed.tried("log", "b", lambda: _refuse("a\nb"), user_errors=ValueError)
    with pytest.raises(AssertionError), malformed.refused("log", "c", ValueError, match="a"):
        _refuse("a\nb")
    with pytest.raises(KeyError), malformed.refused("log", "d", ValueError, match="a"):
        raise KeyError("a")
    assert outcomes() == [malformed.TRACEBACK] * 4


def _refuse(said: str) -> None:
    raise ValueError(said)


@pytest.mark.parametrize(
    ("stderr", "outcome"),
    [
        ("a warning\nerror: no such flag\n", malformed.REFUSED),
        ("Traceback (most recent call last):\nValueError\n", malformed.TRACEBACK),
        ("error: no such flag\nand more\n", malformed.TRACEBACK),
        ("", malformed.TRACEBACK),
    ],
)
def test_a_command_ends_in_one_line(stderr: str, outcome: str) -> None:
    try:
        malformed.require_one_line("flag", stderr, stderr, match="no such flag")
    except AssertionError:
        assert outcome == malformed.TRACEBACK
    assert outcomes() == [outcome]


def test_processes_are_merged_and_a_traceback_of_any_of_them_stays() -> None:
    found = [("log", "aa", malformed.TRACEBACK), ("log", "aa", malformed.RIGHT), ("flag", "aa", malformed.REFUSED)]
    merged = malformed.merged(found)
    assert merged == {("log", "aa"): malformed.TRACEBACK, ("flag", "aa"): malformed.REFUSED}
    assert not malformed.is_enough(merged, least=1)
    assert malformed.summary(merged, least=5) == [
        "2 malformed inputs: 1 refused in one line, 0 the right value, 1 a traceback; at least 5 are wanted",
        "  log              1: 0 refused in one line, 0 the right value, 1 a traceback",
        "  flag             1: 1 refused in one line, 0 the right value, 0 a traceback",
    ]
    del merged["log", "aa"]
    assert malformed.is_enough(merged, least=1)
    assert not malformed.is_enough(merged, least=2)
    assert malformed.summary({}) == []
