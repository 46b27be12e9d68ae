"""Measures of one prediction: numbers by hand, and exact where floats are at their ends."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import log_loss

from mtmd_tf.metrics import pointwise


def _logs(*probability: float) -> tuple[np.ndarray, np.ndarray]:
    p = np.array(probability)
    return np.log(p), np.log1p(-p)


def _logs_of_logit(*logit: float) -> tuple[np.ndarray, np.ndarray]:
    z = np.array(logit)
    return -np.logaddexp(0.0, -z), -np.logaddexp(0.0, z)


def test_log_absolute_error_is_the_log_of_the_ratio() -> None:
    log_p, _ = _logs(0.2, 0.1)
    error = pointwise.log_absolute_error(log_p, label=np.array([0.1, 0.1]))
    np.testing.assert_allclose(error, [math.log(2), 0.0], atol=1e-15)


def test_log_absolute_error_clips_prediction_and_label() -> None:
    error = pointwise.log_absolute_error(np.array([-np.inf, math.log(0.1)]), label=np.array([0.1, 0.0]), clip=0.01)
    np.testing.assert_allclose(error, [math.log(10), math.log(10)])


def test_kl_by_hand() -> None:
    log_p, log_1mp = _logs(0.25)
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)  # y = 1/2: ln(.5/.25)/2 + ln(.5/.75)/2
    np.testing.assert_allclose(pointwise.bernoulli_kl(log_p, log_1mp, label=np.array([0.5])), [expected])


@pytest.mark.parametrize(("label", "expected"), [(0.0, math.log(2)), (1.0, math.log(2))])
def test_kl_of_certain_labels_drops_the_other_term(label: float, expected: float) -> None:
    log_p, log_1mp = _logs(0.5)
    np.testing.assert_allclose(pointwise.bernoulli_kl(log_p, log_1mp, label=np.array([label])), [expected])


def test_kl_and_cross_entropy_are_zero_where_a_certain_label_is_met() -> None:
    log_p, log_1mp = np.array([-np.inf, 0.0]), np.array([0.0, -np.inf])
    label = np.array([0.0, 1.0])
    np.testing.assert_array_equal(pointwise.bernoulli_kl(log_p, log_1mp, label=label), [0.0, 0.0])
    np.testing.assert_array_equal(pointwise.cross_entropy(log_p, log_1mp, label=label), [0.0, 0.0])


def test_kl_is_infinite_where_what_can_happen_is_excluded() -> None:
    assert pointwise.bernoulli_kl(np.array([-np.inf]), np.array([0.0]), label=np.array([0.5]))[0] == np.inf


def test_kl_keeps_its_digits_where_tiny_probabilities_are_near() -> None:
    y, p = Fraction(1, 10**9), Fraction(11, 10**10)
    kl = pointwise.bernoulli_kl(np.log([float(p)]), np.log1p([-float(p)]), label=np.array([float(y)]))
    relative = (p - y) / y  # series: y (r - ln(1 + r)) and terms of y^2
    expected = float(y) * (float(relative) - math.log1p(float(relative)))
    np.testing.assert_allclose(kl, [expected], rtol=1e-6)


@pytest.mark.parametrize("logit", [-800.0, -20.0, 20.0, 800.0])
def test_cross_entropy_of_far_logits_is_exact(logit: float) -> None:
    log_p, log_1mp = _logs_of_logit(logit)
    expected = np.logaddexp(0.0, logit) - 0.25 * logit  # -y ln s(z) - (1 - y) ln s(-z) = softplus(z) - y z
    np.testing.assert_allclose(pointwise.cross_entropy(log_p, log_1mp, label=np.array([0.25])), [expected], rtol=1e-14)


def test_absolute_error_near_one_is_taken_between_complements() -> None:
    log_p, log_1mp = _logs_of_logit(40.0)  # p rounds to 1; 1 - p is 4e-18
    np.testing.assert_allclose(pointwise.absolute_error(log_p, log_1mp, label=np.array([1.0])), [math.exp(-40.0)])


def test_absolute_error_by_hand() -> None:
    log_p, log_1mp = _logs(0.2, 0.9)
    np.testing.assert_allclose(pointwise.absolute_error(log_p, log_1mp, label=np.array([0.5, 0.5])), [0.3, 0.4])


def test_cross_entropy_agrees_with_scikit_learn_on_certain_labels() -> None:
    rng = np.random.default_rng(0)
    p, label = rng.uniform(0.01, 0.99, 500), rng.integers(0, 2, 500)
    ours = pointwise.cross_entropy(np.log(p), np.log1p(-p), label=label.astype(float)).mean()
    np.testing.assert_allclose(ours, log_loss(label, p), rtol=1e-12)


def test_kl_agrees_with_scipy_on_random_rows() -> None:
    rng = np.random.default_rng(1)
    p, y = rng.uniform(size=(2, 500))
    expected = special.rel_entr(y, p) + special.rel_entr(1 - y, 1 - p)
    np.testing.assert_allclose(
        pointwise.bernoulli_kl(np.log(p), np.log1p(-p), label=y), expected, rtol=1e-9, atol=1e-14
    )
