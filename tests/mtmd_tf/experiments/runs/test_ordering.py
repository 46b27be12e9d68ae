import dataclasses

import pytest

from mtmd_tf.config import TrainConfig
from mtmd_tf.experiments.runs import ordering, record
from mtmd_tf.experiments.runs.plan import runs_of
from mtmd_tf.experiments.table1 import comparison as table1
from tests.mtmd_tf.experiments.finished import an_order
from tests.mtmd_tf.experiments.folders import a_record

ARMS = table1.arms(an_order(baseline="--epochs=12"))
RUNS = runs_of(ARMS)  # of two seeds: one of all slices, two of one slice each
PAIRS = {"": 300_000, "home/standard": 200_000, "search/standard": 100_000}


def test_a_quick_look_has_one_seed_few_epochs_and_the_same_share_of_requests():
    runs = runs_of(ordering.quick(ARMS, pairs=300_000))
    assert [(run.slice, run.train.seed, run.train.epochs, run.train.sample_share) for run in runs] == [
        ("", 0, 2, 0.2),
        ("home/standard", 0, 3, 0.2),
        ("search/standard", 0, 3, 0.2),
    ]


def test_a_quick_look_at_little_data_takes_all_of_it():
    assert {run.train.sample_share for run in runs_of(ordering.quick(ARMS, pairs=10_000))} == {1.0}


@pytest.mark.parametrize(
    ("pairs", "epochs"),
    [(300_000, 3), (60_000, 3), (31_000, 3), (30_000, 6), (20_000, 9), (10_000, 12), (200, 12)],
)
def test_a_quick_look_at_little_data_shows_it_more_often(pairs, epochs):
    run = runs_of(ordering.quick(ARMS, pairs=pairs))[1]  # 12 epochs were said, and a climb of 100 steps
    assert (run.train.epochs, run.train.warmup_steps) == (epochs, 100 * epochs // 12)


def test_few_runs_are_announced_with_their_time(tmp_path):
    # 2 x 2 epochs of 300,000 and 2 x 12 of 300,000 at 5,000 pairs a second, 6 starts of 40 s, two at once
    said = ordering.announcement(RUNS, folder=tmp_path, pairs=PAIRS, workers=2)
    assert said == "6 runs to train, about 16 min with --workers=2."


def test_what_is_finished_is_not_ordered_and_tells_the_speed(tmp_path):
    fit = {"pairs": 600_000, "cpu_seconds": 1.0}
    done = a_record(RUNS[0].name, seconds=6_000.0, fit=fit)  # 160 s to start and 0.009733 s a pair
    (tmp_path / RUNS[0].name).mkdir()
    done.save(tmp_path / RUNS[0].name / record.FILE_NAME)
    said = ordering.announcement(RUNS, folder=tmp_path, pairs=PAIRS, workers=1)
    assert said.startswith("5 runs to train (1 more are finished), about 21.3 h with")
    assert ordering.announcement(RUNS[:1], folder=tmp_path, pairs=PAIRS, workers=1) == "1 runs, all of them finished."


def test_many_runs_or_days_of_work_are_a_warning(tmp_path):
    many = table1.arms(an_order(seeds=tuple(range(7))))
    said = ordering.announcement(runs_of(many), folder=tmp_path, pairs=dict.fromkeys(PAIRS, 10), workers=1)
    assert said.startswith("warning: 21 runs to train, about 14 min with --workers=1. Ctrl-C ends it")
    long = [dataclasses.replace(RUNS[0], train=TrainConfig(epochs=3_000))]
    said = ordering.announcement(long, folder=tmp_path, pairs=PAIRS, workers=1)
    assert said.startswith("warning: 1 runs to train, about 2.1 days with")
    assert "--quick is a first look" in said
