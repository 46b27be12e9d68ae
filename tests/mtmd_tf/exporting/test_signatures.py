"""Tests of mtmd_tf/exporting/signatures.py and missing.py, on the reloaded towers."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from mtmd_tf.exporting.signatures import build_signatures
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.loading import load_tower
from mtmd_tf.serving.rows import to_inputs, to_rows
from mtmd_tf.serving.specification import RankerSpec
from tests.mtmd_tf.serving.world import NARROW, World, small_model
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_items

NAN, MISSING = float("nan"), -(2**63)
HOME = {"country": b"fr", "age": 30.0, "visits": 2.0, "taste": [1.0, 0.0]}
SEARCH = HOME | {"words": [b"red", b"shoe"]}
ITEM = {"brand": 1, "price": 2.0, "tags": [b"red"], "image": [0.0, 1.0]}


@pytest.fixture(scope="module")
def query(world: World) -> tf.Module:
    return load(world, "query_tower")


@pytest.fixture(scope="module")
def item(world: World) -> tf.Module:
    return load(world, "item_tower")


def load(world: World, tower: str) -> tf.Module:
    spec = RankerSpec.load(world.exports)
    return load_tower(spec.tower_folder(world.exports, tower), stamp=spec.stamp)


def serve(tower: tf.Module, signature: str, **inputs) -> np.ndarray:
    return call(tower, signature, **inputs)["embedding"].numpy()


def call(tower: tf.Module, signature: str, **inputs) -> dict[str, tf.Tensor]:
    specs = tower.signatures[signature].structured_input_signature[1]
    return tower.signatures[signature](
        **{name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()}
    )


def one(features: dict) -> dict:
    return {name: [value] for name, value in features.items()}


def inputs_of(tower: tf.Module, signature: str) -> dict[str, tuple]:
    specs = tower.signatures[signature].structured_input_signature[1]
    return {name: (spec.dtype.name, spec.shape.as_list()) for name, spec in specs.items()}


def test_a_surface_takes_the_raw_features_that_exist_there(query: tf.Module) -> None:
    home = {
        "country": ("string", [None]),
        "age": ("float32", [None]),
        "visits": ("float32", [None]),
        "taste": ("float32", [None, 2]),
    }
    assert inputs_of(query, "home") == home
    assert inputs_of(query, "search") == home | {"words": ("string", [None, None])}
    assert inputs_of(query, "serving_default") == inputs_of(query, "search") | {"surface": ("string", [None])}


def test_the_item_tower_has_one_signature_a_product_a_routed_one_and_one_for_records(item: tf.Module) -> None:
    assert set(item.signatures) == {"standard", "shopping", "serving_default", "serialized"}
    assert set(inputs_of(item, "shopping")) - set(inputs_of(item, "standard")) == {"discount"}
    assert inputs_of(item, "serialized") == {"serialized": ("string", [None])}


def test_the_outputs_are_named_by_task_and_stand_side_by_side_in_the_embedding(query: tf.Module, world: World) -> None:
    outputs = call(query, "home", **one(HOME))
    assert {name: value.shape.as_list() for name, value in outputs.items()} == {
        "ctr": [1, 8 + 4 + 2],
        "gctr": [1, 4 + 4 + 2],
        "embedding": [1, 24],
        "stamp": [1],
    }
    np.testing.assert_array_equal(outputs["embedding"], np.concatenate([outputs["ctr"], outputs["gctr"]], axis=1))
    assert outputs["stamp"].numpy()[0].decode() == RankerSpec.load(world.exports).stamp


def test_a_task_that_a_product_lacks_is_zeros_in_the_embedding_and_no_output(item: tf.Module) -> None:
    features = {"brand": 1, "price": 2.0, "discount": 0.5, "tags": [b"red"], "image": [0.0, 1.0]}
    outputs = call(item, "shopping", **one(features))
    assert "gctr" not in outputs
    np.testing.assert_array_equal(outputs["embedding"][:, 14:], np.zeros((1, 10)))


@pytest.mark.parametrize(("own", "other"), [("home", "search"), ("search", "home")])
def test_a_signature_reaches_its_own_expert_and_the_shared_one_only(own: str, other: str) -> None:
    signature = build_signatures(small_model().query_tower, stamp="s")[1][own].get_concrete_function()
    scopes = {name for operation in signature.graph.get_operations() for name in operation.name.split("/")}
    assert {own, "domain_shared"} <= scopes
    assert other not in scopes


@pytest.mark.parametrize(
    ("name", "own", "other"), [("query_tower", "home", "search"), ("item_tower", "standard", "shopping")]
)
def test_poison_in_another_domains_expert_does_not_reach_a_signature(name: str, own: str, other: str) -> None:
    tower = getattr(small_model(), name)
    features = {"home": HOME, "search": SEARCH, "standard": ITEM, "shopping": ITEM | {"discount": 0.5}}

    def embedding(domain: str) -> np.ndarray:
        inputs = tower.layout.schema.features_of(tower.layout.side, domain=domain)
        tensors = to_inputs(inputs, [features[domain]], where=domain)
        signature = build_signatures(tower, stamp="s")[1][domain]
        ready = {name: tf.constant(a.tolist() if a.dtype == object else a) for name, a in tensors.items()}
        return signature(**ready)["embedding"].numpy()

    before = embedding(own)
    for variable in tower.experts[other].weights:  # every one, whether a graph holds it as a variable or a constant
        variable.assign(tf.fill(variable.shape, NAN))
    np.testing.assert_array_equal(embedding(own), before)
    assert np.isnan(embedding(other)).any()


def test_a_signature_costs_the_same_however_many_surfaces_there_are() -> None:
    def cost(surfaces: tuple[str, ...]) -> tuple[int, int, int]:
        """Multiplications and additions of one request's matrix products, operations, and weights reached, on home."""
        model = TwoTowerModel(dataclasses.replace(tiny_schema(), surfaces=surfaces), config=NARROW)
        model.make_variables()
        home = build_signatures(model.query_tower, stamp="s")[1]["home"].get_concrete_function()
        products = [op for op in home.graph.get_operations() if op.type in ("MatMul", "BatchMatMul", "BatchMatMulV2")]
        flops = sum(2 * op.inputs[1].shape.num_elements() for op in products)
        reached = sum(
            variable.shape.num_elements() for variable in model.query_tower.weights if _captured(home, variable)
        )
        return flops, len(home.graph.get_operations()), reached

    two, four = cost(("home", "search")), cost(("home", "search", "related", "board"))
    assert two == four
    assert two[0] > 0


