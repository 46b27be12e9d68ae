"""Tests of mtmd_tf/serving/ranking/utility.py."""

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.serving.ranking.utility import Utility

TASKS = ("ctr", "gctr")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ctr", 0.5),
        ("1.0*ctr*bid + 0.3*gctr", 2.06),
        ("bid * (ctr - gctr) ** 2", 0.36),
        ("-ctr + 3 / bid", 0.25),
        ("max(ctr, gctr) + min(ctr, 0.125)", 0.625),
        ("exp(log(ctr)) + sqrt(bid)", 2.5),
    ],
)
def test_by_hand(text: str, wanted: float) -> None:
    values = {"ctr": np.float32([0.5]), "gctr": np.float32([0.2]), "bid": np.float32([4])}
    np.testing.assert_allclose(Utility(text, tasks=TASKS)(values), [wanted], rtol=1e-6)


def test_float32_stays_float32() -> None:
    assert Utility("2 * ctr + 0.1", tasks=TASKS)({"ctr": np.float32([0.5])}).dtype == np.float32


def test_it_knows_what_it_uses_and_what_leads() -> None:
    utility = Utility("bid * gctr + ctr", tasks=TASKS)
    assert (utility.tasks, utility.leading_task, utility.uses_bid) == (("ctr", "gctr"), "gctr", True)
    assert not Utility("ctr", tasks=TASKS).uses_bid


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ctr + cvr", r"utility 'ctr \+ cvr': no name 'cvr'; it has \['ctr', 'gctr', 'bid'\]"),
        ("ctr +", r"utility 'ctr \+': invalid syntax"),
        ("bid * 2", r"utility 'bid \* 2': it must name a task, one of \['ctr', 'gctr'\]"),
        ("ctr.real", r"'ctr.real' is not understood; it may hold numbers, names, "),
        ("__import__('os')", r"is not understood"),
        ("ctr if bid else gctr", r"is not understood"),
        ("ctr > 0.5", r"'ctr > 0.5' is not understood"),
        ("log(ctr, 2)", r"log takes 1 values, got 2"),
        ("'a' * ctr", r"\"'a'\" is not understood"),
    ],
)
def test_what_is_no_arithmetic_of_tasks_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Utility(text, tasks=TASKS)
