"""Any JSON is a request whose ranking has finite numbers, or is refused in one line."""

import copy
import json
import pathlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.request import Ranking
from mtmd_tf.serving.ranking.request_file import read_request
from mtmd_tf.serving.specification import ServingError
from tests.malformed import UserError, tried
from tests.mtmd_tf.serving.world import World

PLAIN = {
    "surface": "home",
    "query": {"country": "fr", "age": 30, "visits": 2.0, "taste": [1.0, 0.0], "words": ["red", "hat"]},
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.text(st.characters(), max_size=2),  # with halves of surrogate pairs
    st.lists(st.integers(-3, 3) | st.text(max_size=2) | st.floats(), max_size=3),
    st.sampled_from([-0.5, 1e39, 2**63, "search", "web", {}, [[1.0]], ["\0"], [1.0, float("nan")], "9" * 500]),
)
PLACES = [("surface",), ("query",), ("request_id",), *(("query", name) for name in [*PLAIN["query"], "unknown", ""])]


@pytest.fixture(scope="module")
def ranker(world: World) -> Ranker:
    return Ranker(world.exports, world.embeddings)


def _mutated(place: tuple[str, ...], value: Any) -> bytes:
    plain: Any = copy.deepcopy(PLAIN)
    holder = plain
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return json.dumps(plain).encode(errors="surrogatepass")


def _ranked(ranker: Ranker, path: pathlib.Path) -> Ranking:
    request = read_request(path)
    return ranker.rank(request.surface, request.features)


def _check(ranker: Ranker, path: pathlib.Path, content: bytes) -> None:
    path.write_bytes(content)
    ranking = tried("request", content, lambda: _ranked(ranker, path), user_errors=ServingError)
    if not isinstance(ranking, UserError):
        assert np.isfinite(ranking.utility).all()
        assert all(np.nanmin(own) >= 0 and np.nanmax(own) <= 1 for own in ranking.probability.values())
        assert sorted(ranking.item_id) == ["a", "b", "c", "d"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=VALUES)
@example(place=("query", "visits"), value=-0.5)
@example(place=("query", "country"), value="\ud800")
def test_a_mutated_request_is_ranked_or_refused(
    ranker: Ranker, tmp_path: pathlib.Path, place: tuple[str, ...], value: Any
) -> None:
    _check(ranker, tmp_path / "request.json", _mutated(place, value))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(json.dumps(PLAIN))), gone=st.integers(0, 3), new=st.binary(max_size=3))
def test_edited_bytes_are_ranked_or_refused(
    ranker: Ranker, tmp_path: pathlib.Path, at: int, gone: int, new: bytes
) -> None:
    content = json.dumps(PLAIN).encode()
    _check(ranker, tmp_path / "request.json", content[:at] + new + content[at + gone :])
