"""Calls a recipe in this process, as the command line does in one of its own."""

import contextlib
import io
import signal
import sys
import types
from typing import NamedTuple
from unittest import mock

from absl.testing import flagsaver

from mtmd_tf.jobs.settings import USER_ERRORS


def call(recipe: types.ModuleType, *arguments: str) -> int | None:
    """Runs `main` with these flags, and leaves the recipe's flags as they were."""
    before = flagsaver.save_flag_values(recipe.FLAGS)
    try:
        recipe.FLAGS(["", *arguments])
        return recipe.main([])
    finally:
        flagsaver.restore_flag_values(before, recipe.FLAGS)


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def ended(recipe: types.ModuleType, *arguments: str) -> Ended:
    """The same, and what a user would see: an error that a user can mend is one line, as `settings.run` ends it."""
    said, before = io.StringIO(), signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(said), mock.patch.object(sys, "argv", [recipe.__name__, *arguments]):
            code = call(recipe, *arguments) or 0
        return Ended(code, said.getvalue(), "")
    except USER_ERRORS as error:
        return Ended(1, said.getvalue(), f"error: {error}\n")
    finally:
        signal.signal(signal.SIGTERM, before)
