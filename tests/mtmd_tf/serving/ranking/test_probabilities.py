"""Tests of mtmd_tf/serving/ranking/probabilities.py."""

import math

import numpy as np
import tensorflow as tf

from mtmd_tf.serving.ranking.probabilities import log_marginals, log_sigmoid, marginals
from mtmd_tf.tasks import constrain

PARENTS = {"ctr": None, "gctr": "ctr", "cvr": "gctr"}


def test_by_hand() -> None:
    logits = {"ctr": np.array([0.0]), "gctr": np.array([math.log(3)]), "cvr": np.array([-math.log(3)])}
    marginals = {task: np.exp(log)[0] for task, log in log_marginals(logits, parents=PARENTS, constrained=True).items()}
    np.testing.assert_allclose([marginals[t] for t in PARENTS], [1 / 2, 3 / 8, 3 / 32], rtol=1e-12)


def test_unconstrained_is_each_tasks_own_sigmoid() -> None:
    logits = {"ctr": np.array([0.0]), "gctr": np.array([math.log(3)]), "cvr": np.array([-math.log(3)])}
    marginals = {
        task: np.exp(log)[0] for task, log in log_marginals(logits, parents=PARENTS, constrained=False).items()
    }
    np.testing.assert_allclose([marginals[t] for t in PARENTS], [1 / 2, 3 / 4, 1 / 4], rtol=1e-12)


def test_exact_where_sigmoid_rounds() -> None:
    np.testing.assert_allclose(log_sigmoid(np.array([-100.0, 100.0])), [-100.0, -math.exp(-100)], rtol=1e-12)


def test_the_same_as_the_models_constraint() -> None:
    logits = dict(zip(PARENTS, np.random.default_rng(0).uniform(-20, 20, (3, 50)), strict=True))
    wanted = constrain({task: tf.constant(logit) for task, logit in logits.items()}, parents=PARENTS)
    for task, log in log_marginals(logits, parents=PARENTS, constrained=True).items():
        np.testing.assert_allclose(log, wanted[task].yes, rtol=1e-12)


def test_the_fast_ones_are_the_exact_ones() -> None:
    logits = dict(zip(PARENTS, np.random.default_rng(0).uniform(-80, 20, (3, 50)).astype(np.float32), strict=True))
    for constrained in (True, False):
        wanted = log_marginals(logits, parents=PARENTS, constrained=constrained)
        for task, probability in marginals(logits, parents=PARENTS, constrained=constrained).items():
            assert probability.dtype == np.float32
            np.testing.assert_allclose(probability, np.exp(wanted[task]), rtol=1e-5, atol=1e-44)


def test_a_logit_too_low_for_the_type_is_0_without_a_warning() -> None:
    with np.errstate(all="raise"):
        assert marginals({"ctr": np.float32([-200, 0])}, parents=PARENTS, constrained=True)["ctr"].tolist() == [0, 0.5]
