"""The baseline that predicts the training mean."""

import numpy as np
import pytest

from mtmd_tf.metrics import Cube, TrainingMean, training_means

_NAMES = {"surfaces": ("home", "search"), "products": ("standard",), "tasks": ("ctr",)}


def _predict(means: dict[tuple[str, str, str], float], **more: float) -> np.ndarray:
    log_p, log_1mp = TrainingMean(means, **_NAMES, **more)(surface=np.array([0, 1, 0]), product=np.zeros(3, int))
    np.testing.assert_allclose(np.exp(log_p["ctr"]) + np.exp(log_1mp["ctr"]), 1.0)
    return np.exp(log_p["ctr"])


def test_each_slice_predicts_its_own_mean() -> None:
    means = {("home", "standard", "ctr"): 0.1, ("search", "standard", "ctr"): 0.4}
    np.testing.assert_allclose(_predict(means), [0.1, 0.4, 0.1])


def test_a_slice_without_a_mean_predicts_the_average_of_the_others() -> None:
    np.testing.assert_allclose(_predict({("home", "standard", "ctr"): 0.1}), [0.1, 0.1, 0.1])


def test_a_mean_of_zero_is_clipped() -> None:
    np.testing.assert_allclose(_predict({("home", "standard", "ctr"): 0.0}, clip=0.01), [0.01] * 3)


def test_it_fills_a_cube_and_is_calibrated_on_what_it_averaged() -> None:
    label, surface, product = np.array([0.1, 0.3]), np.zeros(2, int), np.zeros(2, int)
    log_p, log_1mp = TrainingMean({("home", "standard", "ctr"): 0.2}, **_NAMES)(surface=surface, product=product)
    cube = Cube(**_NAMES)
    cube.update(surface=surface, product=product, log_probability=log_p, log_complement=log_1mp, label={"ctr": label})
    np.testing.assert_allclose(cube.rows()[0].calibration, 1.0)


def test_means_are_read_from_a_manifest_where_there_are_labels() -> None:
    tasks = {"ctr": {"labeled": 5, "label_mean": 0.2}, "octr": {"labeled": 0, "label_mean": None}}
    assert training_means({"home": {"standard": {"pairs": 5, "tasks": tasks}}}) == {("home", "standard", "ctr"): 0.2}


def test_the_mean_is_that_of_labels_lowered_to_their_parents() -> None:
    tasks = {"gctr": {"labeled": 5, "label_mean": 0.2, "lowered_mean": 0.1}}
    assert training_means({"home": {"standard": {"pairs": 5, "tasks": tasks}}}) == {("home", "standard", "gctr"): 0.1}


def test_refuses_a_task_without_a_mean() -> None:
    with pytest.raises(ValueError, match=r"no training mean of task 'ctr'; there are \['octr'\]"):
        TrainingMean({("home", "standard", "octr"): 0.1}, **_NAMES)


def test_refuses_a_mean_that_is_no_probability() -> None:
    with pytest.raises(ValueError, match=r"the mean of home x standard x ctr must be in \[0, 1\]; got 1.5"):
        TrainingMean({("home", "standard", "ctr"): 1.5}, **_NAMES)
