import numpy as np
import pytest
from scipy.stats import kstest

from tfrecords_tools.sources.adworld.seeds import generator, uniforms


def test_a_generator_depends_on_seed_and_name_alone():
    first = generator(1, "events", 2).random()
    generator(1, "other").random()
    assert generator(1, "events", 2).random() == first
    assert generator(1, "events", 3).random() != first
    assert generator(2, "events", 2).random() != first


@pytest.mark.parametrize("each", [1, 4, 6])
@pytest.mark.parametrize("cut", [0, 3, 10])
def test_a_rows_uniform_numbers_are_the_same_however_the_rows_are_cut(each: int, cut: int) -> None:
    whole = uniforms(7, "actions", 3, first=5, rows=10, each=each)
    parts = [
        uniforms(7, "actions", 3, first=5, rows=cut, each=each),
        uniforms(7, "actions", 3, first=5 + cut, rows=10 - cut, each=each),
    ]
    assert whole.shape == (10, each)
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_uniform_numbers_of_other_names_or_rows_are_others_and_spread_evenly() -> None:
    numbers = [uniforms(7, name, first=0, rows=1000, each=4) for name in ("actions", "auction")]
    assert len(np.unique(np.concatenate(numbers))) == 8000
    assert kstest(np.concatenate(numbers).ravel(), "uniform").pvalue > 0.01
