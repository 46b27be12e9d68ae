"""What the flags of the comparison refuse, before TensorFlow is loaded."""

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import compare_cuts
from tests.mtmd_tf.jobs.recipe import call


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--arm=runs/a"], r"--arm='runs/a' is not of the form 'NAME: RUN,RUN'"),
        (["--arm=a: x", "--arm=a: y"], "--arm names 'a' twice; give every arm its own name"),
        (["--arm=a: x", "--cuts=10:5"], "--cuts has '10:5'; write K:N with 1 <= K <= N, such as 10:50"),
        (["--arm=a: x", "--cuts=ten"], "--cuts has 'ten'; write K:N"),
    ],
)
def test_a_flag_that_says_nothing_is_refused(flags, message):
    with pytest.raises(ConfigError, match=message):
        call(compare_cuts, "--reference=runs/none", *flags)
