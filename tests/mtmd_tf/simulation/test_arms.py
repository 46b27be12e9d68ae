"""Arms as the command line names them."""

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.arms import arms_named, heavyweight_named


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


def test_faults_are_read_and_said_again():
    text = "a:b;storage=int8;shards=4;stale=x+y"
    [arm] = arms_named([f"old={text}"])
    assert (arm.faults.storage, arm.faults.shards, arm.faults.stale) == ("int8", 4, ("x", "y"))
    assert arm.source == text
    assert arms_named(["a=b:c;approximate"])[0].source == "b:c;approximate"


def test_an_arm_of_any_kind_may_have_its_own_heavyweight_ranker():
    texts = ("random;heavyweight=runs/h", "c=oracle;heavyweight=runs/h:exports/e", "a=b:c;heavyweight=h;shards=2")
    found = arms_named(texts)
    assert [arm.heavyweight for arm in found] == ["runs/h", "runs/h:exports/e", "h"]
    assert [arm.kind for arm in found] == ["random", "oracle", "exports"]
    assert found[2].source == "b:c;shards=2;heavyweight=h"
    assert heavyweight_named("runs/h:exports/e") == ("runs/h", "exports/e")
    assert heavyweight_named("runs/h") == ("runs/h", "")


@pytest.mark.parametrize("text", ["", ":e", "h:", "h:e:x"])
def test_what_is_no_heavyweight_ranker_is_refused(text):
    with pytest.raises(ConfigError, match=r"it is RUN, a run of jobs\.label, or RUN:EXPORT"):
        arms_named([f"random;heavyweight={text}"])


def test_two_heavyweight_rankers_of_an_arm_are_refused():
    with pytest.raises(ConfigError, match="heavyweight comes twice; an arm has one"):
        arms_named(["random;heavyweight=a;heavyweight=b"])


@pytest.mark.parametrize(
    "fault", ["storage=int4", "shards=0", "shards=x", "missing=", "stale=a++b", "approximate=1", "x", ""]
)
def test_what_is_no_fault_is_refused(fault):
    with pytest.raises(ConfigError, match=r"is none of storage=int8, shards=NUMBER, missing=ITEM_FEATURE"):
        arms_named([f"a=b:c;{fault}"])


def test_faults_that_exclude_each_other_are_refused():
    for text, rule in (
        ("a=b:c;missing=x;stale=y", "cannot be had with stale"),
        ("a=b:c;approximate;stale=y", "the approximate index is of the arm's own embeddings"),
        ("a=b:c,d:e;stale=y", "stale is for an arm of one export; this one has 2"),
        ("a=random;shards=2", "random has no embeddings"),
    ):
        with pytest.raises(ConfigError, match=rule):
            arms_named([text])
