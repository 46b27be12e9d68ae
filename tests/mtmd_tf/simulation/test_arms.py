"""Arms as the command line names them."""

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.arms import arms_named


def test_arms_are_read():
    found = arms_named(["random", "ceiling=oracle", "mtmd=a:b", "single=a:b,c:d"])
    assert [(arm.name, arm.kind, arm.exports) for arm in found] == [
        ("random", "random", ()),
        ("ceiling", "oracle", ()),
        ("mtmd", "exports", (("a", "b"),)),
        ("single", "exports", (("a", "b"), ("c", "d"))),
    ]
    assert found[3].source == "a:b,c:d"


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(ConfigError, match="the name 'random' comes twice; give one of them another: OTHER=random"):
        arms_named(["random", "random"])


@pytest.mark.parametrize("text", ["", "mtmd", "mtmd=", "=random", "a:b", "mtmd=a", "mtmd=a:b:c", "mtmd=a:b,", "mtmd=:"])
def test_what_is_no_arm_is_refused(text):
    with pytest.raises(ConfigError, match=r"^--arm='.*an arm is NAME=EXPORT:EMBEDDINGS"):
        arms_named([text])


def test_no_arm_is_refused():
    with pytest.raises(ConfigError, match="give at least one --arm"):
        arms_named([])
