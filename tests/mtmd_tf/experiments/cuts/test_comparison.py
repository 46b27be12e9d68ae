"""The comparison at the cuts: what it shows and what it refuses."""

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.cuts.comparison import compared
from mtmd_tf.experiments.cuts.measure import AtCuts


def of(run: str, *errors: float, data: str = "d") -> AtCuts:
    columns = (("ctr", "KL"), ("ctr", "misses of the best 1 at N=2"))
    table = np.tile(np.array(errors), (30, 1))
    return AtCuts(
        run=run, data=data, columns=columns, errors=table, sizes=np.array([60.0, 30.0]), calibration={"ctr": 1.25}
    )


def test_errors_are_shares_and_an_error_that_nobody_makes_has_no_improvement():
    text = compared([of("a", 0.2, 0.0), of("b", 0.4, 0.0)], {"x": [of("c", 0.1, 0.0), of("d", 0.2, 0.0)]}, draws=20)
    kl, misses = [line for line in text.splitlines() if line.startswith("| x ")][:2]
    assert [cell.strip() for cell in kl.strip("|").split("|")][2:5] == ["KL", "0.15000", "0.07500"]
    assert "+50.0% [" in kl
    assert misses.rstrip("| ").endswith("-")
    assert "| x         | ctr  |        1.2500 |" in text


def test_other_data_and_other_numbers_of_runs_are_refused():
    with pytest.raises(ConfigError, match="arm 'x' has 1 runs and the reference 2; give as many"):
        compared([of("a", 1, 1), of("b", 1, 1)], {"x": [of("c", 1, 1)]})
    with pytest.raises(ConfigError, match="c was trained on other data or other tasks than a"):
        compared([of("a", 1, 1)], {"x": [of("c", 1, 1, data="other")]})
