"""Whole-tower properties: domains do not touch each other, missing tasks are zeros, serving equals training."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ModelConfig
from mtmd_tf.features.batch import Side
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.towers import Tower
from tests.mtmd_tf.layer_checks import ramp
from tests.mtmd_tf.small import SMALL, small_batch, small_schema
from tfrecords_tools.schema import Schema


def make(side: str, *, schema: Schema | None = None, config: ModelConfig = SMALL, seed: int = 1, **options) -> Tower:
    schema = schema or small_schema()
    return Tower(SideLayout(side, schema), tasks=config.task_configs(schema), config=config, seed=seed, **options)


def rows_of(side: Side, rows) -> Side:
    return tf.nest.map_structure(lambda tensor: tf.gather(tensor, tf.constant(rows, tf.int32)), side)


def statistics(tower: Tower) -> dict[str, list[np.ndarray]]:
    return {
        domain: [weight.numpy() for weight in expert.non_trainable_weights] for domain, expert in tower.experts.items()
    }


@pytest.fixture(scope="module")
def batch():
    return small_batch(12)


@pytest.fixture(scope="module")
def query(batch):
    """A query tower with every weight made; tests may train its statistics but not its weights."""
    tower = make("query")
    tower(batch.query, batch.surface)
    return tower


@pytest.fixture(scope="module")
def item(batch):
    tower = make("item")
    tower(batch.item, batch.product)
    return tower


def test_an_embedding_is_as_wide_as_its_deep_part_its_shallow_part_and_two_biases(query, batch):
    embeddings = query(batch.query, batch.surface)
    assert query.deep_widths == {"ctr": 8, "gctr": 4, "octr": 4}
    assert query.widths == {"ctr": 8 + 4 + 2, "gctr": 4 + 4 + 2, "octr": 4 + 4 + 2}
    assert {task: embedding.shape for task, embedding in embeddings.items()} == {
        task: (12, width) for task, width in query.widths.items()
    }


def test_the_last_coordinates_are_the_bias_and_a_one(batch):
    prior = {"standard": {"ctr": -2.0}, "shopping": {"ctr": -3.0, "gctr": 0.5}}
    item = make("item", prior=prior)(batch.item, batch.product)
    shopping = batch.product.numpy() == 1
    np.testing.assert_array_equal(item["ctr"][:, -2], np.ones(len(shopping)))
    np.testing.assert_array_equal(item["ctr"][:, -1], np.where(shopping, -3.0, -2.0))
    np.testing.assert_array_equal(item["gctr"][:, -1], np.where(shopping, 0.5, 0.0))


def test_each_row_is_embedded_by_its_own_domain_and_comes_back_in_its_place(query, batch):
    together = query(batch.query, batch.surface)
    for index, surface in enumerate(query.domains):
        rows = np.flatnonzero(batch.surface.numpy() == index)
        assert len(rows) > 1
        alone = query.embed_domain(rows_of(batch.query, rows), surface)
        for task, embedding in alone.items():
            np.testing.assert_allclose(embedding, tf.gather(together[task], rows), rtol=1e-5, atol=1e-6)


def test_a_row_does_not_depend_on_the_rows_beside_it(query, batch):
    together = query(batch.query, batch.surface)
    for row in (0, 7):
        alone = query(rows_of(batch.query, [row]), batch.surface[row : row + 1])
        for task, embedding in alone.items():
            np.testing.assert_allclose(embedding[0], together[task][row], rtol=1e-5, atol=1e-6)


def test_a_task_that_a_domain_lacks_has_no_parameters_there_and_yields_zeros(item, batch):
    names = [weight.name for weight in item.experts["shopping"].weights]
    assert not [name for name in names if "octr" in name]
    assert [weight.name for weight in item.experts["standard"].weights if "octr" in weight.name]
    assert "octr" not in item.embed_domain(batch.item, "shopping")
    octr = item(batch.item, batch.product)["octr"].numpy()
    standard = batch.product.numpy() == 0
    assert not octr[~standard].any()
    assert octr[standard].any(axis=1).all()


def test_every_variable_says_whose_it_is(query):
    names = [weight.name for weight in query.weights]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("counts", [[2, 0, 0], [3, 1, 0], [0, 1, 1], [0, 0, 0]])
def test_training_touches_no_statistics_of_an_empty_or_one_row_partition_and_yields_no_nan(query, batch, counts):
    domain = np.repeat([0, 1, 2], counts)
    before = statistics(query)
    full = rows_of(batch.query, np.arange(len(domain)))
    full = full._replace(mask=tf.ones_like(full.mask))
    embeddings = query(full, tf.constant(domain, tf.int32), training=True)
    assert all(np.isfinite(embedding).all() for embedding in embeddings.values())
    for name, count in zip(query.domains, counts, strict=True):
        moved = [np.any(a != b) for a, b in zip(before[name], statistics(query)[name], strict=True)]
        assert any(moved) == (count > 1)


def test_evaluation_moves_no_statistics(query, batch):
    before = statistics(query)
    query(batch.query, batch.surface)
    query.embed_domain(batch.query, "search")
    for domain, weights in statistics(query).items():
        for got, wanted in zip(weights, before[domain], strict=True):
            np.testing.assert_array_equal(got, wanted)


def initial(tower: Tower, batch) -> dict[str, np.ndarray]:
    side, domain = (batch.query, batch.surface) if tower.layout.side == "query" else (batch.item, batch.product)
    return {task: embedding.numpy() for task, embedding in tower(side, domain).items()}


@pytest.fixture(scope="module")
def untouched(batch):
    """A second query tower, which nobody trains, and what it makes of the batch."""
    tower = make("query")
    return tower, initial(tower, batch)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(query, untouched, batch):
    same, other = untouched[0], make("query", seed=2)
    initial(other, batch)
    for one, two, three in zip(query.trainable_weights, same.trainable_weights, other.trainable_weights, strict=True):
        np.testing.assert_array_equal(one, two)
        if np.ptp(one) > 0:
            assert np.any(one.numpy() != three.numpy()), one.name


@pytest.mark.parametrize(
    ("schema", "config"),
    [
        (small_schema(), dataclasses.replace(SMALL, tasks=("ctr", "octr"))),
        (dataclasses.replace(small_schema(), surfaces=("web", *small_schema().surfaces)), SMALL),
    ],
    ids=["one task less", "one domain more"],
)
def test_another_task_or_domain_leaves_the_others_initial_weights_unchanged(untouched, batch, schema, config):
    shift = schema.surfaces.index("home_feed")
    tower = make("query", schema=schema, config=config)
    embeddings = tower(batch.query, batch.surface + shift)
    for task in tower.widths:
        np.testing.assert_allclose(embeddings[task], untouched[1][task], rtol=1e-5, atol=1e-6)


FACTORS = [
    {"domain_adaptation": False},
    {"crossing": False},
    {"crossing": False, "composition": "concat"},
    {"normalization": "post"},
    {"normalization": "none"},
    {"gate_activation": "relu"},
    {"shallow": False},
    {"count_shallow": True, "child_embedding": 5},
]


@pytest.mark.parametrize("setting", [{"composition": "concat"}, {"router_input": "experts"}, *FACTORS])
def test_every_architecture_runs_on_any_number_of_rows(batch, setting):
    tower = make("item", config=dataclasses.replace(SMALL, **setting))
    usual = initial(tower, batch)
    assert {task: embedding.shape[1] for task, embedding in usual.items()} == tower.widths
    nothing = tower(rows_of(batch.item, []), tf.zeros([0], tf.int32))
    assert {task: embedding.shape for task, embedding in nothing.items()} == {
        t: (0, w) for t, w in tower.widths.items()
    }


@pytest.mark.parametrize("setting", FACTORS)
def test_serving_one_domain_gives_what_the_tower_gives_its_rows(batch, setting):
    tower = make("query", config=dataclasses.replace(SMALL, **setting))
    tower(batch.query, batch.surface, training=True)  # moves the statistics off 0 and 1
    together = tower(batch.query, batch.surface)
    rows = np.flatnonzero(batch.surface.numpy() == 1)
    for task, embedding in tower.embed_domain(rows_of(batch.query, rows), "search").items():
        np.testing.assert_allclose(embedding, tf.gather(together[task], rows), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("setting", FACTORS)
def test_the_parts_are_all_there_is_below_the_encoder(batch, setting):
    tower = make("query", config=dataclasses.replace(SMALL, **setting))
    tower(batch.query, batch.surface)
    parts = [weight.ref() for weights in tower.parts().values() for weight in weights]
    assert len(set(parts)) == len(parts)
    assert set(parts) == {w.ref() for w in tower.weights} - {w.ref() for w in tower.encoder.weights}


def parts_named(batch, word: str, **setting) -> list[str]:
    tower = make("query", config=dataclasses.replace(SMALL, **setting))
    tower(batch.query, batch.surface)
    return [weight.name for weight in tower.weights if word in weight.name]


@pytest.mark.parametrize(
    ("word", "setting", "left"),
    [
        ("crossing", {"crossing": False}, 0),
        ("excite", {"domain_adaptation": False}, 0),
        ("moving_mean", {"domain_adaptation": False}, 1),  # of all domains together
        ("gain", {"normalization": "none"}, 0),
        ("moving_mean", {"normalization": "none"}, 3),  # each domain's, which belongs to adaptation
        ("shallow", {"shallow": False}, 0),
    ],
)
def test_a_factor_that_is_left_out_leaves_no_variables(batch, word, setting, left):
    assert len(parts_named(batch, word)) > left or word == "moving_mean"
    assert len(parts_named(batch, word, **setting)) == left


def test_without_domain_adaptation_all_rows_of_the_tower_have_one_mean():
    tower = make("query", config=dataclasses.replace(SMALL, domain_adaptation=False))
    batch = small_batch(12)
    tower(batch.query, batch.surface, training=True)
    numbers = batch.query.numbers.numpy()
    present = batch.query.mask.numpy()[:, -numbers.shape[1] :]
    means = (numbers * present).sum(axis=0) / present.sum(axis=0)
    np.testing.assert_allclose(tower.normalize.moving_mean, means, rtol=1e-5)


def test_without_a_crossing_the_embedding_reads_the_routed_experts(batch):
    tower = make("query", config=dataclasses.replace(SMALL, crossing=False))
    tower(batch.query, batch.surface)
    expert, adapted, shared = tower.experts["search"], ramp(3, 5, 4), ramp(3, 8)
    fields = tf.reshape(adapted, [3, 20])
    outputs = expert.experts(fields, tf.zeros([3, 4]))
    routed = expert.router(fields, (outputs.deep, outputs.task_shared, shared[None]))
    wanted = expert.embeddings["ctr"](routed[0], tf.zeros([3, 4]))
    np.testing.assert_allclose(expert(adapted, shared)["ctr"][:, :8], wanted[:, :8], rtol=1e-6)


@pytest.mark.parametrize(
    ("setting", "widths"),
    [({"shallow": False}, {"ctr": 8 + 2, "gctr": 5 + 2}), ({"count_shallow": True}, {"ctr": 8 + 2, "gctr": 5 + 2})],
)
def test_the_shallow_part_can_be_left_out_or_counted(setting, widths):
    tower = make("query", config=dataclasses.replace(SMALL, tasks=("ctr", "gctr"), child_embedding=5, **setting))
    assert tower.widths == widths
    assert tower.deep_widths["ctr"] == 8 - (4 if "count_shallow" in setting else 0)


@pytest.mark.parametrize("kind", ["continuous", "categorical"])
def test_a_side_with_features_of_one_kind_only(batch, kind):
    schema = small_schema()
    kept = tuple(feature for feature in schema.features if feature.side != "item" or feature.kind == kind)
    tower = make("item", schema=dataclasses.replace(schema, features=kept))
    count = len(tower.layout.features)
    side = Side(
        tokens=batch.item.tokens if kind == "categorical" else batch.item.tokens[:, :0],
        bags=(),
        vectors=(),
        numbers=batch.item.numbers if kind == "continuous" else batch.item.numbers[:, :0],
        mask=tf.ones([len(batch.product), count]),
    )
    assert all(np.isfinite(embedding).all() for embedding in tower(side, batch.product, training=True).values())


def test_an_unknown_domain_is_answered_with_the_domains(query, batch):
    with pytest.raises(ValueError, match=r"Unknown query domain 'web'; it must be one of \['home_feed', 'search', "):
        query.embed_domain(batch.query, "web")


def test_a_domain_without_a_feature_is_refused():
    schema = small_schema()
    kept = tuple(feature for feature in schema.features if feature.side == "query" or feature.name == "discount")
    with pytest.raises(ValueError, match=r"No feature exists in the item domain 'standard'; it needs at least one\."):
        make("item", schema=dataclasses.replace(schema, features=kept))


def test_a_domain_without_a_task_is_refused():
    schema = small_schema()
    tasks = tuple(dataclasses.replace(task, products=("standard",)) for task in schema.tasks)
    with pytest.raises(ValueError, match=r"No task exists in the item domain 'shopping'; it needs at least one\."):
        make("item", schema=dataclasses.replace(schema, tasks=tasks))
