"""The cube: by hand, against scikit-learn, in any number of batches, with what does not exist or has no label."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import rel_entr
from sklearn.metrics import log_loss, mean_absolute_error, roc_auc_score

from mtmd_tf.metrics import Cube, Row

_NAMES: dict[str, Any] = {
    "surfaces": ("home", "search"),
    "products": ("standard", "shopping"),
    "tasks": ("ctr", "octr"),
}


def _exists(surface: str, product: str, task: str) -> bool:
    return not (task == "octr" and product == "shopping")


def _batch(pairs: int, *, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    logit = {task: rng.normal(-2, 1.5, pairs) for task in _NAMES["tasks"]}
    label = {task: 1 / (1 + np.exp(-z - rng.normal(0, 0.5, pairs))) for task, z in logit.items()}
    event = {task: (rng.random(pairs) < y).astype(np.int64) for task, y in label.items()}
    for task in _NAMES["tasks"]:
        label[task][rng.random(pairs) < 0.2] = np.nan
        event[task][rng.random(pairs) < 0.2] = -1
    return {
        "surface": rng.integers(0, 2, pairs),
        "product": rng.integers(0, 2, pairs),
        "log_probability": {task: -np.logaddexp(0, -z) for task, z in logit.items()},
        "log_complement": {task: -np.logaddexp(0, z) for task, z in logit.items()},
        "label": label,
        "event": event,
        "weight": rng.uniform(0.5, 2.0, pairs),
    }


def _part(batch: dict[str, Any], at: slice) -> dict[str, Any]:
    return {
        name: {task: column[at] for task, column in value.items()} if isinstance(value, dict) else value[at]
        for name, value in batch.items()
    }


def _by_name(cube: Cube) -> dict[tuple[str, str, str], Row]:
    return {(row.surface, row.product, row.task): row for row in cube.rows()}


def _one_task(probability: list[float], labels: list[float], **more: Any) -> Cube:
    p = np.array(probability)
    cube = Cube(surfaces=("home", "search"), products=("standard",), tasks=("ctr",))
    pairs = len(p)
    cube.update(
        **{
            "surface": np.zeros(pairs, int),
            "product": np.zeros(pairs, int),
            "log_probability": {"ctr": np.log(p)},
            "log_complement": {"ctr": np.log1p(-p)},
            "label": {"ctr": np.array(labels)},
            **more,
        }
    )
    return cube


def test_two_pairs_by_hand() -> None:
    row = _by_name(_one_task([0.2, 0.5], [0.1, 0.5], event={"ctr": np.array([0, 1])}))["home", "standard", "ctr"]
    assert (row.pairs, row.events, row.event_rate, row.auc) == (2, 2, 0.5, 1.0)
    np.testing.assert_allclose(
        [row.log_mae, row.mae, row.label_mean, row.probability_mean, row.calibration],
        [math.log(2) / 2, 0.05, 0.3, 0.35, 0.7 / 0.6],
    )
    np.testing.assert_allclose(row.kl, (0.1 * math.log(0.5) + 0.9 * math.log(0.9 / 0.8)) / 2)
    np.testing.assert_allclose(row.bce, (-0.1 * math.log(0.2) - 0.9 * math.log(0.8) + math.log(2)) / 2)


def test_weights_count_in_means_and_not_in_counts() -> None:
    row = _by_name(_one_task([0.2, 0.5], [0.1, 0.5], weight=np.array([3.0, 1.0])))["home", "standard", "ctr"]
    assert row.pairs == 2
    np.testing.assert_allclose(row.log_mae, 0.75 * math.log(2))


def test_a_pair_without_a_label_is_left_out() -> None:
    row = _by_name(_one_task([0.2, 0.5], [0.1, np.nan]))["home", "standard", "ctr"]
    assert row.pairs == 1
    np.testing.assert_allclose(row.log_mae, math.log(2))


def test_an_event_counts_where_there_is_no_label() -> None:
    row = _by_name(_one_task([0.2, 0.5], [np.nan, np.nan], event={"ctr": np.array([0, 1])}))["home", "standard", "ctr"]
    assert (row.pairs, row.log_mae, row.events, row.auc) == (0, None, 2, 1.0)


def test_an_empty_slice_exists_without_measures() -> None:
    row = _by_name(_one_task([0.2], [0.1]))["search", "standard", "ctr"]
    assert row == Row(surface="search", product="standard", task="ctr", exists=True)


def test_a_task_that_does_not_exist_in_a_slice_has_no_measures() -> None:
    cube = Cube(**_NAMES, exists=_exists)
    cube.update(**_batch(100))
    rows = _by_name(cube)
    for surface in ("home", "search", "all"):
        assert rows[surface, "shopping", "octr"] == Row(surface=surface, product="shopping", task="octr", exists=False)


def test_predictions_of_a_task_that_does_not_exist_are_not_read() -> None:
    batch = _batch(100)
    batch["log_probability"]["octr"][batch["product"] == 1] = np.nan
    cube = Cube(**_NAMES, exists=_exists)
    cube.update(**batch)
    rows = _by_name(cube)
    assert rows["all", "all", "octr"].log_mae == rows["all", "standard", "octr"].log_mae > 0


@pytest.mark.parametrize("batches", [1, 7])
def test_agrees_with_scikit_learn_in_any_number_of_batches(batches: int) -> None:
    batch, cube = _batch(2000), Cube(**_NAMES)
    for edge in np.array_split(np.arange(2000), batches):
        cube.update(**_part(batch, slice(edge[0], edge[-1] + 1)))
    row = _by_name(cube)["search", "all", "ctr"]
    label, event, p = batch["label"]["ctr"], batch["event"]["ctr"], np.exp(batch["log_probability"]["ctr"])
    at, seen = (batch["surface"] == 1) & ~np.isnan(label), (batch["surface"] == 1) & (event >= 0)
    weight = batch["weight"]
    np.testing.assert_allclose(row.mae, mean_absolute_error(label[at], p[at], sample_weight=weight[at]), rtol=1e-10)
    np.testing.assert_allclose(row.label_mean, np.average(label[at], weights=weight[at]), rtol=1e-10)
    # a soft label is a positive of weight y and a negative of weight 1 - y
    both = np.concatenate([weight[at] * label[at], weight[at] * (1 - label[at])])
    bce = log_loss(np.repeat([1, 0], at.sum()), np.tile(p[at], 2), sample_weight=both)
    np.testing.assert_allclose(row.bce, bce, rtol=1e-10)
    assert abs(row.auc - roc_auc_score(event[seen], p[seen], sample_weight=weight[seen])) <= row.auc_error < 5e-3


def test_float32_predictions_are_summed_in_float64() -> None:
    pairs = 100_000
    log_p = np.full(pairs, np.log(0.1), np.float32)
    cube = Cube(surfaces=("home",), products=("standard",), tasks=("ctr",))
    cube.update(
        surface=np.zeros(pairs, int),
        product=np.zeros(pairs, int),
        log_probability={"ctr": log_p},
        log_complement={"ctr": np.log1p(-np.exp(log_p))},
        label={"ctr": np.full(pairs, 0.1, np.float32)},
    )
    np.testing.assert_allclose(cube.rows()[0].label_mean, np.float32(0.1), rtol=1e-12)


def test_an_empty_batch_changes_nothing() -> None:
    cube = _one_task([0.2], [0.1])
    before = cube.rows()
    none = np.zeros(0)
    cube.update(
        surface=none,
        product=none,
        log_probability={"ctr": none},
        log_complement={"ctr": none},
        label={"ctr": none},
        event={"ctr": none},
    )
    assert cube.rows() == before


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"label": {"ctr": np.array([1.5])}}, r"label/ctr must be a probability in \[0, 1\] or NaN; got 1.5 to 1.5"),
        ({"label": {"ctrr": np.array([0.5])}}, r"label: tasks \['ctrr'\] are unknown .* the tasks are \['ctr'\]"),
        ({"event": {"ctr": np.array([2])}}, r"event/ctr must be 1, 0 or -1 \(not observed\); got \[2\]"),
        (
            {"log_probability": {"ctr": np.array([np.nan])}},
            r"log_probability/ctr must be a logarithm <= 0; 1 of 1 pairs",
        ),
        ({"log_complement": {"ctr": np.array([0.5])}}, r"log_complement/ctr must be a logarithm <= 0; .* such as 0.5"),
        ({"log_probability": {}}, r"log_probability: .* \['ctr'\] are missing"),
        ({"surface": np.array([2])}, r"surface indices must be 0 to 1, one of \['home', 'search'\]; got 2 to 2"),
        ({"weight": np.array([-1.0])}, r"weight must be >= 0 in every pair; got -1.0"),
        ({"weight": np.ones(2)}, r"weight must be one value per pair, shape \(1,\); got \(2,\)"),
    ],
)
def test_refuses_what_it_cannot_measure(more: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        _one_task([0.2], [0.1], **more)


def test_refuses_a_clip_that_is_no_probability() -> None:
    with pytest.raises(ValueError, match="clip must lie between 0 and 1; got 0"):
        Cube(**_NAMES, clip=0.0)


def test_groups_split_every_slice_and_add_up() -> None:
    p, y = np.array([0.2, 0.5, 0.5]), np.array([0.1, 0.5, 0.25])
    cube = Cube(surfaces=("home",), products=("standard",), tasks=("ctr",), groups=("low", "high"))
    cube.update(
        surface=np.zeros(3, int),
        product=np.zeros(3, int),
        log_probability={"ctr": np.log(p)},
        log_complement={"ctr": np.log1p(-p)},
        label={"ctr": y},
        event={"ctr": np.array([0, 0, 1])},
        group={"ctr": np.array([0, -1, 1])},
    )
    here = [row for row in cube.group_rows() if (row.surface, row.product) == ("home", "standard")]
    assert [(row.group, row.pairs, row.log_mae) for row in here] == [
        ("low", 1, pytest.approx(math.log(2))),
        ("high", 1, pytest.approx(math.log(2))),
    ]
    whole = _by_name(cube)["all", "all", "ctr"]
    assert (whole.group, whole.pairs, whole.auc) == ("all", 3, 0.75)  # the pair in no group counts here


def test_a_group_agrees_with_scikit_learn() -> None:
    batch, cube = _batch(3000), Cube(**_NAMES, groups=("even", "odd"))
    group = np.arange(3000) % 2
    cube.update(**batch, group=dict.fromkeys(_NAMES["tasks"], group))
    [row] = [
        r for r in cube.group_rows() if (r.surface, r.product, r.task, r.group) == ("all", "shopping", "ctr", "odd")
    ]
    event, p, weight = batch["event"]["ctr"], np.exp(batch["log_probability"]["ctr"]), batch["weight"]
    here = (batch["product"] == 1) & (group == 1)
    at, seen = here & ~np.isnan(batch["label"]["ctr"]), here & (event >= 0)
    label = batch["label"]["ctr"][at]
    np.testing.assert_allclose(row.mae, mean_absolute_error(label, p[at], sample_weight=weight[at]), rtol=1e-10)
    divergence = rel_entr(label, p[at]) + rel_entr(1 - label, 1 - p[at])
    np.testing.assert_allclose(row.kl, np.average(divergence, weights=weight[at]), rtol=1e-10)
    assert abs(row.auc - roc_auc_score(event[seen], p[seen], sample_weight=weight[seen])) <= row.auc_error < 5e-3


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ({"ctr": np.array([2])}, r"group/ctr must be -1 to 1, one of \['low', 'high'\]; got 2 to 2"),
        (None, r"group: tasks \[\] are unknown and \['ctr'\] are missing"),
    ],
)
def test_refuses_another_group(group, text: str) -> None:
    cube = Cube(surfaces=("home",), products=("standard",), tasks=("ctr",), groups=("low", "high"))
    one = {"ctr": np.array([-1.0])}
    zero = np.zeros(1, int)
    with pytest.raises(ValueError, match=text):
        cube.update(surface=zero, product=zero, log_probability=one, log_complement=one, label={}, group=group)


def test_refuses_groups_that_are_called_like_the_roll_up() -> None:
    with pytest.raises(ValueError, match=r"groups must be named once each, none of them 'all'; got \['all'\]"):
        Cube(**_NAMES, groups=("all",))
