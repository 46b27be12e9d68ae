"""The alignment losses by hand, against brute force in NumPy, and their gradients against differences."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.alignment import LOSSES, SOFTNESS, Lists, _cut, alignment_loss

NAN = float("nan")


def lists(*, label, p, request, bid=None) -> Lists:
    return Lists.of_pairs(
        label=tf.constant(label, tf.float32),
        log_probability=tf.math.log(tf.constant(p, tf.float32)),
        bid=tf.ones(len(label)) if bid is None else tf.constant(bid, tf.float32),
        request=tf.constant(request, tf.int32),
        requests=tf.constant(max(request, default=-1) + 1),
    )


def random_pairs(seed: int) -> dict[str, np.ndarray]:
    """40 requests of 1 to 30 candidates, a fifth of them without a label."""
    random = np.random.default_rng(seed)
    request = np.repeat(np.arange(40), random.integers(1, 31, 40))
    label = random.uniform(0.01, 0.5, len(request))
    label[random.random(len(request)) < 0.2] = NAN
    return {
        "label": label.astype(np.float32),
        "p": np.exp(random.normal(-3.0, 1.0, len(request))).clip(max=0.9).astype(np.float32),
        "bid": random.lognormal(0.0, 1.0, len(request)).astype(np.float32),
        "request": request.astype(np.int32),
    }


def brute_rcr(y, p, bid) -> float:
    q, r = y / y.sum(), p / p.sum()
    return float((q * np.log(q / r)).sum())


def brute_copr(y, p, bid) -> float:
    e, g = bid * p, bid * y
    rank = 1 + (e[None, :] > e[:, None]).sum(axis=1)
    ideal = (np.sort(g)[::-1] / np.log2(1 + np.arange(1, len(g) + 1))).sum()
    loss = 0.0
    for i in range(len(g)):
        for j in range(len(g)):
            if g[i] > g[j]:
                moved = abs(1 / np.log2(1 + rank[i]) - 1 / np.log2(1 + rank[j]))
                loss += (g[i] - g[j]) * moved / ideal * np.log1p(e[j] / e[i])
    return loss


def brute_recall(y, p, bid) -> float:
    n, s = len(y), np.log(p)
    low, high = s.min() - 9.0, s.max() + 9.0
    for _ in range(60):
        cut = (low + high) / 2
        low, high = (cut, high) if (1 / (1 + np.exp((cut - s) / SOFTNESS))).sum() > math.ceil(n / 4) else (low, cut)
    best = y >= np.sort(y)[::-1][math.ceil(n / 20) - 1]
    return float(np.log1p(np.exp((cut - s) / SOFTNESS))[best].mean())


BRUTE = {"rcr": brute_rcr, "copr": brute_copr, "recall": brute_recall}


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_loss_is_the_mean_of_what_a_loop_gives_each_request(kind, seed):
    pairs = random_pairs(seed)
    wanted = []
    for row in range(40):
        at = (pairs["request"] == row) & ~np.isnan(pairs["label"])
        if at.sum() > 1:
            wanted.append(BRUTE[kind](*(pairs[name][at].astype(np.float64) for name in ("label", "p", "bid"))))
    assert 30 < len(wanted) < 40
    assert float(alignment_loss(kind, lists(**pairs))) == pytest.approx(np.mean(wanted), rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "bid", "wanted"),
    [
        # q = 4/5, 1/5 and r = 1/3, 2/3
        ("rcr", [1.0, 1.0], 0.8 * math.log(2.4) + 0.2 * math.log(0.3)),
        # one pair, ranked 2 and 1: the discounts are 1 and 1 / log2(3), and e_j / e_i = 2
        ("copr", [1.0, 1.0], 0.3 * (1 - 1 / math.log2(3)) / (0.4 + 0.1 / math.log2(3)) * math.log(3.0)),
        # bids turn the order of e around, .4 and .2; the gains are 1.6 and .1
        ("copr", [4.0, 1.0], 1.5 * (1 - 1 / math.log2(3)) / (1.6 + 0.1 / math.log2(3)) * math.log(1.5)),
        # one of two is kept, so the cut is halfway: sigmoid(-ln 2 / (2 / 4)) = 1 / (1 + 4)
        ("recall", [1.0, 1.0], math.log(5.0)),
    ],
)
def test_two_candidates_by_hand(kind, bid, wanted):
    rows = lists(label=[0.4, 0.1], p=[0.1, 0.2], request=[0, 0], bid=bid)
    assert float(alignment_loss(kind, rows)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("kind", LOSSES)
def test_a_gradient_is_what_a_small_change_of_ln_p_does(kind):
    y, p, bid = np.array([0.30, 0.02, 0.10, 0.05, 0.2]), np.array([0.05, 0.04, 0.20, 0.01, 0.1]), np.arange(1.0, 6.0)
    log_p = tf.Variable(np.log(p)[None, :], dtype=tf.float32)
    with tf.GradientTape() as tape:
        rows = lists(label=y, p=p, request=[0] * 5, bid=bid)._replace(log_probability=log_p)
        loss = alignment_loss(kind, rows)
    steps = 1e-4 * np.eye(5)
    wanted = [BRUTE[kind](y, p * np.exp(step), bid) - BRUTE[kind](y, p * np.exp(-step), bid) for step in steps]
    np.testing.assert_allclose(tape.gradient(loss, log_p)[0], np.array(wanted) / 2e-4, rtol=1e-3, atol=1e-4)
    assert np.abs(wanted).max() > 1e-6


def test_the_listwise_softmax_and_the_kl_have_the_same_optimum():
    label = [0.3, 0.02, 0.1, 0.2]
    log_p = tf.Variable(np.log(label)[None, :], dtype=tf.float32)
    with tf.GradientTape() as tape:
        loss = alignment_loss("rcr", lists(label=label, p=label, request=[0] * 4)._replace(log_probability=log_p))
    assert float(loss) == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(tape.gradient(loss, log_p), np.zeros([1, 4]), atol=1e-6)


@pytest.mark.parametrize("kind", LOSSES)
def test_the_heavyweight_rankers_order_costs_less_than_the_reverse(kind):
    label = np.linspace(0.02, 0.4, 20)
    right, wrong = (
        float(alignment_loss(kind, lists(label=label, p=p, request=[0] * 20))) for p in (label, label[::-1])
    )
    assert right < 0.5 * wrong


@pytest.mark.parametrize("kind", LOSSES)
def test_requests_with_fewer_than_two_labels_contribute_nothing(kind):
    pair = {"label": [0.4, 0.1], "p": [0.1, 0.2]}
    alone = alignment_loss(kind, lists(**pair, request=[0, 0]))
    others = {"label": [0.3, 0.2, NAN, NAN, NAN], "p": [0.5, 0.6, 0.7, 0.2, 0.1]}
    mixed = lists(
        label=others["label"][:3] + pair["label"] + others["label"][3:],
        p=others["p"][:3] + pair["p"] + others["p"][3:],
        request=[0, 1, 1, 2, 2, 3, 3],
    )
    np.testing.assert_allclose(alignment_loss(kind, mixed), alone, rtol=1e-6)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize(("label", "request_of"), [([], []), ([0.3], [0]), ([NAN, NAN], [0, 0]), ([0.0, 0.0], [0, 0])])
def test_where_nothing_can_be_aligned_loss_and_gradient_are_finite(kind, label, request_of):
    log_p = tf.Variable(np.full(len(label), -1.0), dtype=tf.float32)
    with tf.GradientTape() as tape:
        rows = Lists.of_pairs(
            label=tf.constant(label, tf.float32),
            log_probability=tf.convert_to_tensor(log_p),
            bid=tf.ones(len(label)),
            request=tf.constant(request_of, tf.int32),
            requests=tf.constant(len(set(request_of))),
        )
        loss = alignment_loss(kind, rows)
    assert np.isfinite(float(loss))
    gradient = tf.convert_to_tensor(tape.gradient(loss, log_p, unconnected_gradients="zero"))
    assert np.isfinite(gradient).all()


def test_a_candidate_without_a_bid_is_out_of_the_pairs():
    with_two = lists(label=[0.4, 0.1], p=[0.1, 0.2], request=[0, 0], bid=[2.0, 3.0])
    with_three = lists(label=[0.4, 0.9, 0.1], p=[0.1, 0.3, 0.2], request=[0, 0, 0], bid=[2.0, 0.0, 3.0])
    np.testing.assert_allclose(alignment_loss("copr", with_three), alignment_loss("copr", with_two), rtol=1e-6)


def test_a_sample_keeps_the_models_own_best_and_draws_the_others_from_the_labeled():
    label = np.linspace(0.01, 0.2, 20)
    label[::4] = NAN
    p = np.linspace(0.9, 0.1, 20)
    whole = lists(label=label, p=p, request=[0] * 20)
    labeled = np.flatnonzero(~np.isnan(label))
    seen = set()
    for seed in range(40):
        sample = whole.sampled(6, own_best=2, seed=tf.constant([seed, 0]))
        assert sample.known.numpy().tolist() == [[True] * 6]
        got = np.round(sample.label[0].numpy(), 6).tolist()
        assert len(set(got)) == 6
        assert set(np.round(label[labeled[:2]].astype(np.float32), 6).tolist()) <= set(
            got
        )  # p falls: its best come first
        seen |= set(got)
    assert len(seen) == len(labeled)
    np.testing.assert_array_equal(sample.label, whole.sampled(6, own_best=2, seed=tf.constant([39, 0])).label)


def test_a_sample_of_a_shorter_list_is_all_of_it():
    whole = lists(label=[0.4, 0.1, 0.2], p=[0.1, 0.2, 0.3], request=[0, 0, 1])
    sample = whole.sampled(5, own_best=0, seed=tf.constant([1, 0]))
    for kind in LOSSES:
        np.testing.assert_allclose(alignment_loss(kind, sample), alignment_loss(kind, whole), rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-60.0, 0.0, width=32), min_size=2, max_size=30))
def test_the_soft_cut_keeps_as_many_as_it_should_whatever_the_probabilities(values):
    whole = lists(label=[0.1] * len(values), p=[0.1] * len(values), request=[0] * len(values))
    rows = whole._replace(log_probability=tf.constant([values]))
    wanted = math.ceil(len(values) / 4)
    kept = tf.sigmoid((rows.log_probability - _cut(rows, kept=tf.constant([[float(wanted)]]))) / SOFTNESS)
    assert float(tf.reduce_sum(kept)) == pytest.approx(wanted, abs=1e-3)
