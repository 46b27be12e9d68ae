"""Tests of mtmd_tf/heavyweight/labels/schedule.py, on manifests of a few counts."""

import dataclasses
import types

import pytest

from mtmd_tf.config import HeavyweightTrainConfig
from mtmd_tf.heavyweight.labels import schedule


@pytest.mark.parametrize(
    ("requests", "pairs", "wanted"),
    [
        (100_000, 2_000_000, 32),  # 20 candidates: 32 requests are 640 pairs
        (200, 600, 25),  # 213 requests would be the day in one step; 25 make 8
        (3, 9, 1),
    ],
)
def test_a_step_is_640_pairs_and_a_pass_at_least_8_steps(requests, pairs, wanted):
    manifest = types.SimpleNamespace(
        pairs=lambda split: 5 * pairs,
        requests=lambda split: 5 * requests,
        shards=lambda split, days: [types.SimpleNamespace(requests=requests)],
    )
    assert schedule.batch_requests(types.SimpleNamespace(manifest=manifest), ["2026-11-01"]) == wanted


FEW = {"patience": 8, "embedding_accumulator": 1e-6}


@pytest.mark.parametrize(
    ("said", "pairs", "wanted"),
    [
        ({}, 5_120, {}),  # 8 steps a pass of 640 pairs
        ({}, 1_072, {"epochs": 25, "warmup_steps": 20, **FEW}),  # 200 steps, 8 a pass
        ({"epochs": 3}, 1_072, {"epochs": 3, "warmup_steps": 2, **FEW}),
        ({"epochs": 200}, 1_072, {"epochs": 200, **FEW}),  # 1,600 steps, of which a tenth is more than 100
        ({"warmup_steps": 7}, 1_072, {"epochs": 25, **FEW}),
        ({"batch_requests": 500}, 1_072, {"epochs": 50, "warmup_steps": 10, **FEW}),  # 100 steps
        ({"patience": 4, "embedding_accumulator": 0.01}, 1_072, {"epochs": 25, "warmup_steps": 20}),
    ],
)
def test_a_ranker_of_few_pairs_takes_more_passes_and_its_tables_move(said, pairs, wanted):
    day = types.SimpleNamespace(requests=pairs // 2, pairs=pairs)
    manifest = types.SimpleNamespace(
        pairs=lambda split: 5 * pairs, requests=lambda split: 5 * pairs // 2, shards=lambda split, days: [day]
    )
    train = HeavyweightTrainConfig(**said)
    found = schedule.for_few_pairs(train, types.SimpleNamespace(manifest=manifest), ["2026-11-01"])
    assert found == dataclasses.replace(train, **wanted)


@pytest.mark.parametrize(
    ("warmup", "others", "wanted"),
    [
        (100, {"epochs": 6}, 5),  # 6 passes of 9 steps: 54
        (53, {"epochs": 6}, 53),  # it ends before the last step
        (100, {"epochs": 12}, 100),
        (100, {"epochs": 12, "max_steps": 40}, 4),
        (100, {"epochs": 1, "batch_requests": 1000}, 0),
    ],
)
def test_a_warm_up_that_would_outlast_the_training_is_a_tenth_of_it(warmup, others, wanted):
    manifest = types.SimpleNamespace(
        pairs=lambda split: 360,
        requests=lambda split: 180,
        shards=lambda split, days: [types.SimpleNamespace(requests=36), types.SimpleNamespace(requests=36)],
    )
    train = HeavyweightTrainConfig(warmup_steps=warmup, **{"batch_requests": 8, **others})
    found = schedule.climbing_in_time(train, types.SimpleNamespace(manifest=manifest), ["2026-11-01", "2026-11-02"])
    assert found == dataclasses.replace(train, warmup_steps=wanted)


@pytest.mark.parametrize(
    ("pairs", "max_steps", "told"),
    [
        (5_120_000, 0, []),
        (1_072, 0, ["--epochs=25", "--embedding_accumulator=1e-06", "--warmup_steps=20", "--patience=8"]),
        (1_072, 40, ["--epochs=25", "--embedding_accumulator=1e-06", "--warmup_steps=4", "--patience=8"]),
    ],
)
def test_what_follows_from_the_days_is_said(pairs, max_steps, told, capsys):
    day = types.SimpleNamespace(requests=pairs // 2, pairs=pairs)
    manifest = types.SimpleNamespace(
        pairs=lambda split: 5 * pairs, requests=lambda split: 5 * pairs // 2, shards=lambda split, days: [day]
    )
    train = HeavyweightTrainConfig(max_steps=max_steps)
    schedule.settled(train, types.SimpleNamespace(manifest=manifest), ["2026-11-01"])
    printed = capsys.readouterr().out
    assert [word for word in printed.split() if word.startswith("--")] == told
    assert (
        printed.startswith("Settings that follow from the ranker's days (say one to change it): --epochs") or not told
    )
