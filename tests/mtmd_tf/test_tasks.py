"""The constraint against 60-digit arithmetic, and the losses by hand-computed numbers."""

import decimal
import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import TaskConfig
from mtmd_tf.tasks import BernoulliKL, LogProbability, MeanBernoulliKL, MultiTask, constrain, labeled_weight

NAN = float("nan")
EXTREMES = (-20.0, -7.5, -1.0, -0.1, 0.0, 0.1, 1.0, 7.5, 20.0)
CHAIN = {"ctr": None, "gctr": "ctr", "cvr": "gctr"}
TREE = {"ctr": None, "gctr": "ctr", "octr": "ctr", "cvr": "octr", "repeat": "cvr"}


def exact(*logits: float) -> tuple[float, float]:
    """ln p and ln(1 - p) of a product of sigmoids, by 60 digits of decimals."""
    with decimal.localcontext(decimal.Context(prec=60)):
        probability = math.prod((1 / (1 + (-decimal.Decimal(x)).exp()) for x in logits), start=decimal.Decimal(1))
        return float(probability.ln()), float((1 - probability).ln())


def as_logits(columns: np.ndarray, tasks) -> dict[str, tf.Tensor]:
    return {task: tf.constant(column, tf.float32) for task, column in zip(tasks, columns, strict=True)}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_both_logarithms_are_exact_up_to_logits_of_20(depth):
    grid = np.array(list(itertools.product(EXTREMES, repeat=depth)), np.float32)
    tasks = list(CHAIN)[:depth]
    marginal = constrain(as_logits(grid.T, tasks), parents=CHAIN)[tasks[-1]]
    wanted = np.array([exact(*map(float, row)) for row in grid])
    # float32 rounds ln p, up to 60 in size, to 2e-6: so much of it reaches p and ln(1 - p)
    np.testing.assert_allclose(marginal.yes, wanted[:, 0], rtol=1e-6)
    np.testing.assert_allclose(marginal.no, wanted[:, 1], rtol=4e-6)


