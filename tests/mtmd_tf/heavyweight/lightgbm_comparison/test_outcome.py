import pytest

from mtmd_tf.heavyweight.lightgbm_comparison.outcome import outcome


@pytest.mark.parametrize(
    ("difference", "reach", "word"),
    [(0.001, 0.0001, "level"), (0.003, 0.01, "level"), (0.004, 0.0009, "ahead"), (0.004, 0.0011, "unsure")],
)
def test_a_lead_must_be_as_sure_as_a_deficit(difference, reach, word):
    assert outcome(difference, low=difference - reach, high=difference + reach) == word
    mirrored = {"ahead": "behind"}.get(word, word)
    assert outcome(-difference, low=-difference - reach, high=-difference + reach) == mirrored
