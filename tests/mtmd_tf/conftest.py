"""Data sets that several tests read; none writes to them."""

import pathlib

import pytest

from mtmd_tf.config import ModelConfig


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """240 requests over 6 days, with known labels."""
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
