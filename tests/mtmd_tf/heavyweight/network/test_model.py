import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import HeavyweightConfig
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.heavyweight.network.statistics import collect
from mtmd_tf.training.optimizers import dense_variables

CONFIG = HeavyweightConfig(dim=4, bins=4, units=(16, 8), cross_projection=4)


@pytest.fixture(scope="module")
def data(labeled) -> DataSet:
    return DataSet.open(labeled)


@pytest.fixture
def batch(data) -> Batch:
    return next(data.batches("train", batch_requests=40, cross=True))


@pytest.fixture
def model(data, batch) -> HeavyweightRanker:
    """A ranker in which everything matters: no weight is zero."""
    model = HeavyweightRanker(data.schema, config=CONFIG)
    model.start_from(collect([batch], schema=data.schema))
    model(batch)
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(weight + tf.random.stateless_normal(weight.shape, [number, 0], stddev=0.1))
    return model


def _logit(model: HeavyweightRanker, batch: Batch) -> np.ndarray:
    return model.logits(batch)["ctr"].numpy()


def test_a_cross_feature_changes_the_score_of_its_pair_alone(model, batch):
    numbers = batch.cross.numbers.numpy()
    numbers[3, 0] += 1
    other = batch._replace(cross=batch.cross._replace(numbers=tf.constant(numbers)))
    changed = np.abs(_logit(model, other) - _logit(model, batch)) > 1e-6
    assert np.flatnonzero(changed).tolist() == [3]


def test_a_query_feature_changes_the_scores_of_all_pairs_of_its_request(model, batch):
    numbers = batch.query.numbers.numpy()
    numbers[2, 0] += 5
    other = batch._replace(query=batch.query._replace(numbers=tf.constant(numbers)))
    changed = np.abs(_logit(model, other) - _logit(model, batch)) > 1e-6
    assert np.flatnonzero(changed).tolist() == [8, 9, 10, 11]  # four candidates a request


@pytest.mark.parametrize("side", ["query", "item", "cross"])
def test_what_stands_in_a_masked_place_changes_nothing(model, batch, side):
    rows = getattr(batch, side)
    mask = tf.zeros_like(rows.mask)
    one = batch._replace(**{side: rows._replace(mask=mask)})
    moved = rows._replace(mask=mask, tokens=(rows.tokens + 1) % 3, numbers=rows.numbers + 7.0)
    other = batch._replace(**{side: moved._replace(vectors=tuple(vector - 3.0 for vector in rows.vectors))})
    np.testing.assert_array_equal(_logit(model, other), _logit(model, one))


def test_surface_and_product_matter_by_themselves(model, batch):
    other = batch._replace(product=1 - batch.product)
    assert (np.abs(_logit(model, other) - _logit(model, batch)) > 1e-6).all()


def test_the_query_meets_the_item(model, batch):
    """What another item adds to the logit depends on who asks: no sum of two parts could say that."""
    item = batch.item._replace(numbers=batch.item.numbers + 1.0)
    gain = _logit(model, batch._replace(item=item)) - _logit(model, batch)
    query = batch.query._replace(numbers=batch.query.numbers[::-1])
    gain_of_others = _logit(model, batch._replace(item=item, query=query)) - _logit(model, batch._replace(query=query))
    assert np.abs(gain - gain_of_others).max() > 1e-4


def test_a_child_is_never_likelier_than_its_parent(model, batch):
    probability = model(batch)
    assert (probability["gctr"].yes <= probability["ctr"].yes).numpy().all()


def test_the_prior_is_where_the_logits_start(data, batch):
    model = HeavyweightRanker(data.schema, config=CONFIG)
    model.start_from(collect([batch], schema=data.schema))
    start = model.bias.numpy()[model.slice_index(batch).numpy(), 0]
    assert np.abs(_logit(model, batch) - start).max() < 1.5
    assert abs(np.exp(model(batch)["ctr"].yes).mean() - batch.event["ctr"].numpy().mean()) < 0.05


def test_the_loss_is_the_cross_entropy_over_observed_events(model, batch):
    probability = model(batch)
    wanted = 0.0
    for task, log in probability.items():
        event = batch.event[task].numpy()
        seen = np.isfinite(event)
        wanted -= (event * log.yes.numpy() + (1 - event) * log.no.numpy())[seen].mean()
    assert float(model.compute_loss(batch)) == pytest.approx(wanted, rel=1e-5)


def test_without_dropout_training_averages_the_members_own_losses(data, batch):
    config = HeavyweightConfig(dim=4, bins=4, units=(16, 8), cross_projection=4, input_dropout=0.0, dropout=0.0)
    model = HeavyweightRanker(data.schema, config=config)
    logits = model.member_logits(batch, training=False)
    own = []
    for member in range(2):
        log = model.probabilities({"ctr": logits[member, :, 0], "gctr": logits[member, :, 1]})
        own.append(float(model.multi_task(batch.event, log, compute_metrics=False)))
    assert float(model.compute_loss(batch, training=True)) == pytest.approx(np.mean(own), rel=1e-5)


def test_cross_products_are_part_of_the_logit_and_their_penalty_of_the_loss_in_training(data, batch):
    plain = {
        "dim": 4,
        "bins": 4,
        "units": (16, 8),
        "cross_projection": 4,
        "input_dropout": 0.0,
        "dropout": 0.0,
        "members": 1,
    }
    without = HeavyweightRanker(data.schema, config=HeavyweightConfig(**plain))
    model = HeavyweightRanker(data.schema, config=HeavyweightConfig(**plain, cross_product_l1=0.25))
    np.testing.assert_allclose(_logit(model, batch), _logit(without, batch), atol=1e-6)  # every such weight starts at 0
    model.products.table[0, 0].assign(2.0)  # what always holds, with what always holds; of ctr
    np.testing.assert_allclose(_logit(model, batch), _logit(without, batch) + 2.0, atol=1e-5)
    penalty = float(model.compute_loss(batch, training=True)) - float(model.compute_loss(batch))
    assert penalty == pytest.approx(0.25 * 2.0, abs=1e-5)
    assert model.products.table.ref() in {variable.ref() for variable in dense_variables(model)}


def test_dropout_follows_from_the_step_alone(model, batch):
    first, second = (float(model.compute_loss(batch, training=True)) for _ in range(2))
    assert first != second
    model.steps_taken.assign(0)
    assert float(model.compute_loss(batch, training=True)) == first


def test_an_empty_batch_has_a_loss_of_zero(model, data):
    assert float(model.compute_loss(data.empty_batch(cross=True))) == 0.0


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(data, batch):
    def scores(seed: int) -> np.ndarray:
        return _logit(HeavyweightRanker(data.schema, config=CONFIG, seed=seed), batch)

    np.testing.assert_array_equal(scores(1), scores(1))
    assert not np.array_equal(scores(1), scores(2))


def test_every_trainable_variable_is_a_table_or_dense(model):
    ours = {variable.ref() for variable in model.embedding_variables + dense_variables(model)}
    assert ours == {variable.ref() for variable in model.trainable_variables}
    assert len(model.embedding_variables) == 3