def _captured(function: tf.types.experimental.ConcreteFunction, variable: tf.Variable) -> bool:
    return any(captured is variable.handle for captured in function.captured_inputs)


def test_every_feature_is_optional_and_the_surface_is_not(world: World) -> None:
    spec = RankerSpec.load(world.exports)
    text = (spec.tower_folder(world.exports, "query_tower") / "saved_model.pb").read_bytes()
    signatures = saved_model_pb2.SavedModel.FromString(text).meta_graphs[0].signature_def
    search = {name: tf.make_ndarray(value).tolist() for name, value in signatures["search"].defaults.items()}
    assert np.isnan([search.pop("age")[0], search.pop("visits")[0], *search.pop("taste")[0]]).all()
    assert search == {"country": [b""], "words": [[b""]]}
    assert set(signatures["serving_default"].defaults) == {"country", "age", "visits", "words", "taste"}
    item = (spec.tower_folder(world.exports, "item_tower") / "saved_model.pb").read_bytes()
    signatures = saved_model_pb2.SavedModel.FromString(item).meta_graphs[0].signature_def
    assert tf.make_ndarray(signatures["standard"].defaults["brand"]).tolist() == [MISSING]
    assert not signatures["serialized"].defaults


def test_an_input_of_one_row_counts_for_every_row(query: tf.Module) -> None:
    three = {"country": [b"fr"] * 3, "age": [10.0, 20.0, 30.0], "visits": [NAN] * 3, "taste": [[1.0, 0.0]] * 3}
    one_row = three | {"country": [b"fr"], "visits": [NAN], "taste": [[1.0, 0.0]]}
    np.testing.assert_array_equal(serve(query, "home", **one_row), serve(query, "home", **three))
    nothing = {"country": [], "age": [], "visits": [NAN], "taste": np.zeros([0, 2])}
    assert serve(query, "home", **nothing).shape == (0, 24)
    words, routed = {"words": [[b"red", b"shoe"]]}, three | {"surface": [b"search"]}
    np.testing.assert_allclose(
        serve(query, "serving_default", **routed, **words), serve(query, "search", **three, **words), atol=1e-6
    )


def test_inputs_of_two_and_of_three_rows_are_refused(query: tf.Module) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        call(query, "home", **one(HOME) | {"age": [1.0, 2.0], "visits": [1.0, 2.0, 3.0]})


