"""Every recipe can be imported beside all others, and its `main` called."""

import importlib
import pathlib
import pkgutil

import pytest
from absl import flags

import export
import train
from mtmd_tf import jobs
from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import evaluate, rank
from tests.mtmd_tf.jobs.recipe import call

MODULES = [importlib.import_module(f"mtmd_tf.jobs.{module.name}") for module in pkgutil.iter_modules(jobs.__path__)]
RECIPES = [train, export, *(module for module in MODULES if hasattr(module, "main"))]


def test_no_recipe_defines_a_flag_of_the_process():
    ours = {name for recipe in RECIPES for name in recipe.FLAGS}
    assert {"run", "data", "epochs"} <= ours
    assert not ours & set(flags.FLAGS)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__name__)
def test_a_recipe_has_flags_of_its_own(recipe):
    assert len(recipe.FLAGS) > 0
    assert callable(recipe.main)


def test_a_main_reads_its_own_flags(tmp_path: pathlib.Path):
    with pytest.raises(ConfigError, match=rf"^{tmp_path} holds no finished training; run train.py with --run="):
        call(evaluate, f"--run={tmp_path}")
    with pytest.raises(ConfigError, match=r"give one of --request_id, --request and --surface, not \['request', 'sur"):
        call(rank, "--export=e", "--embeddings=i", "--request=r.json", "--surface=search")
    with pytest.raises(ConfigError, match="give --request=FILE, or --data=FOLDER"):  # what was said before is forgotten
        call(rank, "--export=e", "--embeddings=i")
