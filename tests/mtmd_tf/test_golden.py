"""Every layer still computes what it computed: `make golden` rewrites the stored outputs."""

import functools
import importlib
import json
import os
import pathlib
import pkgutil

import numpy as np
import pytest
import tensorflow as tf

import mtmd_tf
from mtmd_tf.blocks import FeedForward
from tests.mtmd_tf.golden_cases import CASES, PEERS, Outputs, built, layer_classes

FOLDER = pathlib.Path(__file__).parents[1] / "goldens"
MODELS = ("HeavyweightRanker", "TwoTowerModel")  # kept as checkpoints and settings, not as a Keras configuration
SCRIPTS = "mtmd_tf.jobs"  # they define flags when imported, and no layer; the peers need PyTorch


def write(path: pathlib.Path, outputs) -> None:
    """One line an output: its name, its shape and its numbers to six digits."""
    lines = [
        json.dumps(name) + ": " + json.dumps({"shape": list(value.shape), "numbers": numbers(value)})
        for name, value in outputs.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def numbers(value) -> list[float]:
    return [float(f"{number:.6g}") for number in np.asarray(value).ravel().tolist()]


@functools.cache
def made(name: str) -> tuple[Outputs, tf.keras.layers.Layer]:
    return built(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_the_golden_output_has_not_changed(name):
    path = FOLDER / f"{name}.json"
    found, layer = made(name)
    assert type(layer).__name__ == name, f"the golden of {name} builds a {type(layer).__name__}"
    outputs = {key or "output": value for key, value in found.items()}
    if os.environ.get("MTMD_TF_WRITE_GOLDENS"):
        write(path, outputs)
    stored = json.loads(path.read_text())
    assert list(outputs) == list(stored)
    for key, value in outputs.items():
        wanted = np.reshape(stored[key]["numbers"], stored[key]["shape"])
        assert np.isfinite(wanted).all()
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-5, err_msg=f"{name} {key}")


def test_a_golden_of_another_class_is_noticed():
    assert type(made("FeedForward")[1]) is FeedForward  # though it calls a Linear and a LayerNorm inside


@pytest.mark.parametrize("name", [name for name in CASES if name not in MODELS])
def test_every_layer_has_a_configuration_that_makes_it_again(name):
    """Keras gathers that of a layer whose arguments are plain values; the others have a `get_config`."""
    layer = made(name)[1]
    again = tf.keras.layers.deserialize(json.loads(json.dumps(tf.keras.layers.serialize(layer))))
    assert type(again) is type(layer)
    assert json.dumps(again.get_config()) == json.dumps(layer.get_config())


def test_every_layer_class_has_a_golden_output():
    for module in pkgutil.walk_packages(mtmd_tf.__path__, "mtmd_tf."):
        if not module.name.startswith((SCRIPTS, PEERS)):
            importlib.import_module(module.name)
    assert layer_classes() == set(CASES)
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES)
