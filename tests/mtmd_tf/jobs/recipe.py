"""Calls a recipe in this process, as the command line does in one of its own."""

import types

from absl.testing import flagsaver


def call(recipe: types.ModuleType, *arguments: str) -> int | None:
    """Runs `main` with these flags, and leaves the recipe's flags as they were."""
    before = flagsaver.save_flag_values(recipe.FLAGS)
    try:
        recipe.FLAGS(["", *arguments])
        return recipe.main([])
    finally:
        flagsaver.restore_flag_values(before, recipe.FLAGS)
