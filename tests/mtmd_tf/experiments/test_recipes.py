"""Committed recipes name the models that were trained by them, also where a default has changed since."""

import dataclasses
import json
import pathlib
import re

import pytest

from mtmd_tf.config import ModelConfig
from mtmd_tf.config.stored import older

RESULTS = pathlib.Path(__file__).parents[3] / "docs" / "results"
CHANGED = [field.name for field in dataclasses.fields(ModelConfig) if field.metadata["before"] != field.default]


def trained(folder: pathlib.Path) -> list[dict]:
    """The settings of the models of the committed records, without what a later default would add."""
    plain = [json.loads(path.read_text()) for path in folder.glob("*/*-seed*.json")]
    return [older(ModelConfig) | each.get("record", each)["config"]["model"] for each in plain]


@pytest.mark.parametrize("recipe", sorted(RESULTS.glob("*/recipe.flags")), ids=lambda path: path.parent.name)
@pytest.mark.parametrize("setting", CHANGED)
def test_a_recipe_says_what_its_records_have_where_the_default_has_changed(recipe: pathlib.Path, setting: str):
    said = re.findall(rf"^--{setting}=(.*)$", recipe.read_text(), flags=re.MULTILINE)
    asked = said[-1] if said else getattr(ModelConfig(), setting)
    for model in (each for each in trained(recipe.parent) if each["architecture"] == "mtmd"):
        had = model[setting]
        if setting in ("domain_sharing", "moments") and had == older(ModelConfig)[setting]:
            continue  # the literal model is a variant of every ladder
        assert type(had)(asked) == had
