"""Winners and candidates, and the split by a feature, on labels that are known."""

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.evaluation.buckets import label_buckets
from mtmd_tf.evaluation.evaluate import evaluate
from mtmd_tf.evaluation.feature_values import chosen_features, named_values
from mtmd_tf.evaluation.value_counts import frequent_values
from mtmd_tf.evaluation.views import Views, winner_rule, winners
from mtmd_tf.features.reading import DataSet
from mtmd_tf.tasks import LogProbability
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.schema import Feature, SchemaError

BRAND = Feature(name="brand", side="item", kind="categorical", dtype="bytes", hash_buckets=64)
COUNTRY = Feature(name="country", side="query", kind="categorical", dtype="bytes", vocabulary=("fr", "us"))


class Constant:
    """Says 0.2 for ctr and 0.1 for gctr, whatever the batch."""

    parents = {"ctr": None, "gctr": "ctr"}  # noqa: RUF012

    def __call__(self, batch) -> dict[str, LogProbability]:
        ones = tf.ones_like(batch.weight)
        return {
            task: LogProbability(yes=math.log(p) * ones, no=math.log1p(-p) * ones)
            for task, p in (("ctr", 0.2), ("gctr", 0.1))
        }


@pytest.fixture(scope="module")
def data(labeled):
    return DataSet.open(labeled)


@pytest.fixture(scope="module")
def evaluation(data):
    features = frequent_values(data, split="eval", features=chosen_features(["query/country"], data.schema))
    buckets = label_buckets(data, split="eval", parents=Constant.parents)
    return evaluate(Constant(), data, run="constant", buckets=buckets, features=features)


def test_the_winner_is_the_most_valuable_candidate_of_its_request() -> None:
    request = np.array([0, 0, 0, 1, 1])
    assert winners(request, value=np.array([0.1, 0.3, 0.2, 0.5, 0.4])).tolist() == [1, 3]


def test_of_equals_the_first_wins_and_without_a_value_none_does() -> None:
    request = np.array([0, 0, 1, 1, 2])
    assert winners(request, value=np.array([0.2, 0.2, np.nan, 0.1, np.nan])).tolist() == [0, 3]


def test_candidates_of_a_request_need_not_stand_together() -> None:
    assert winners(np.array([0, 1, 0, 1]), value=np.array([1.0, 1.0, 2.0, 0.5])).tolist() == [2, 1]


def test_one_winner_a_request_is_measured(evaluation, data) -> None:
    [row] = [r for r in evaluation.winners if (r.surface, r.product, r.task) == ("all", "all", "ctr")]
    assert row.pairs == data.requests("eval")


def test_without_bids_the_label_alone_decides(data) -> None:
    assert winner_rule(data, task="ctr") == "the candidate of each request with the highest label of ctr"


def test_where_there_are_bids_the_funnel_is_measured_by_ecpm_too(data) -> None:
    with_bids = dataclasses.replace(
        data, manifest=dataclasses.replace(data.manifest, columns=(*data.manifest.columns, "bid"))
    )
    [batch] = list(data.batches("eval", batch_requests=1024))
    pairs = len(batch.request)
    said = dict.fromkeys(("ctr", "gctr"), np.full(pairs, math.log(0.2)))
    views = Views(with_bids, tasks=("ctr", "gctr"), clip=1e-6)
    bid = np.arange(pairs, dtype=np.float32)  # labels of a slice are all the same, so bids make the order
    views.update(batch._replace(bid=tf.constant(bid)), log_probability=said, log_complement=said)
    result = views.result()
    assert {row.task for row in result["ecpm_funnel"]} == {"ctr"}
    by_bid, by_label = (
        {round(row.rank_correlation, 9) for row in result[name] if row.ranked_requests}
        for name in ("ecpm_funnel", "funnel")
    )
    assert (by_bid, by_label) == ({1.0}, set())
    assert Views(data, tasks=("ctr", "gctr"), clip=1e-6).result()["ecpm_funnel"] == ()


def test_groups_add_up_to_the_whole(evaluation) -> None:
    [whole] = [r for r in evaluation.rows if (r.surface, r.product, r.task) == ("all", "all", "ctr")]
    for breakdown in evaluation.breakdowns:
        parts = [r for r in breakdown.rows if (r.surface, r.product, r.task) == ("all", "all", "ctr")]
        assert sum(part.pairs for part in parts) == whole.pairs
        total = sum(part.log_mae * part.pairs for part in parts if part.pairs)
        np.testing.assert_allclose(total / whole.pairs, whole.log_mae)
    assert [breakdown.by for breakdown in evaluation.breakdowns] == ["bucket", "query/country"]


def test_a_features_values_are_named_and_counted_as_they_are_in_the_records(evaluation, data) -> None:
    rows = [r for r in evaluation.breakdowns[1].rows if (r.surface, r.product, r.task) == ("all", "all", "ctr")]
    seen: Counter[int] = Counter()
    for batch in data.batches("eval", batch_requests=64):
        seen.update(tf.gather(batch.query.tokens[:, 0], batch.request).numpy().tolist())
    assert sorted(r.pairs for r in rows if r.pairs) == sorted(seen.values())
    assert {r.group for r in rows if r.pairs} == {"fr", "us", "out of vocabulary"}


def test_the_most_frequent_values_are_named_and_the_rest_are_other() -> None:
    counts = {(row, b"v%d" % row): 100 - row for row in range(30)}
    values = named_values(BRAND, counts)
    assert values.names == (*(f"v{row}" for row in range(20)), "other", "missing")
    assert values.rows == tuple(range(20))


def test_tokens_of_one_row_count_together_under_the_most_frequent() -> None:
    values = named_values(BRAND, {(7, b"rare"): 2, (7, b"often"): 5, (3, b"six"): 6})
    assert values.names[:2] == ("often", "six")


def test_a_value_that_is_called_like_a_roll_up_is_told_apart() -> None:
    assert named_values(BRAND, {(7, b"all"): 2}).names[0] == "'all' in row 7"


def test_tokens_outside_the_vocabulary_are_one_value() -> None:
    assert named_values(COUNTRY, {(2, b"de"): 5, (0, b"fr"): 3}).names[:2] == ("out of vocabulary", "fr")


@pytest.mark.parametrize("key", ["item/brandd", "query/age"])
def test_refuses_what_is_no_categorical_feature(key) -> None:
    with pytest.raises(
        SchemaError, match=rf"no categorical feature '{key}' .* it has \['query/country', 'item/brand'\]"
    ):
        chosen_features([key], tiny_schema())
