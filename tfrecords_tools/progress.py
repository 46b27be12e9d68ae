"""Bars for long work."""

import sys
from collections.abc import Iterable
from typing import Any

import tqdm

_LOG_SECONDS = 20.0


def progress_bar(iterable: Iterable[Any] | None = None, **options: Any) -> tqdm.tqdm:
    """A bar of `tqdm` with rate and time left, on stderr.

    In a terminal it moves. Elsewhere, as in a log file, it is a line every 20 s, and none for what takes less.

    Args:
        iterable: Iterable to go through; without it the caller updates the bar.
        options: Options of `tqdm`, such as `total`, `desc` and `unit`.
    """
    seldom = {} if sys.stderr.isatty() else {"mininterval": _LOG_SECONDS, "maxinterval": _LOG_SECONDS}
    delay = 0.0 if sys.stderr.isatty() else _LOG_SECONDS
    return tqdm.tqdm(iterable, delay=delay, **{**seldom, **options})
