"""Operations and weights of a query, counted by hand; times only have to be times."""

import dataclasses
import gc

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.benchmarks import latency
from mtmd_tf.benchmarks.latency import Query, measure_latency, queries, time_in_turn
from mtmd_tf.config import ModelConfig
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.sharing import served
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
    model = TwoTowerModel(SCHEMA, config=config)
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
    parts = (
        tower.experts["search"],
        tower.pooled,
        tower.domain_shared,
        tower.encoder,
    )  # it has every field: no stand-in
    sizes = [size for part in parts for name, size in served(part) if "query_table" not in name]
    cost = measure_latency(model, surfaces=["search"], calls=4)
    assert list(cost) == ["search"]
    assert cost["search"]["active_parameters"] == sum(sizes)


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


class Clock:
    """Stands in for the module `time`: it moves when a query is asked."""

    def __init__(self, monkeypatch) -> None:
        self.now, self.asked = 0, list[str]()
        monkeypatch.setattr(latency, "time", self)

    def perf_counter_ns(self) -> int:
        return self.now

    def query(self, name: str, *milliseconds: float) -> Query:
        """Takes the first of the times in its first round, the second in its second, and so on; two calls are timed."""

        def embed(row: int) -> None:
            del row
            turn = self.asked.count(name) // (latency._WARM_CALLS + 2)
            self.asked.append(name)
            self.now += int(milliseconds[turn % len(milliseconds)] * 1e6)

        return Query(embed=embed, rows=[0], flops=10, active_parameters=5)


def test_the_rounds_median_is_kept_so_that_a_burst_of_load_says_nothing(monkeypatch):
    clock = Clock(monkeypatch)
    one, other = clock.query("one", 1, 90, 2), clock.query("other", 4, 80, 3)
    found = time_in_turn({"one": {"home": [one]}, "other": {"home": [other]}}, calls=2, rounds=3)
    assert found["one"]["home"] == {"median_ms": 2.0, "p99_ms": 2.0, "flops": 10, "active_parameters": 5}
    assert found["other"]["home"]["median_ms"] == 4.0


def test_arms_take_turns_on_each_surface(monkeypatch):
    clock = Clock(monkeypatch)
    places = {name: {s: [clock.query(f"{name} on {s}", 1)] for s in ("home", "search")} for name in ("one", "other")}
    time_in_turn(places, calls=2, rounds=2)
    order = [name for name, before in zip(clock.asked, ["", *clock.asked], strict=False) if name != before]
    assert order == 2 * ["one on home", "other on home", "one on search", "other on search"]


def test_models_that_answer_together_are_asked_one_after_the_other(monkeypatch):
    clock = Clock(monkeypatch)
    both = [clock.query("standard", 1), clock.query("shopping", 2)]
    found = time_in_turn({"split": {"home": both, "search": both[:1]}}, calls=2)
    assert found["split"]["home"] == {"median_ms": 3.0, "p99_ms": 3.0, "flops": 20, "active_parameters": 10}
    assert found["split"]["search"]["median_ms"] == 1.0


def test_the_tail_is_the_99th_percentile(monkeypatch):
    """Calls of 1 and 3 ms: the 99th percentile lies 99% of the way from one to the other."""
    clock = Clock(monkeypatch)
    times = iter([1.0] * latency._WARM_CALLS + [1.0, 3.0])

    def embed(row: int) -> None:
        del row
        clock.now += int(next(times) * 1e6)

    query = Query(embed=embed, rows=[0], flops=1, active_parameters=1)
    found = time_in_turn({"one": {"home": [query]}}, calls=2)["one"]["home"]
    assert (found["median_ms"], found["p99_ms"]) == (2.0, 2.98)


def test_a_query_keeps_the_weights_it_reads():
    model = small_model()
    [query] = queries(model, surfaces=["home"]).values()
    before = query.embed(query.rows[0])
    del model
    gc.collect()
    np.testing.assert_array_equal(query.embed(query.rows[0]), before)
