import dataclasses

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.period import Period, require_splits, require_unseen, thin, untrainable


@pytest.fixture
def manifest(labeled):
    """Five training days and one to evaluate on."""
    return DataSet.open(labeled).manifest


def test_the_earliest_days_are_learned_from_and_every_later_one_is_labeled(manifest):
    period = Period.cut(manifest, share=0.6)
    assert period.learn == ("2017-03-01", "2017-03-02")
    assert period.held_out == ("2017-03-03",)
    assert period.label == ("2017-03-04", "2017-03-05", "2017-03-06")


def test_more_days_can_be_held_out(manifest):
    period = Period.cut(manifest, share=0.6, held_out=2)
    assert (period.learn, period.held_out) == (("2017-03-01",), ("2017-03-02", "2017-03-03"))


@pytest.mark.parametrize(("share", "held_out"), [(0.0, 0), (1.0, 0), (0.6, 3)])
def test_a_share_that_leaves_nothing_to_do_is_refused(manifest, share, held_out):
    with pytest.raises(ConfigError, match=rf"ranker_share={share:g} of 5 training days is \d, \d of them held out"):
        Period.cut(manifest, share=share, held_out=held_out)


def test_a_small_share_of_a_short_log_is_two_days(manifest):
    period = Period.cut(manifest, share=0.2)
    assert (period.learn, period.held_out) == (("2017-03-01",), ("2017-03-02",))


def test_a_log_of_two_days_is_told_what_is_needed_and_what_there_is(manifest):
    shards = [shard for shard in manifest.splits["train"]["shards"] if shard["day"] < "2017-03-03"]
    splits = {**manifest.splits, "train": {**manifest.splits["train"], "shards": shards}}
    wanted = (
        r"has 2 days \(2017-03-01, 2017-03-02\); a ranker needs 3, one to .* convert the log with --partition=hour, or"
    )
    with pytest.raises(ConfigError, match=wanted):
        Period.cut(dataclasses.replace(manifest, splits=splits), share=0.4)


def test_a_period_that_labels_what_it_learned_from_cannot_be_made():
    with pytest.raises(ConfigError, match="day 2017-03-02 shaped the heavyweight ranker"):
        Period(learn=("2017-03-01",), held_out=("2017-03-02",), label=("2017-03-02", "2017-03-03"))


def test_days_that_it_did_not_see_pass():
    require_unseen(["2017-03-02"], seen=["2017-03-01"])


def test_days_before_the_first_and_after_the_last_are_left_out(manifest):
    period = Period.cut(manifest, share=0.6, first_day="2017-03-02")
    assert period.seen == ("2017-03-02", "2017-03-03")
    assert period.label == ("2017-03-04", "2017-03-05", "2017-03-06")
    period = Period.cut(manifest, share=0.5, last_day="2017-03-04")
    assert (period.seen, period.label) == (("2017-03-01", "2017-03-02"), ("2017-03-03", "2017-03-04"))


def test_days_that_leave_too_few_are_refused(manifest):
    wanted = (
        r"--first_day=2017-03-04 and --last_day= leave 2 days of the training split, 5 days, 2017-03-01 to 2017-03-05"
    )
    with pytest.raises(ConfigError, match=wanted):
        Period.cut(manifest, share=0.6, first_day="2017-03-04")


def test_one_labeled_day_is_too_few_to_train_on(manifest):
    """As after the labels of a log of four days, of which training then refused to learn."""
    period = Period.cut(manifest, share=0.8)
    assert untrainable(period, manifest, eval_from="") == (
        "Of the split train 1 day (2017-03-05) will be labeled, and train.py needs 2, one of them to stop early by: "
        "convert the log with --partition=hour, or a longer one."
    )
    assert untrainable(Period.cut(manifest, share=0.6), manifest, eval_from="") == ""
    assert untrainable(Period.cut(manifest, share=0.6), manifest, eval_from="2017-03-05").startswith("Of the split")


def test_days_that_leave_a_split_empty_are_refused(manifest):
    early = Period.cut(manifest, share=0.5, last_day="2017-03-04")
    require_splits(early, manifest, eval_from="2017-03-04")
    require_splits(Period.cut(manifest, share=0.6), manifest, eval_from="")
    with pytest.raises(
        ConfigError, match=r"2 days, 2017-03-03 to 2017-03-04, none would be in the split eval; give --"
    ):
        require_splits(early, manifest, eval_from="")
    with pytest.raises(ConfigError, match=r"none would be in the split eval; give --eval_from=DAY, one of these"):
        require_splits(early, manifest, eval_from="2017-03-05")
    with pytest.raises(ConfigError, match=r"none would be in the split train; give a later --eval_from"):
        require_splits(early, manifest, eval_from="2017-03-03")


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ((100, 100, 100, 100, 100), ""),
        ((30, 30, 30, 400, 400), ""),
        (
            (100, 100, 1, 100, 100),
            "learns from 200 pairs and holds 1 out, of 401 in the training split, as its days are",
        ),
        ((3, 3, 900, 900, 900), "learns from 6 pairs and holds 900 out, of 2,706 in"),
    ],
)
def test_days_of_few_pairs_are_told(manifest, pairs, said):
    """Two days to learn from and one held out, of five."""
    shards = dict(zip(manifest.days("train"), pairs, strict=True))
    counts = {shard["day"]: shard | {"pairs": shards[shard["day"]]} for shard in manifest.splits["train"]["shards"]}
    splits = {**manifest.splits, "train": {**manifest.splits["train"], "shards": list(counts.values())}}
    found = thin(Period.cut(manifest, share=0.6), dataclasses.replace(manifest, splits=splits))
    assert said in found
    assert bool(found) == bool(said)
