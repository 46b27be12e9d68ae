"""Counts the malformed inputs of a test run and what came of each: tests/conftest.py adds them up and prints the sum.

A test hands each one to `tried` or `refused`. Inputs that are the same, as Hypothesis repeats them, count once.
"""

import collections
import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

KINDS = ("schema", "log", "record", "manifest", "flag", "request", "answer", "export", "embedding", "checkpoint", "run")
REFUSED, RIGHT, TRACEBACK = "refused in one line", "the right value", "a traceback"
OUTCOMES = (REFUSED, RIGHT, TRACEBACK)

Seen = dict[tuple[str, str], str]  # (kind, digest of the input) -> outcome

_SEEN: Seen = {}


class UserError(str):
    """The text of a user error, in the place of a value."""

    __slots__ = ()


def note(kind: str, content: object, outcome: str) -> None:
    """Counts one input; a traceback stays one whatever came of the same input elsewhere."""
    if kind not in KINDS or outcome not in OUTCOMES:
        raise ValueError(f"{kind!r} is one of {KINDS} and {outcome!r} is one of {OUTCOMES}")
    plain = content if isinstance(content, bytes) else repr(content).encode(errors="surrogatepass")
    key = kind, hashlib.blake2b(plain, digest_size=6).hexdigest()
    if _SEEN.get(key) != TRACEBACK:
        _SEEN[key] = outcome


def tried(
    kind: str, content: object, act: Callable[[], T], *, user_errors: type[Exception] | Sequence[type[Exception]]
) -> T | UserError:
    """What `act` makes of a malformed input: a value, which the test goes on to check, or a `UserError` of one line.

    Args:
        kind: One of `KINDS`.
        content: The input itself, by which it is told from others.
        act: Reads it.
        user_errors: The errors that a user can mend; any other is counted as a traceback and raised.
    """
    try:
        value = act()
    except Exception as error:
        known = isinstance(error, user_errors if isinstance(user_errors, type) else tuple(user_errors))
        one_line = bool(str(error)) and "\n" not in str(error)
        note(kind, content, REFUSED if known and one_line else TRACEBACK)
        if not known:
            raise
        if not one_line:
            raise AssertionError(f"an error of {len(str(error).splitlines())} lines: {error}") from error
        return UserError(error)
    note(kind, content, RIGHT)
    return value


@contextlib.contextmanager
def refused(kind: str, content: object, error: type[Exception], *, match: str) -> Iterator[Any]:
    """As `pytest.raises`, of a malformed input: the message must be one line that matches."""
    caught: Any = None
    try:
        with pytest.raises(error, match=match) as caught:
            yield caught
    except BaseException:
        note(kind, content, TRACEBACK)
        raise
    said = str(caught.value)
    note(kind, content, TRACEBACK if "\n" in said else REFUSED)
    assert "\n" not in said, said


def require_one_line(kind: str, content: object, stderr: str, *, match: str) -> None:
    """Of a command that ran on a malformed input: its stderr ends in one `error: ` line that matches."""
    lines = stderr.splitlines()
    well = "Traceback" not in stderr and [line for line in lines if line.startswith("error: ")] == lines[-1:]
    note(kind, content, REFUSED if well and lines else TRACEBACK)
    assert well, stderr
    assert lines, "nothing was said"
    assert re.search(match, lines[-1]), lines[-1]


def taken() -> list[tuple[str, str, str]]:
    """`(kind, digest, outcome)` of what was counted since the last call."""
    found = [(*key, outcome) for key, outcome in _SEEN.items()]
    _SEEN.clear()
    return found


def merged(found: Iterable[Sequence[str]]) -> Seen:
    """One outcome an input; a traceback outweighs another outcome of the same input elsewhere."""
    seen: Seen = {}
    for kind, digest, outcome in found:
        if seen.get((kind, digest)) != TRACEBACK:
            seen[kind, digest] = outcome
    return seen


def is_enough(seen: Seen, *, least: int) -> bool:
    """Whether so many inputs ran and none was a traceback."""
    return len(seen) >= least and TRACEBACK not in seen.values()


def summary(seen: Seen, *, least: int = 0) -> list[str]:
    """The lines for the end of a run: one a kind, and their sum; none where nothing malformed ran."""
    if not seen and not least:
        return []
    counts = collections.Counter((kind, outcome) for (kind, _), outcome in seen.items())
    rows = [
        f"  {kind:<12}{own:>6}: {', '.join(f'{counts[kind, outcome]:,} {outcome}' for outcome in OUTCOMES)}"
        for kind in KINDS
        if (own := sum(counts[kind, outcome] for outcome in OUTCOMES))
    ]
    wanted = f"; at least {least:,} are wanted" if least > len(seen) else ""
    outcomes = collections.Counter(seen.values())
    whole = ", ".join(f"{outcomes[outcome]:,} {outcome}" for outcome in OUTCOMES)
    return [f"{len(seen):,} malformed inputs: {whole}{wanted}", *rows]
