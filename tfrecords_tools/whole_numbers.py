"""Whole numbers of flags: what argparse takes as a type."""

import argparse
import re


def count(text: str) -> int:
    """A whole number from 0 on; another text is an `argparse.ArgumentTypeError`."""
    return _whole(text, least=0)


def positive(text: str) -> int:
    """A whole number from 1 on; another text is an `argparse.ArgumentTypeError`."""
    return _whole(text, least=1)


def _whole(text: str, *, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < least:
        raise argparse.ArgumentTypeError(f"a whole number from {least} on is the rule; it is {text!r}")
    return int(text)
