"""Whole-model properties: what a pair's scores depend on, the constraint, the losses and the start."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.alignment import Lists, alignment_loss
from mtmd_tf.config import ALIGNMENTS
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training.optimizers import dense_variables
from tests.mtmd_tf.small import SMALL, flat, garbled, small_batch, small_requests, small_schema, to_batch
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Feature, Schema


@pytest.fixture(scope="module")
def requests() -> Requests:
    return small_requests(12)


@pytest.fixture(scope="module")
def batch(requests) -> Batch:
    return to_batch(requests)


@pytest.fixture(scope="module")
def model() -> TwoTowerModel:
    model = TwoTowerModel(small_schema(), config=SMALL, seed=1)
    model.make_variables()
    return model


@pytest.fixture(scope="module")
def logits(model, batch):
    """`model.logits`, traced once for any number of requests and pairs."""
    traced = tf.function(model.logits, input_signature=[batch_spec(batch)], autograph=False)
    return lambda batch: {task: logit.numpy() for task, logit in traced(batch).items()}


def assert_same(got: dict[str, np.ndarray], wanted: dict[str, np.ndarray], *, exactly: bool = False) -> None:
    assert got.keys() == wanted.keys()
    for task, logit in got.items():
        if exactly:
            np.testing.assert_array_equal(logit, wanted[task])
        else:
            np.testing.assert_allclose(logit, wanted[task], rtol=1e-5, atol=1e-6)


def test_one_trace_gives_what_eager_mode_gives(model, logits, batch):
    assert_same(logits(batch), {task: logit.numpy() for task, logit in model.logits(batch).items()})


def test_batched_requests_score_as_one_pair_at_a_time(logits, requests, batch):
    together, pairs = logits(batch), flat(requests)
    alone = [logits(to_batch(pairs.rows(row, row + 1))) for row in range(len(pairs.lengths))]
    assert_same({task: np.concatenate([logit[task] for logit in alone]) for task in together}, together)


def test_a_pair_does_not_depend_on_which_other_domains_are_in_the_batch(logits, requests, batch):
    together = logits(batch)
    ends = np.cumsum(requests.lengths)
    for row in range(4):
        pairs = slice(ends[row] - requests.lengths[row], ends[row])
        assert_same(
            logits(to_batch(requests.rows(row, row + 1))), {task: logit[pairs] for task, logit in together.items()}
        )


def test_no_request_has_no_scores(logits):
    assert {task: logit.shape for task, logit in logits(small_batch(0)).items()} == dict.fromkeys(
        ("ctr", "gctr", "octr"), (0,)
    )


def test_a_masked_features_value_changes_nothing_not_even_nan(logits, requests, batch):
    assert np.isnan(garbled(requests).query["age"]).any()
    assert_same(logits(to_batch(garbled(requests))), logits(batch), exactly=True)


def test_a_masked_nan_leaves_loss_and_gradients_as_they_are(model, requests, batch):
    results = []
    for each in (batch, to_batch(garbled(requests))):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(each)
        gradients = tape.gradient(loss, model.trainable_variables)
        results.append([loss, *(tf.convert_to_tensor(gradient) for gradient in gradients)])
    for got, wanted in zip(*results, strict=True):
        assert np.isfinite(wanted).all()
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


def test_the_whole_dot_is_the_deep_dot_plus_the_shallow_dot(model, batch):
    query, item = model.embed(batch)
    for task, logit in model.logits(batch).items():
        deep = model.query_tower.deep_widths[task]
        deep_dot = tf.reduce_sum(query[task][:, :deep] * item[task][:, :deep], axis=1)
        shallow_dot = tf.reduce_sum(query[task][:, deep:-2] * item[task][:, deep:-2], axis=1)
        biases = query[task][:, -2] * item[task][:, -2] + query[task][:, -1] * item[task][:, -1]
        assert query[task].shape[1] - deep == SMALL.shallow_units[-1] + 2
        np.testing.assert_allclose(deep_dot + shallow_dot + biases, logit, rtol=1e-5, atol=1e-6)


def test_the_query_tower_runs_once_a_request(model, batch, monkeypatch):
    rows = []
    tower = model.query_tower

    def spy(side, domain, training=False):
        rows.append(int(side.mask.shape[0]))
        return tower(side, domain, training=training)

    monkeypatch.setattr(model, "query_tower", spy)
    logit = model.logits(batch)["ctr"]
    assert rows == [12]
    assert len(logit) == len(batch.product) > 12


def test_a_child_is_never_likelier_than_its_parent(model, batch):
    marginals = model(batch)
    for task in ("gctr", "octr"):
        assert np.all(marginals[task].yes <= marginals["ctr"].yes)


@pytest.mark.parametrize(
    ("setting", "constrained"),
    [
        ({}, [True, True, True]),
        ({"unconstrained_surfaces": ("search",)}, [True, False, True]),
        ({"constrained": False}, [False, False, False]),
    ],
)
def test_the_constraint_is_on_or_off_per_surface(setting, constrained):
    model = TwoTowerModel(small_schema(), config=dataclasses.replace(SMALL, **setting))
    even = dict.fromkeys(("ctr", "gctr", "octr"), tf.zeros([3]))
    marginals = model.probabilities(even, surface=tf.constant([0, 1, 2]))
    np.testing.assert_allclose(tf.exp(marginals["ctr"].yes), [0.5] * 3)
    np.testing.assert_allclose(tf.exp(marginals["gctr"].yes), [0.25 if on else 0.5 for on in constrained])


def test_the_loss_is_that_of_the_labeled_pairs_alone(model, requests, batch):
    label = {task: column.copy() for task, column in requests.label.items()}
    kept = np.zeros(len(label["ctr"]), bool)
    kept[: requests.lengths[0]] = True
    for column in label.values():
        column[~kept] = np.nan
    some = model.compute_loss(to_batch(dataclasses.replace(requests, label=label)))
    np.testing.assert_allclose(some, model.compute_loss(to_batch(requests.rows(0, 1))), rtol=1e-5)
    assert float(some) != pytest.approx(float(model.compute_loss(batch)), rel=1e-3)


def test_no_label_or_no_request_is_no_loss(model, requests):
    label = {task: np.full_like(column, np.nan) for task, column in requests.label.items()}
    assert float(model.compute_loss(to_batch(dataclasses.replace(requests, label=label)))) == 0.0
    assert float(model.compute_loss(small_batch(0), training=True)) == 0.0


def test_pairs_count_by_their_weight(model, requests):
    weight = np.zeros(len(requests.product), np.float32)
    weight[: requests.lengths[0]] = 2.0
    weighted = model.compute_loss(to_batch(dataclasses.replace(requests, weight=weight)))
    np.testing.assert_allclose(weighted, model.compute_loss(to_batch(requests.rows(0, 1))), rtol=1e-5)


def retrieval_loss(model: TwoTowerModel, batch: Batch) -> float:
    """By hand: the mean over pairs of the label times the negative logarithm of the pair's own item's softmax."""
    query, item = model.embed(batch)
    scores = tf.matmul(query["ctr"], item["ctr"], transpose_b=True)
    return float(-tf.reduce_mean(batch.label["ctr"] * tf.linalg.diag_part(tf.nn.log_softmax(scores))))


@pytest.fixture(scope="module")
def retrieving() -> TwoTowerModel:
    """The same weights as `model`."""
    return TwoTowerModel(small_schema(), config=dataclasses.replace(SMALL, retrieval_weight=2.0), seed=1)


def test_the_retrieval_loss_is_added_by_its_weight(model, retrieving, batch):
    wanted = float(model.compute_loss(batch)) + 2.0 * retrieval_loss(model, batch)
    assert float(retrieving.compute_loss(batch)) == pytest.approx(wanted, rel=1e-5)
    assert retrieval_loss(model, batch) > 0.1


def test_the_retrieval_loss_is_the_same_in_a_training_step(retrieving, batch):
    traced = tf.function(retrieving.compute_loss, input_signature=[batch_spec(batch)], autograph=False)
    assert float(traced(batch)) == pytest.approx(float(retrieving.compute_loss(batch)), rel=1e-5)


def test_retrieval_has_its_top_k_metrics(retrieving, batch):
    retrieving.compute_loss(batch)
    measured = {metric.name: float(metric.result()) for metric in retrieving.metrics}
    tops = [measured[f"retrieval_top_{k}"] for k in (1, 10, 100)]
    assert 0.0 <= tops[0] < tops[1] < tops[2] == 1.0


def test_the_same_item_in_another_pair_is_no_negative(model, retrieving, requests, batch):
    same = np.array([b"i"] * len(requests.product), dtype=object)
    loss = retrieving.compute_loss(to_batch(dataclasses.replace(requests, item_id=same)))
    # every other pair holds the same item, so the softmax is over one item and costs nothing
    np.testing.assert_allclose(loss, model.compute_loss(batch), rtol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in ALIGNMENTS if kind != "none"])
def test_the_alignment_loss_of_each_task_is_added_by_its_weights(batch, kind):
    plain = dataclasses.replace(SMALL, architecture="shared_bottom")  # quick to trace; the loss is of any model
    model = TwoTowerModel(small_schema(), config=plain, seed=1)
    config = dataclasses.replace(plain, alignment=kind, alignment_weight=0.5)
    aligned = TwoTowerModel(small_schema(), config=config, seed=1)  # the same weights as `model`
    predictions = model(batch)
    shared = {"bid": batch.bid, "request": batch.request, "requests": tf.size(batch.surface)}
    wanted = float(model.compute_loss(batch))
    for task, weight in (("ctr", 2.0), ("gctr", 1.0), ("octr", 1.0)):
        lists = Lists.of_pairs(label=batch.label[task], log_probability=predictions[task].yes, **shared)
        part = float(alignment_loss(kind, lists))
        assert part > 0.0
        wanted += 0.5 * weight * part
    traced = tf.function(aligned.compute_loss, input_signature=[batch_spec(batch)], autograph=False)
    assert float(traced(batch)) == pytest.approx(wanted, rel=1e-5)
    assert float(traced(small_batch(0))) == 0.0


def test_a_sampled_list_is_drawn_by_the_batch_alone(model, batch):
    config = dataclasses.replace(SMALL, alignment="rcr", alignment_weight=0.5, list_candidates=2, list_own_best=1)
    sampled = TwoTowerModel(small_schema(), config=config, seed=1)  # the same weights as `model`
    assert float(sampled.compute_loss(batch)) == float(sampled.compute_loss(batch)) > float(model.compute_loss(batch))
    renamed = batch._replace(request_id=tf.strings.join(["other", batch.request_id]))
    assert float(sampled.compute_loss(renamed)) != float(sampled.compute_loss(batch))


def test_the_first_logits_are_near_the_prior(batch):
    prior = {"standard": {"ctr": -3.0, "gctr": 1.0, "octr": 0.0}, "shopping": {"ctr": -4.0, "gctr": 2.0}}
    model = TwoTowerModel(small_schema(), config=SMALL, prior=prior)
    logits, product = model.logits(batch), batch.product.numpy()
    for index, name in enumerate(("standard", "shopping")):
        for task, start in prior[name].items():
            logit = logits[task].numpy()[product == index]
            assert np.mean(np.abs(logit - start)) < 0.5, (name, task)


def test_a_checkpoint_gives_another_model_the_same_scores(model, batch, tmp_path):
    other = TwoTowerModel(small_schema(), config=SMALL, seed=2)
    other.make_variables()
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "model"))
    before = other.logits(batch)
    tf.train.Checkpoint(model=other).read(path).assert_consumed()
    assert_same(other.logits(batch), model.logits(batch), exactly=True)
    assert np.any(before["ctr"] != other.logits(batch)["ctr"])


def test_make_variables_makes_them_all_and_moves_nothing(model, batch):
    fresh = TwoTowerModel(small_schema(), config=SMALL, seed=1)
    fresh.make_variables()
    count = len(fresh.variables)
    assert_same(fresh.logits(batch), model.logits(batch), exactly=True)
    assert len(fresh.variables) == count


def test_tables_and_the_rest_make_up_all_trainable_variables(model):
    tables, dense = model.embedding_variables, dense_variables(model)
    # 2 + 1 countries, 16 words; 8 brands, 8 tags
    assert [table.shape for table in tables] == [[19, 4], [16, 4]]
    assert {v.ref() for v in (*tables, *dense)} == {v.ref() for v in model.trainable_variables}
    assert len(tables) + len(dense) == len(model.trainable_variables)


def test_every_trainable_variable_has_a_gradient_and_tables_a_sparse_one(retrieving, batch):
    with tf.GradientTape() as tape:
        loss = retrieving.compute_loss(batch, training=True)
    variables = [*retrieving.embedding_variables, *dense_variables(retrieving)]
    gradients = tape.gradient(loss, variables)
    assert [v.name for v, gradient in zip(variables, gradients, strict=True) if gradient is None] == []
    assert all(isinstance(gradient, tf.IndexedSlices) for gradient in gradients[:2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"config": dataclasses.replace(SMALL, unconstrained_surfaces=("serch",))},
            r"no surface 'serch' in schema 'small'; it has \['home_feed', 'search', 'related_pin'\]\.",
        ),
        ({"prior": {"std": {}}}, r"Unknown product of the prior 'std'; it must be one of \['standard', 'shopping'\]\."),
        (
            {"prior": {"standard": {"ctc": 0.0}}},
            r"Unknown task of the prior 'ctc'; it must be one of \['ctr', 'gctr', ",
        ),
    ],
)
def test_a_name_that_the_schema_lacks_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TwoTowerModel(small_schema(), **{"config": SMALL, **arguments})


def crossed_schema(base: Schema) -> Schema:
    """With two numbers of a pair: `seen`, a count, and `near`, for shopping only."""
    number = {"side": "cross", "kind": "continuous", "dtype": "float"}
    own = (Feature(name="seen", count_like=True, **number), Feature(name="near", products=("shopping",), **number))
    return dataclasses.replace(base, features=(*base.features, *own))


def crossed(requests: Requests) -> Batch:
    """The requests with numbers of their pairs, some of them missing."""
    schema, random, pairs = crossed_schema(small_schema()), np.random.default_rng(3), len(requests.product)
    mask = np.stack([random.random(pairs) < 0.8, requests.product == 1], axis=1)
    cross = {"seen": random.poisson(3, pairs).astype(np.float32), "near": random.normal(size=pairs).astype(np.float32)}
    return to_batch(dataclasses.replace(requests, cross=cross, cross_mask=mask), schema=schema, cross=True)


@pytest.fixture(scope="module")
def with_term() -> TwoTowerModel:
    config = dataclasses.replace(SMALL, score_features=("cross/near", "seen"))
    model = TwoTowerModel(crossed_schema(small_schema()), config=config, seed=1)
    model.make_variables()
    return model


def test_before_it_has_learned_a_model_with_a_linear_term_scores_as_the_one_without(with_term, logits, requests, batch):
    assert_same(with_term.logits(crossed(requests)), {t: tf.constant(own) for t, own in logits(batch).items()})


def test_the_linear_term_is_added_to_each_tasks_own_logit_so_a_child_stays_below_its_parent(with_term, requests):
    batch, random = crossed(requests), np.random.default_rng(4)
    dots = with_term.dot(*with_term.embed(batch))
    for weight in with_term.cross_term.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    found = with_term.logits(batch)
    assert min(np.abs(found[task] - dots[task]).max() for task in dots) > 1.0
    marginals = with_term(batch)
    for child in ("gctr", "octr"):
        assert np.all(marginals[child].yes <= marginals["ctr"].yes)
        np.testing.assert_allclose(
            marginals[child].yes, tf.math.log_sigmoid(found[child]) + marginals["ctr"].yes, rtol=1e-5
        )


def test_a_batch_without_the_numbers_of_its_pairs_is_refused(with_term, batch):
    with pytest.raises(ValueError, match=r"scores \('cross/near', 'seen'\); read its batches with cross=True"):
        with_term(batch)
