"""One export and its embeddings for all tests of exporting, serving and the benchmarks."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.mtmd_tf.serving.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> "World":
    from tests.mtmd_tf.serving.world import make_world

    return make_world(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def world_with_term(tmp_path_factory: pytest.TempPathFactory) -> "World":
    from tests.mtmd_tf.serving.world import make_world_with_term

    return make_world_with_term(tmp_path_factory.getbasetemp())
