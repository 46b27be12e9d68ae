"""Which of any number of tokens were seen, in bounded memory: those of the smallest hashes (bottom-k sampling)."""

import base64
from typing import Any

import numpy as np
import pandas as pd

MOST = 1024  # distinct tokens; up to so many the sketch is exact, beyond it a share is off by 1.6% (one standard error)
_HIGHEST = np.uint64(2**64 - 1)


def hashes_of(tokens: np.ndarray) -> np.ndarray:
    """`[rows]` uint64 of `[rows]` tokens, bytes or int64: the same on every machine."""
    return pd.util.hash_array(tokens) if len(tokens) else np.zeros(0, np.uint64)


def text_of(hashes: np.ndarray) -> str:
    """`[any]` uint64 as base64."""
    return base64.b64encode(hashes.astype("<u8").tobytes()).decode()


def hashes_in(text: str) -> np.ndarray:
    """`[any]` uint64 of a `text_of`."""
    return np.frombuffer(base64.b64decode(text), "<u8").astype(np.uint64)


class TokenSketch:
    """The distinct tokens whose hashes are the smallest.

    Every token with a hash of at most `ceiling` is known to have been seen or not; others are not judged.

    Args:
        hashes: Hashes to start with, `[any]` uint64.
        most: How many are kept.
    """

    def __init__(self, hashes: np.ndarray | None = None, *, most: int = MOST) -> None:
        self._most = most
        self._kept = np.zeros(0, np.uint64)
        if hashes is not None:
            self.add(hashes)

    def add(self, hashes: np.ndarray) -> None:
        """Takes in the hashes `[rows]` of tokens that were seen, each any number of times."""
        fresh = np.unique(hashes[hashes <= self.ceiling])
        self._kept = np.union1d(self._kept, fresh)[: self._most]

    @property
    def ceiling(self) -> np.uint64:
        """The highest hash that is judged."""
        return self._kept[-1] if len(self._kept) == self._most else _HIGHEST

    def unseen(self, hashes: np.ndarray) -> tuple[int, int]:
        """Of `[rows]` hashes of tokens: how many were never seen, and how many can be judged."""
        judged = hashes[hashes <= self.ceiling]
        return int((~np.isin(judged, self._kept)).sum()), len(judged)

    def to_text(self) -> str:
        """The sketch as base64."""
        return text_of(self._kept)

    @classmethod
    def from_text(cls, text: str) -> "TokenSketch":
        """The sketch of a `to_text`."""
        return cls(hashes_in(text))

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, TokenSketch) and np.array_equal(self._kept, other._kept)

    __hash__ = None  # type: ignore[assignment]
