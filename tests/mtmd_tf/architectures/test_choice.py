"""Every architecture behind one interface: what `Tower` promises, each of the others keeps."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.tower import PlainTower
from mtmd_tf.config import ARCHITECTURES, ModelConfig
from mtmd_tf.features.batch import batch_spec
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.towers import Tower
from mtmd_tf.training.optimizers import dense_variables
from tests.mtmd_tf.small import SMALL, garbled, small_batch, small_requests, small_schema, to_batch

OTHERS = tuple(name for name in ARCHITECTURES if name != "mtmd")


def config(architecture: str) -> ModelConfig:
    return dataclasses.replace(SMALL, architecture=architecture, mixture_experts=2, head_units=(6,))


def make(architecture: str, *, seed: int = 1, **options) -> TwoTowerModel:
    model = TwoTowerModel(small_schema(), config=config(architecture), seed=seed, **options)
    model.make_variables()
    return model


def rows_of(part, rows):
    return tf.nest.map_structure(lambda tensor: tf.gather(tensor, tf.constant(rows, tf.int32)), part)


@pytest.fixture(scope="module")
def requests():
    return small_requests(12)


@pytest.fixture(scope="module")
def batch(requests):
    return to_batch(requests)


@pytest.fixture(scope="module", params=OTHERS)
def model(request) -> TwoTowerModel:
    return make(request.param)


@pytest.fixture(scope="module")
def embed(model, batch):
    """Both towers, traced once for any number of rows."""
    return tf.function(model.embed, input_signature=[batch_spec(batch)], autograph=False)


def test_mtmd_is_the_default_and_has_a_tower_of_domain_experts():
    assert ModelConfig().architecture == "mtmd"
    assert isinstance(TwoTowerModel(small_schema(), config=SMALL).query_tower, Tower)


def test_every_other_is_one_network_of_its_own_between_the_same_inputs_and_embeddings():
    towers = [TwoTowerModel(small_schema(), config=config(name)).item_tower for name in OTHERS]
    assert all(isinstance(tower, PlainTower) for tower in towers)
    assert len({type(tower.network) for tower in towers}) == len(OTHERS)


def test_both_towers_say_what_they_give(model, batch):
    for tower, side, domain in (
        (model.query_tower, batch.query, batch.surface),
        (model.item_tower, batch.item, batch.product),
    ):
        assert tower.deep_widths == {"ctr": 8, "gctr": 4, "octr": 4}
        assert tower.widths == {"ctr": 8 + 2, "gctr": 4 + 2, "octr": 4 + 2}
        assert tower.domains == tower.layout.schema.domains_of(tower.layout.side)
        embeddings = tower(side, domain)
        assert {t: e.shape for t, e in embeddings.items()} == {t: (len(domain), w) for t, w in tower.widths.items()}


def test_one_trace_gives_what_eager_mode_gives_and_nothing_for_nothing(model, embed, batch):
    for got, wanted in zip(tf.nest.flatten(embed(batch)), tf.nest.flatten(model.embed(batch)), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    assert {len(embedding) for embedding in tf.nest.flatten(embed(small_batch(0)))} == {0}


def test_a_row_does_not_depend_on_the_rows_beside_it(model, batch):
    together = model.query_tower(batch.query, batch.surface)
    alone = model.query_tower(rows_of(batch.query, [7]), batch.surface[7:8])
    for task, embedding in alone.items():
        np.testing.assert_allclose(embedding[0], together[task][7], rtol=1e-5, atol=1e-6)


def test_embedding_one_domain_gives_what_the_tower_gives_its_rows(model, batch):
    for tower, side, domain in (
        (model.query_tower, batch.query, batch.surface),
        (model.item_tower, batch.item, batch.product),
    ):
        together = tower(side, domain)
        for index, name in enumerate(tower.domains):
            rows = np.flatnonzero(domain.numpy() == index)
            for task, embedding in tower.embed_domain(rows_of(side, rows), name).items():
                np.testing.assert_allclose(embedding, tf.gather(together[task], rows), rtol=1e-5, atol=1e-6)


def test_the_domain_is_an_input(model, batch):
    search = model.query_tower.embed_domain(batch.query, "search")["ctr"]
    home_feed = model.query_tower.embed_domain(batch.query, "home_feed")["ctr"]
    assert np.any(np.abs(search - home_feed)[:, :8] > 1e-4, axis=1).all()


def test_a_task_that_a_domain_lacks_yields_zeros_and_is_not_embedded_there(model, batch):
    octr, standard = model.item_tower(batch.item, batch.product)["octr"].numpy(), batch.product.numpy() == 0
    assert not octr[~standard].any()
    assert octr[standard].any(axis=1).all()
    assert list(model.item_tower.embed_domain(batch.item, "shopping")) == ["ctr", "gctr"]


def test_a_masked_features_value_changes_nothing_not_even_nan(embed, requests, batch):
    for got, wanted in zip(
        tf.nest.flatten(embed(to_batch(garbled(requests)))), tf.nest.flatten(embed(batch)), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(model):
    same, other = (make(model.config.architecture, seed=seed) for seed in (1, 2))
    for one, two, three in zip(model.trainable_weights, same.trainable_weights, other.trainable_weights, strict=True):
        np.testing.assert_array_equal(one, two)
        if np.ptp(one) > 0:
            assert np.any(one.numpy() != three.numpy()), one.name


def test_every_variable_says_whose_it_is(model):
    for tower in (model.query_tower, model.item_tower):
        names = [weight.name for weight in tower.weights]
        assert len(set(names)) == len(names)


def test_every_trainable_variable_has_a_gradient_and_tables_a_sparse_one(model, batch):
    with tf.GradientTape() as tape:
        loss = model.compute_loss(batch, training=True)
    variables = [*model.embedding_variables, *dense_variables(model)]
    gradients = tape.gradient(loss, variables)
    assert [v.name for v, gradient in zip(variables, gradients, strict=True) if gradient is None] == []
    assert all(isinstance(gradient, tf.IndexedSlices) for gradient in gradients[:2])
    assert len(variables) == len(model.trainable_variables)


@pytest.mark.parametrize("architecture", OTHERS)
def test_the_first_logits_are_near_each_products_prior(architecture, batch):
    prior = {"standard": {"ctr": -3.0, "gctr": 1.0, "octr": 0.0}, "shopping": {"ctr": -4.0, "gctr": 2.0}}
    logits, product = make(architecture, prior=prior).logits(batch), batch.product.numpy()
    for index, name in enumerate(("standard", "shopping")):
        for task, start in prior[name].items():
            logit = logits[task].numpy()[product == index]
            assert np.mean(np.abs(logit - start)) < 0.5, (name, task)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_parts_below_the_encoder_are_all_there_is(architecture):
    tower = make(architecture).item_tower
    parts = [weight.ref() for weights in tower.parts().values() for weight in weights]
    assert len(set(parts)) == len(parts)
    assert set(parts) == {w.ref() for w in tower.weights} - {w.ref() for w in tower.encoder.weights}


@pytest.mark.parametrize("architecture", OTHERS)
def test_without_normalization_there_is_no_gain_and_no_shift(architecture):
    settings = dataclasses.replace(config(architecture), normalization="none")
    names = [weight.name for weight in make(architecture).weights]
    bare = TwoTowerModel(small_schema(), config=settings, seed=1)
    bare.make_variables()
    assert [w.name for w in bare.weights] == [n for n in names if not n.endswith(("/gain:0", "/shift:0"))] != names


def test_an_unknown_domain_is_answered_with_the_domains(batch):
    with pytest.raises(ValueError, match=r"Unknown query domain 'web'; it must be one of \['home_feed', 'search', "):
        make("single_slice").query_tower.embed_domain(batch.query, "web")


def test_a_side_without_a_feature_is_refused():
    schema = small_schema()
    kept = tuple(feature for feature in schema.features if feature.side == "query")
    with pytest.raises(ValueError, match=r"No item feature exists; a tower needs at least one\."):
        TwoTowerModel(dataclasses.replace(schema, features=kept), config=config("single_slice"))


def test_a_domain_without_a_task_is_refused():
    schema = small_schema()
    tasks = tuple(dataclasses.replace(task, products=("standard",)) for task in schema.tasks)
    with pytest.raises(ValueError, match=r"No task exists in the item domain 'shopping'; it needs at least one\."):
        TwoTowerModel(dataclasses.replace(schema, tasks=tasks), config=config("single_slice"))
