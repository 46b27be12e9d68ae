"""Whichever package is imported first, TensorFlow speaks Keras 2 or the error says what to do."""

import os
import subprocess
import sys

import pytest

SHOW_KERAS = """
import tensorflow as tf
from tensorflow.keras.layers import Dense
print(tf.keras.Model.__module__.split(".")[0], Dense.__module__.split(".")[0])
"""
TRY_MTMD = """
try:
    import mtmd_tf
except ImportError as error:
    print(error)
"""


def run(code: str, *, legacy_keras: str | None = None) -> list[str]:
    """Runs `code` in a fresh Python and returns the lines it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if legacy_keras is not None:
        environment["TF_USE_LEGACY_KERAS"] = legacy_keras
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("first", ["mtmd_tf", "tfrecords_tools, tensorflow, mtmd_tf"])
def test_our_packages_first_give_keras_2_without_the_variable(first):
    assert run(f"import {first}" + SHOW_KERAS) == ["tf_keras tf_keras"]


def test_tensorflow_and_a_library_on_top_of_it_first_with_the_variable_are_welcome():
    assert run("import tensorflow, tensorflow_recommenders, mtmd_tf" + SHOW_KERAS, legacy_keras="1") == [
        "tf_keras tf_keras"
    ]


@pytest.mark.parametrize("first", ["tensorflow", "keras"])
def test_keras_3_first_is_refused_and_setting_the_variable_late_does_not_help(first):
    late = "\nimport os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'"
    message = (
        "TensorFlow was imported with Keras 3 before mtmd_tf, which needs Keras 2; "
        "import mtmd_tf first, or start Python with TF_USE_LEGACY_KERAS=1."
    )
    assert run(f"import {first}" + TRY_MTMD + late + TRY_MTMD) == [message, message]


@pytest.mark.parametrize("value", ["0", "yes", ""])
def test_another_value_of_the_variable_is_refused(value):
    message = f"TF_USE_LEGACY_KERAS must be '1' for mtmd_tf (it is built on Keras 2), got {value!r}; unset it."
    assert run(TRY_MTMD, legacy_keras=value) == [message]


def test_every_spelling_tensorflow_takes_for_yes_is_kept():
    code = "import os, mtmd_tf; print(os.environ['TF_USE_LEGACY_KERAS'])"
    assert [run(code, legacy_keras=value) for value in ("1", "true", "True")] == [["1"], ["true"], ["True"]]


def test_the_import_loads_neither_tensorflow_nor_a_submodule():
    loaded = "sorted(name for name in sys.modules if name.startswith(('mtmd_tf', 'tensor', 'numpy', 'keras')))"
    assert run(f"import sys, mtmd_tf; print({loaded})") == ["['mtmd_tf', 'mtmd_tf.legacy', 'mtmd_tf.version']"]


def test_a_submodule_loads_at_first_use():
    assert run("import mtmd_tf; print(mtmd_tf.seeds.__name__, 'seeds' in dir(mtmd_tf))") == ["mtmd_tf.seeds True"]


def test_a_mistyped_submodule_is_answered_with_the_right_ones():
    import mtmd_tf

    with pytest.raises(AttributeError, match=r"No 'seed' in mtmd_tf; it has \[.*'seeds'.*\]\."):
        _ = mtmd_tf.seed