def test_gradients_are_finite_and_right_up_to_logits_of_20():
    grid = np.array(list(itertools.product(EXTREMES, repeat=2)), np.float32)
    parent, child = tf.constant(grid[:, 0]), tf.constant(grid[:, 1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([parent, child])
        marginal = constrain({"ctr": parent, "gctr": child}, parents={"ctr": None, "gctr": "ctr"})["gctr"]
    a, b = grid.T.astype(np.float64)
    both = [exact(*map(float, row)) for row in grid]
    odds = np.exp([yes - no for yes, no in both])  # p / (1 - p)
    for logit, own in ((parent, a), (child, b)):
        opposite = 1.0 / (1.0 + np.exp(own))
        np.testing.assert_allclose(tape.gradient(marginal.yes, logit), opposite, rtol=1e-5)  # d ln p = 1 - s(own)
        np.testing.assert_allclose(tape.gradient(marginal.no, logit), -odds * opposite, rtol=2e-5)


def test_the_gradient_is_right_where_both_ways_to_fail_are_equally_likely():
    # s(ln 4) = 4/5 and s(ln 3) = 3/4: the parent fails in 1/5, the child alone in 1/5, p = 3/5
    logits = tf.constant([math.log(4.0)]), tf.constant([math.log(3.0)])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        marginal = constrain(dict(zip(("a", "b"), logits, strict=True)), parents={"a": None, "b": "a"})["b"]
    # d ln(1 - p) = -p / (1 - p) (1 - s) = -1.5 / 5 and -1.5 / 4
    np.testing.assert_allclose(tf.squeeze(tape.gradient(marginal.no, logits)), [-0.3, -0.375], rtol=1e-5)


def test_a_child_is_never_likelier_than_its_parent():
    random = np.random.default_rng(0)
    logits = as_logits(random.uniform(-30, 30, [len(TREE), 5000]), TREE)
    marginals = constrain(logits, parents=TREE)
    for task, parent in TREE.items():
        if parent is not None:
            assert np.all(marginals[task].yes <= marginals[parent].yes)
            assert np.all(marginals[task].no >= marginals[parent].no - 1e-6)


def test_siblings_multiply_with_the_same_parent():
    half = tf.constant([0.0])
    marginals = constrain(dict.fromkeys(TREE, half), parents=TREE)
    probabilities = {task: float(tf.exp(marginal.yes[0])) for task, marginal in marginals.items()}
    assert probabilities == pytest.approx({"ctr": 1 / 2, "gctr": 1 / 4, "octr": 1 / 4, "cvr": 1 / 8, "repeat": 1 / 16})


def test_the_constraint_holds_only_where_it_is_said_to():
    logits = {"ctr": tf.constant([0.0, 0.0]), "gctr": tf.constant([0.0, 0.0])}
    marginals = constrain(logits, parents=CHAIN, constrained=tf.constant([True, False]))
    np.testing.assert_allclose(tf.exp(marginals["gctr"].yes), [0.25, 0.5])
    np.testing.assert_allclose(tf.exp(marginals["gctr"].no), [0.75, 0.5])


def test_no_pairs_give_no_probabilities():
    marginals = constrain({"ctr": tf.zeros([0]), "gctr": tf.zeros([0])}, parents=CHAIN)
    assert [tensor.shape for tensor in tf.nest.flatten(marginals)] == [[0]] * 4


def of_probability(*probabilities: float) -> tf.Tensor:
    return tf.stack(
        LogProbability(tf.math.log(tf.constant(probabilities)), tf.math.log1p(-tf.constant(probabilities))), axis=1
    )


@pytest.mark.parametrize(
    ("label", "probability", "divergence"),
    [
        (0.5, 0.25, 0.5 * math.log(2.0) + 0.5 * math.log(2.0 / 3.0)),  # 0.1438: the second term is the (1 - y) one
        (0.0, 0.5, math.log(2.0)),
        (1.0, 0.25, math.log(4.0)),
        (0.3, 0.3, 0.0),
        (1e-6, 1e-6, 0.0),
    ],
)
def test_the_divergence_by_hand(label, probability, divergence):
    assert float(BernoulliKL()(tf.constant([label]), of_probability(probability))) == pytest.approx(
        divergence, abs=1e-6
    )


@pytest.mark.parametrize("label", [1e-7, 1e-6, 3e-5, 1e-3])
def test_the_divergence_of_rare_labels_is_no_rounding(label):
    """Beside a p of 1.1 y it is y (.1 - ln 1.1) = .00469 y, where y is rare; 1 - y alone rounds by .6 y at y = 1e-7."""
    found = float(BernoulliKL()(tf.constant([label]), of_probability(1.1 * label)))
    assert found == pytest.approx(label * (0.1 - math.log(1.1)), rel=0.01)


def test_the_loss_ignores_nan_labels_and_divides_by_the_labeled_ones():
    label = tf.constant([0.0, NAN, 1.0, NAN])
    # (ln 2 + ln 4) / 2
    assert float(BernoulliKL()(label, of_probability(0.5, 0.9, 0.25, 0.1))) == pytest.approx(1.5 * math.log(2.0))


def test_the_loss_is_a_weighted_mean():
    loss = BernoulliKL()(
        tf.constant([0.0, 1.0, NAN]), of_probability(0.5, 0.25, 0.5), sample_weight=tf.constant([3.0, 1.0, 9.0])
    )
    assert float(loss) == pytest.approx((3.0 * math.log(2.0) + math.log(4.0)) / 4.0)


@pytest.mark.parametrize("label", [[], [NAN, NAN]])
def test_no_label_is_no_loss_and_no_gradient(label):
    logit = tf.fill([len(label)], 3.0)
    with tf.GradientTape() as tape:
        tape.watch(logit)
        loss = BernoulliKL()(tf.constant(label, tf.float32), tf.stack(LogProbability.of_logit(logit), axis=1))
    assert float(loss) == 0.0
    assert tape.gradient(loss, logit).numpy().tolist() == [0.0] * len(label)


def test_the_gradient_of_the_loss_is_the_error_and_nan_labels_leave_none():
    logit = tf.constant([0.0, 0.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(logit)
        loss = BernoulliKL()(tf.constant([0.25, NAN, 1.0]), tf.stack(LogProbability.of_logit(logit), axis=1))
    # (p - y) / labeled pairs
    np.testing.assert_allclose(tape.gradient(loss, logit), [0.125, 0.0, -0.25], rtol=1e-6)


def test_the_metric_averages_over_all_labeled_pairs_since_the_last_reset():
    metric = MeanBernoulliKL()
    metric.update_state(tf.constant([0.0, NAN, 0.0]), of_probability(0.5, 0.5, 0.5))
    metric.update_state(tf.constant([1.0]), of_probability(1 / 16))
    assert float(metric.result()) == pytest.approx(2.0 * math.log(2.0))  # (1 + 1 + 4) / 3 ln 2
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_the_weight_of_a_pair_without_label_is_zero():
    label = tf.constant([0.5, NAN])
    assert labeled_weight(label, None).numpy().tolist() == [1.0, 0.0]
    assert labeled_weight(label, tf.constant([3, 4])).numpy().tolist() == [3.0, 0.0]


def multi_task() -> MultiTask:
    ctr = TaskConfig(name="ctr", embedding_dim=8, loss_weight=2.0)
    return MultiTask([ctr, TaskConfig(name="gctr", embedding_dim=4, parent="ctr")], name="multi_task")


LABELS = {"ctr": tf.constant([0.0, 0.0]), "gctr": tf.constant([NAN, 1.0])}
EVEN = LogProbability.of_logit(tf.constant([0.0, 0.0]))


def test_the_losses_add_up_by_weight():
    # 2 ln 2 for ctr and ln 2 for the one gctr label
    assert float(multi_task()(LABELS, {"ctr": EVEN, "gctr": EVEN})) == pytest.approx(3.0 * math.log(2.0))


def test_pairs_count_by_their_weight_in_every_task():
    likelier = LogProbability.of_logit(tf.constant([0.0, math.log(3.0)]))  # 1/2 and 3/4
    loss = multi_task()(LABELS, {"ctr": likelier, "gctr": EVEN}, tf.constant([3.0, 1.0]))
    assert float(loss) == pytest.approx(2.0 * (3.0 * math.log(2.0) + math.log(4.0)) / 4.0 + math.log(2.0))


def test_each_task_has_its_metric_and_computing_it_can_be_left_out():
    layer = multi_task()
    layer(LABELS, {"ctr": EVEN, "gctr": EVEN}, compute_metrics=False)
    assert {metric.name: float(metric.result()) for metric in layer.metrics} == {"kl/ctr": 0.0, "kl/gctr": 0.0}
    layer(LABELS, {"ctr": EVEN, "gctr": EVEN})
    measured = {metric.name: float(metric.result()) for metric in layer.metrics}
    assert measured == pytest.approx({"kl/ctr": math.log(2.0), "kl/gctr": math.log(2.0)})


def test_a_task_without_labels_is_refused():
    with pytest.raises(ValueError, match=r"No labels for the tasks \['gctr'\]; the batch has labels for \['ctr'\]\."):
        multi_task()({"ctr": LABELS["ctr"]}, {"ctr": EVEN, "gctr": EVEN})


def test_config_round_trips():
    layer = tf.keras.layers.deserialize(tf.keras.layers.serialize(multi_task()))
    assert layer.tasks == multi_task().tasks
    loss = tf.keras.losses.deserialize(tf.keras.losses.serialize(BernoulliKL(name="kl")))
    assert (type(loss), loss.name) == (BernoulliKL, "kl")
    metric = tf.keras.metrics.deserialize(tf.keras.metrics.serialize(MeanBernoulliKL(name="kl/ctr")))
    assert (type(metric), metric.name) == (MeanBernoulliKL, "kl/ctr")


def test_the_logarithmic_term_by_hand():
    label, probability = tf.constant([0.1, 0.0, float("nan")]), tf.constant([0.1, 1e-3, 0.5])
    prediction = tf.stack([tf.math.log(probability), tf.math.log1p(-probability)], axis=1)
    without, with_term = BernoulliKL().call(label, prediction), BernoulliKL(log_weight=0.5).call(label, prediction)
    apart = math.log(1e-3) - math.log(1e-6)  # a label of 0 counts as one of 1e-6
    np.testing.assert_allclose((with_term - without)[:2], [0.0, 0.5 * (math.sqrt(1 + apart**2) - 1)], atol=1e-5)
    np.testing.assert_allclose(
        BernoulliKL(log_weight=0.5)(label, prediction), np.mean(with_term.numpy()[:2]), rtol=1e-6
    )
