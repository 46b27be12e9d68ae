"""Chooses Keras 2 before any test module imports TensorFlow, and makes the data that several tests read."""

import pathlib

import pytest

import mtmd_tf  # noqa: F401
from mtmd_tf.config import ModelConfig


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """240 requests over 6 days, with known labels; no test writes to it."""
    from tests.mtmd_tf.labelled import write_labelled

    return write_labelled(tmp_path_factory.mktemp("labelled") / "data")


@pytest.fixture(scope="session")
def narrow() -> ModelConfig:
    """A model small enough to train in a test."""
    return ModelConfig(
        dim=4,
        deep_units=(16, 8),
        shallow_units=(8, 4),
        router_units=(8,),
        root_embedding=8,
        child_embedding=4,
        cross_projection=4,
    )
