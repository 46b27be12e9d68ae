import dataclasses

import numpy as np
import pytest

from mtmd_tf.simulation.reports import checks as report
from mtmd_tf.simulation.statistics.change import Change
from mtmd_tf.simulation.statistics.checks import AgainstItself, Planted

EVEN = (np.arange(20) + 0.5) / 20.0
ITSELF = AgainstItself(
    p_values={"CTR": EVEN},
    sample_ratio=EVEN,
    uniform={"CTR": 0.9},
    false_alarms={"CTR": 0.05},
    alarms=0,
    alarms_p=1.0,
)


def planted(inside: int, outside: int) -> Planted:
    """Intervals of 0 to 0.1 contain the planted 0.05, those of 0.1 to 0.2 do not."""
    changes = [
        Change(value=low + 0.05, low=low, high=low + 0.1, p=0.1, control=0.1, treatment=0.105)
        for low in [0.0] * inside + [0.1] * outside
    ]
    return Planted(truth={"CTR": 0.05}, changes={"CTR": changes})


def test_it_says_what_was_found(tmp_path):
    text = report.write(tmp_path, ITSELF, planted(18, 2), arm="mtmd")
    assert text.startswith("# Are the intervals right? The world of mtmd\n\nNothing speaks against the intervals.\n")
    rows = [line.replace(" ", "") for line in text.splitlines()]
    assert "|CTR|0.9|5.0%|" in rows
    assert "|CTR|+5.00%|+6.00%|18of20|" in rows
    assert (tmp_path / "checks.html").exists()


@pytest.mark.parametrize(
    ("itself", "found"),
    [
        (ITSELF, planted(17, 3)),
        (dataclasses.replace(ITSELF, uniform={"CTR": 0.01}), planted(20, 0)),
        (dataclasses.replace(ITSELF, alarms=3, alarms_p=1e-6), planted(20, 0)),
    ],
)
def test_wrong_intervals_are_loud(tmp_path, itself, found):
    assert not report.passed(itself, found)
    assert "**THE INTERVALS ARE NOT RIGHT on this world.**" in report.write(tmp_path, itself, found, arm="mtmd")
