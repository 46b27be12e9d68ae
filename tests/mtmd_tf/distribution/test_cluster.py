import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.config import ConfigError
from mtmd_tf.distribution.cluster import Cluster

WORKERS = {"worker": ["a:1", "b:2"]}
FIRST = {"type": "worker", "index": 0}


def cluster_of(jobs, task) -> Cluster:
    return Cluster.of({"TF_CONFIG": json.dumps({"cluster": jobs, "task": task})})


def test_the_workers_in_order():
    assert cluster_of(WORKERS, {"type": "worker", "index": 1}) == Cluster(addresses=("a:1", "b:2"), index=1)


def test_the_chief_comes_first():
    jobs = {"worker": ["a:1", "b:2"], "chief": ["c:3"]}
    assert cluster_of(jobs, {"type": "chief", "index": 0}) == Cluster(addresses=("c:3", "a:1", "b:2"), index=0)
    assert cluster_of(jobs, {"type": "worker", "index": "1"}).index == 2  # an index as text, as some launchers write it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "reads the environment variable TF_CONFIG, which is not set; set it on every worker, such as TF_CONFIG='"),
        ("{", "TF_CONFIG is no JSON"),
        ("[]", "TF_CONFIG has no object 'cluster'; write it such as"),
        ('{"cluster": {"worker": ["a:1"]}}', "TF_CONFIG has no object 'task'"),
    ],
)
def test_what_is_no_tf_config_is_refused(text, message):
    with pytest.raises(ConfigError, match=message.replace("{", r"\{")):
        Cluster.of({"TF_CONFIG": text})


@pytest.mark.parametrize(
    ("jobs", "task", "message"),
    [
        ({**WORKERS, "ps": ["c:3"]}, FIRST, r"TF_CONFIG.cluster has \['ps'\]; it may have \['chief', 'worker'\]"),
        ({"worker": "a:1"}, FIRST, "TF_CONFIG.cluster.worker is 'a:1'; it must be a list of HOST:PORT"),
        ({"worker": ["a:1", "b"]}, FIRST, "TF_CONFIG.cluster.worker lists 'b'; HOST:PORT is the rule"),
        ({"worker": ["a:1", "b:99999"]}, FIRST, "lists 'b:99999'; HOST:PORT is the rule"),
        ({"worker": ["a:1", "a:1"]}, FIRST, "TF_CONFIG.cluster lists a:1 more than once"),
        ({"chief": ["a:1", "b:1"]}, {"type": "chief", "index": 0}, r"has 2 chiefs, \['a:1', 'b:1'\]; one is the most"),
        (WORKERS, {"type": "chief", "index": 0}, r"TF_CONFIG.task.type is 'chief'; it must be one of \['worker'\]"),
        (WORKERS, {"type": "worker", "index": 2}, "TF_CONFIG.task.index is 2; the workers are 0 to 1"),
        (WORKERS, {"type": "worker", "index": True}, "TF_CONFIG.task.index is True"),
        (WORKERS, {"type": "worker"}, "TF_CONFIG.task.index is None"),
    ],
)
def test_a_broken_rule_is_named_with_the_choices(jobs, task, message):
    with pytest.raises(ConfigError, match=message):
        cluster_of(jobs, task)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a:1", "worker", "chief"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cluster", "task", "worker", "chief", "type", "index", "x"]), inner, max_size=3
        )
    ),
)


@given(JSON)
def test_whatever_it_holds_it_is_a_cluster_or_one_line(plain):
    said = ""
    try:
        cluster = Cluster.of({"TF_CONFIG": json.dumps(plain)})
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said
    assert said or 0 <= cluster.index < len(cluster.addresses)
