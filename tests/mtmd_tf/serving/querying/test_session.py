"""Tests of mtmd_tf/serving/querying/session.py."""

import concurrent.futures

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.warmup import warmup_inputs
from mtmd_tf.serving.loading import embed, load_quietly
from mtmd_tf.serving.querying.session import SavedModelSession
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_schema


@pytest.fixture(scope="module")
def session(world: World) -> SavedModelSession:
    return SavedModelSession(world.exports / "query_tower/1")


def test_every_signature_answers_as_it_does_otherwise(world: World, session: SavedModelSession) -> None:
    assert set(session.signatures) == {"home", "search", "serving_default"}
    tower = load_quietly(world.exports / "query_tower/1")
    for signature, inputs in warmup_inputs(tiny_schema(), tower="query_tower", sample=sample_requests(tiny_schema())):
        outputs = session(signature, inputs)
        np.testing.assert_allclose(outputs["embedding"], embed(tower, signature, inputs), rtol=1e-5, atol=1e-5)


def test_what_is_left_out_is_missing(session: SavedModelSession) -> None:
    left_out, sent = session("home", {}), session("home", {"country": [b""], "age": [np.nan]})
    np.testing.assert_array_equal(left_out["embedding"], sent["embedding"])
    with pytest.raises(KeyError, match="surface"):
        session("serving_default", {})


def test_a_refused_input_is_named(session: SavedModelSession) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be finite.*query/age"):
        session("home", {"age": [np.inf]})


def test_threads_call_at_once(session: SavedModelSession) -> None:
    ages = np.arange(40.0)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda age: session("home", {"age": [age]})["embedding"][0], ages))
    np.testing.assert_allclose(found, session("home", {"age": ages})["embedding"], atol=1e-5)
