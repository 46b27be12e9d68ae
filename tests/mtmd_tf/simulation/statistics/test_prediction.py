import numpy as np
import pandas as pd
import pytest

from mtmd_tf.simulation.statistics.prediction import offline_against_online
from tfrecords_tools.requests import DataError

MODELS = pd.DataFrame(
    {
        "LogMAE": [0.1, 0.2, 0.3, 0.4, 0.5],
        "AUC": [0.7, 0.6, 0.8, 0.5, 0.9],
        "same": [1.0] * 5,
        "CPC": [-0.03, -0.02, -0.01, 0.0, 0.02],
    }
)


def test_by_hand():
    """LogMAE has the order of CPC. AUC's ranks 3, 2, 4, 1, 5 differ by 2, 0, 1, 3, 0: 1 - 6 * 14 / (5 * 24) = 0.3.

    The next value below 1 is 0.9, so 1 counts as 0.95: atanh(0.95) = 1.832, and 1.96 sqrt((1 + 0.4513) / 2) = 1.670.
    """
    log_mae, auc = offline_against_online(MODELS, offline=["LogMAE", "AUC"], online=["CPC"])
    assert (log_mae.value, log_mae.low, log_mae.high, log_mae.models) == (
        pytest.approx(1.0),
        pytest.approx(np.tanh(1.832 - 1.670), abs=2e-3),
        pytest.approx(np.tanh(1.832 + 1.670), abs=2e-3),
        5,
    )
    assert auc.value == pytest.approx(0.3)
    assert auc.low < 0.0 < auc.high <= 1.0 + 1e-9


@pytest.mark.parametrize(("models", "decided"), [(4, False), (5, True)])
def test_the_best_order_of_four_models_decides_nothing(models, decided):
    """Of four models 2 in 24 orders are perfect, one way or the other, by chance alone; of five, 2 in 120."""
    [found] = offline_against_online(MODELS[:models], offline=["LogMAE"], online=["CPC"])
    assert found.value == pytest.approx(1.0)
    assert (found.low > 0.0) == decided


@pytest.mark.parametrize("models", [4, 6, 8])
def test_intervals_of_few_models_contain_the_true_correlation(models):
    """150 sets of models whose true rank correlation is 6 / pi * asin(0.95 / 2) = 0.945."""
    drawn, inside = np.random.default_rng(models), 0
    for _ in range(150):
        left = drawn.normal(size=models)
        right = 0.95 * left + np.sqrt(1 - 0.95**2) * drawn.normal(size=models)
        frame = pd.DataFrame({"offline": left, "online": right})
        [found] = offline_against_online(frame, offline=["offline"], online=["online"], draws=300)
        inside += found.low <= 0.945 <= found.high
    assert inside >= 135


def test_what_does_not_vary_and_too_few_models_have_no_correlation():
    assert offline_against_online(MODELS, offline=["same"], online=["CPC"]) == []
    assert offline_against_online(MODELS[:3], offline=["LogMAE"], online=["CPC"]) == []


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="the table of models lacks the column 'KL'; it has LogMAE, AUC, same, CPC"):
        offline_against_online(MODELS, offline=["KL"], online=["CPC"])
