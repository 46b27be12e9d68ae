"""One export and its embeddings for all tests of serving."""

import pytest

from tests.mtmd_tf.serving.world import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.getbasetemp())
