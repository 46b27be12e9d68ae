"""Tests of mtmd_tf/serving/querying/client.py, wire.py, remote_grpc.py and remote_rest.py."""

import socket
from collections.abc import Iterator

import numpy as np
import pytest

from mtmd_tf.serving.loading import embed, load_tower
from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.querying.client import RemoteQueryTower
from mtmd_tf.serving.rows import to_inputs
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_schema

ROWS = [{"country": "fr", "age": 30.0, "words": ["red", "shoe"], "taste": [1.0, 0.0]}, {"visits": 2.0}]
both = pytest.mark.parametrize("kind", ["grpc", "http"])


@pytest.fixture(scope="module")
def addresses(world: World) -> Iterator[dict[str, str]]:
    from tests.mtmd_tf.serving.server import serving

    with serving(world.exports) as found:
        yield found


def inputs(rows: list[dict], surface: str = "search") -> dict[str, np.ndarray]:
    return to_inputs(tiny_schema().features_of("query", domain=surface), rows, where=surface)


@both
def test_a_remote_tower_answers_as_the_one_in_the_process(world: World, addresses: dict, kind: str) -> None:
    outputs = RemoteQueryTower(addresses[kind])(inputs(ROWS), surface="search")
    spec = RankerSpec.load(world.exports)
    here = load_tower(spec.tower_folder(world.exports, "query_tower"), stamp=spec.stamp)
    np.testing.assert_allclose(outputs["embedding"], embed(here, "search", inputs(ROWS)), atol=1e-5)
    assert {name: value.shape for name, value in outputs.items()} == {
        "ctr": (2, 14),
        "gctr": (2, 10),
        "embedding": (2, 24),
        "stamp": (2,),
    }
    assert outputs["stamp"].tolist() == [spec.stamp.encode()] * 2
    assert outputs["embedding"].dtype == np.float32


@both
def test_features_left_out_are_missing(addresses: dict, kind: str) -> None:
    tower = RemoteQueryTower(addresses[kind], version=1)
    some = tower({"age": np.array([30.0, 20.0])}, surface="search")
    whole = tower(inputs([{"age": 30.0}, {"age": 20.0}]), surface="search")
    np.testing.assert_array_equal(some["embedding"], whole["embedding"])


@both
@pytest.mark.parametrize(
    ("features", "surface", "message"),
    [
        ({"age": np.array([1.0])}, "moon", r"no surface 'moon' at query_tower at .*; it has \['home', 'search',"),
        ({"color": np.array([1.0])}, "home", r"no feature 'color' on surface home of query_tower .*; it has \['age',"),
        ({}, "home", r"one array each, all of the same number of rows; it is \[\]"),
        ({"age": np.array([1.0]), "visits": np.array([1.0, 2.0])}, "home", r"number of rows; it is \[1, 2\]"),
        ({"age": np.array([np.inf])}, "home", r"refused: (400|INVALID_ARGUMENT): .*must be finite"),
    ],
)
def test_a_wrong_call_is_explained_in_one_line(
    addresses: dict, kind: str, features: dict, surface: str, message: str
) -> None:
    with pytest.raises(ServingError, match=message) as caught:
        RemoteQueryTower(addresses[kind])(features, surface=surface)
    assert "\n" not in str(caught.value)


def test_a_model_that_is_not_loaded_is_named(addresses: dict) -> None:
    with pytest.raises(ServingError, match=r"query_tower version 9 at grpc://.* refused: NOT_FOUND: .*Servable not"):
        RemoteQueryTower(addresses["grpc"], version=9)({"age": np.array([1.0])}, surface="home")


@both
def test_nobody_at_the_address(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"{kind}://localhost:{free.getsockname()[1]}"
    with pytest.raises(ServingError, match=r"no answer from query_tower at .*is TensorFlow Serving up\?"):
        RemoteQueryTower(address)({"age": np.array([1.0])}, surface="home")


@both
def test_a_server_that_says_nothing_is_left_after_the_timeout(kind: str) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        address = f"{kind}://localhost:{silent.getsockname()[1]}"
        with pytest.raises(ServingError, match=r"no whole answer from query_tower at .* in 0\.3 s; give a lon"):
            RemoteQueryTower(address, access=Access(timeout=0.3))({"age": np.array([1.0])}, surface="home")


@pytest.mark.parametrize("address", ["localhost:8500", "ftp://localhost:8501", "http://localhost:8501/v1", "grpc://"])
def test_an_address_names_its_protocol(address: str) -> None:
    with pytest.raises(ServingError, match=r"an address is grpc://host:port .* or http://host:port .*; it is"):
        RemoteQueryTower(address)