def test_missing_by_token_is_masked_in_the_record(world: World, query: tf.Module, item: tf.Module) -> None:
    requests, schema = tiny_requests(), tiny_schema()  # has masked bits, and bags that are present and empty
    batch = to_batch(requests, schema=schema)
    queries = world.model.query_tower(batch.query, batch.surface)
    items = world.model.item_tower(batch.item, batch.product)
    for tower, side, columns, mask, domain, embeddings in (
        (query, "query", requests.query, requests.query_mask, requests.surface, queries),
        (item, "item", requests.item, requests.item_mask, requests.product, items),
    ):
        rows = to_rows(schema.features_of(side), columns, mask)
        for row, features in enumerate(rows):
            name = schema.domains_of(side)[domain[row]]
            inputs = to_inputs(schema.features_of(side, domain=name), [features], where=name)
            served = serve(tower, name, **{key: value.tolist() for key, value in inputs.items()})
            wanted = np.concatenate([embeddings["ctr"][row], embeddings["gctr"][row]])
            np.testing.assert_allclose(served[0], wanted, atol=1e-5)


def test_every_kind_of_missing_value_changes_the_embedding(query: tf.Module) -> None:
    whole = serve(query, "search", **one(SEARCH))
    for name, missing in {"country": b"", "age": NAN, "taste": [NAN, NAN], "words": [b"", b""]}.items():
        assert np.abs(serve(query, "search", **one(SEARCH | {name: missing})) - whole).max() > 1e-3, name


def test_minus_one_is_an_identifier_like_any_other(item: tf.Module) -> None:
    features = {"price": 2.0, "tags": [b"red"], "image": [0.0, 1.0]}
    unknown, minus_one, missing = (serve(item, "standard", **one(features | {"brand": b})) for b in (77, -1, MISSING))
    np.testing.assert_array_equal(minus_one, unknown)  # both outside the vocabulary
    assert np.abs(missing - unknown).max() > 1e-3


def test_a_present_but_empty_list_is_not_a_missing_one(item: tf.Module) -> None:
    features = {"brand": 1, "price": 2.0, "image": [0.0, 1.0]}
    missing, empty = (serve(item, "standard", **one(features | {"tags": tags})) for tags in ([b""], [b"<empty>"]))
    assert np.abs(missing - empty).max() > 1e-3


def test_padding_changes_nothing(query: tf.Module) -> None:
    padded = SEARCH | {"words": [b"red", b"shoe", b"", b"", b""]}
    np.testing.assert_allclose(serve(query, "search", **one(padded)), serve(query, "search", **one(SEARCH)), atol=1e-6)


def test_the_routed_signature_is_the_surfaces_own_for_each_row(query: tf.Module) -> None:
    rows = {"country": [b"fr", b"us"], "age": [30.0, NAN], "visits": [2.0, 5.0], "taste": [[1.0, 0.0], [0.5, 2.0]]}
    words = [[b"not", b"here"], [b"red", b""]]  # home has no such feature: its row's words count for nothing
    routed = serve(query, "serving_default", surface=[b"home", b"search"], words=words, **rows)
    first, second = ({name: values[row : row + 1] for name, values in rows.items()} for row in (0, 1))
    np.testing.assert_allclose(routed[:1], serve(query, "home", **first), atol=1e-5)
    np.testing.assert_allclose(routed[1:], serve(query, "search", words=words[1:], **second), atol=1e-5)


def test_serialized_items_are_raw_items(item: tf.Module) -> None:
    items, schema = tiny_items(), tiny_schema()
    outputs = call(item, "serialized", serialized=list(encode_items(schema, items)))
    assert outputs["item_id"].numpy().tolist() == [b"a", b"b", b"c", b"d"]
    assert outputs["product"].numpy().tolist() == [b"standard", b"shopping", b"standard", b"shopping"]
    rows = to_rows(schema.features_of("item"), items.item, items.item_mask)
    for row, (features, product) in enumerate(zip(rows, items.product, strict=True)):
        name = schema.products[product]
        inputs = to_inputs(schema.features_of("item", domain=name), [features], where=name)
        raw = serve(item, name, **{key: value.tolist() for key, value in inputs.items()})
        np.testing.assert_allclose(outputs["embedding"][row], raw[0], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": float("inf")}, "query/age"),
        ({"visits": -3.0}, "query/visits"),
        ({"taste": [1.0, NAN]}, "query/taste"),
    ],
)
def test_numbers_that_are_not_finite_are_refused_by_name(query: tf.Module, change: dict, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"must be finite.*{message}"):
        call(query, "home", **one(HOME | change))


def test_an_unknown_surface_is_refused_with_the_choices(query: tf.Module) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"unknown surface; the schema has.*home.*search.*moon"):
        call(query, "serving_default", surface=[b"moon"], **one(SEARCH))
