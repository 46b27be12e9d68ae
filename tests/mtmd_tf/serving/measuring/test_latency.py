"""Operations and weights of a query, counted by hand; times only have to be times."""

import dataclasses

import pytest
import tensorflow as tf

from mtmd_tf.config import ModelConfig
from mtmd_tf.model import MTMD
from mtmd_tf.serving.measuring.latency import measure_latency
from tests.mtmd_tf.serving.world import small_model
from tfrecords_tools.schema import Feature, Schema, Task

SCHEMA = Schema(
    name="two_fields",
    surfaces=("home",),
    products=("standard",),
    tasks=(Task(name="ctr"),),
    features=(
        Feature(name="country", side="query", kind="categorical", dtype="bytes", vocabulary=("fr", "us")),
        Feature(name="age", side="query", kind="continuous", dtype="float"),
        Feature(name="price", side="item", kind="continuous", dtype="float"),
    ),
)
PLAIN = ModelConfig(architecture="single_slice", dim=2, deep_units=(3,), root_embedding=5)


def measure(config: ModelConfig) -> dict[str, float]:
    model = MTMD(SCHEMA, config=config)
    model.make_variables()
    return measure_latency(model, calls=4)["home"]


def test_a_plain_tower_by_hand():
    cost = measure(PLAIN)
    inputs = 2 * 2 + 2 + 1  # two fields of 2, their mask, the surface
    assert cost["flops"] == 2 * (inputs * 3 + 3 * 5)
    network = inputs * 3 + 3 + 2 * 3  # kernel, bias, gain and shift
    fields = 2 * 2 + 2 * 2 + 2  # defaults; direction and offset of the number, its moving mean and variance
    assert cost["active_parameters"] == network + fields + (3 * 5 + 5) + 1  # the embedding, and the surface's bias


def test_experts_side_by_side_cost_as_much_as_one_after_the_other():
    one, two = (measure(dataclasses.replace(PLAIN, architecture="mmoe", mixture_experts=n)) for n in (1, 2))
    assert two["flops"] - one["flops"] == 2 * (7 * 3 + 7)  # an expert, and its column of the gate


def test_a_query_reaches_the_expert_of_its_surface_and_what_is_shared():
    model = small_model()
    tower = model.query_tower
    own = [weight for name, part in tower.parts().items() if name.startswith("search / ") for weight in part]
    shared = [*tower.domain_shared.weights, *tower.encoder.weights]  # search has every field: no stand-in is read
    served = [w for w in (*own, *shared) if "query_table" not in w.name and "updates_seen" not in w.name]
    cost = measure_latency(model, surfaces=["search"], calls=4)
    assert list(cost) == ["search"]
    assert cost["search"]["active_parameters"] == sum(weight.shape.num_elements() for weight in served)


def test_half_of_the_calls_take_the_median_or_less():
    cost = measure(PLAIN)
    assert 0 < cost["median_ms"] <= cost["p99_ms"]


def test_the_graph_rewriting_that_training_turned_off_stays_off():
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        measure(PLAIN)
        assert tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


def test_an_unknown_surface_is_answered_with_the_surfaces():
    with pytest.raises(ValueError, match=r"Unknown surface 'feed'; it must be one of \['home', 'search'\]"):
        measure_latency(small_model(), surfaces=["feed"])
