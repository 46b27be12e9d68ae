"""Calls a recipe in this process, as the command line does in one of its own."""

import contextlib
import io
import signal
import sys
import types
from collections.abc import Iterator
from typing import NamedTuple
from unittest import mock

from absl import flags
from absl.testing import flagsaver

from mtmd_tf.jobs.settings import USER_ERRORS


@contextlib.contextmanager
def parsed(recipe: types.ModuleType, *arguments: str) -> Iterator[flags.FlagValues]:
    """The recipe's flags with these alone, flag files read; they are as they were afterwards."""
    before = flagsaver.save_flag_values(recipe.FLAGS)
    try:
        recipe.FLAGS.unparse_flags()  # a flag that can come twice would keep what it has
        recipe.FLAGS(["", *flags.FLAGS.read_flags_from_files(list(arguments))])
        yield recipe.FLAGS
    finally:
        flagsaver.restore_flag_values(before, recipe.FLAGS)


def call(recipe: types.ModuleType, *arguments: str) -> int | None:
    """Runs `main` with these flags, and leaves the recipe's flags as they were."""
    with parsed(recipe, *arguments):
        return recipe.main([])


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
