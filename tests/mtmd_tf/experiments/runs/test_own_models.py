"""Tests of mtmd_tf/experiments/runs/own_models.py: six days, the fifth held out, the sixth is eval."""

import dataclasses
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.funnel.plan import require_labels
from mtmd_tf.experiments.runs import own_models, record
from mtmd_tf.experiments.runs.plan import runs_of
from mtmd_tf.experiments.table1 import comparison as table1
from tests import odd
from tests.mtmd_tf.experiments.finished import an_order
from tfrecords_tools.convert import convert

SCHEMA = odd.odd_schema(odd.CATEGORIES_ONLY)
ORDER = an_order(reference=(ModelConfig(), TrainConfig(held_out_days=1)), slices=SCHEMA.slices)
DAYS = {  # on which each slice has pairs
    ("home", "plain"): (0, 1, 2, 3, 4, 5),
    ("home", "shop"): (4, 5),
    ("search", "plain"): (0, 1, 2, 3, 5),
    ("search", "shop"): (0, 1, 2, 3, 4),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("launched")
    table = odd.odd_log(SCHEMA, requests=72, days=6).drop_columns(["event/ctr", "event/gctr"])
    day = (table["timestamp"].to_numpy() - odd.DAY_0) // 86_400
    where = zip(table["surface"].to_pylist(), table["item/product"].to_pylist(), day, strict=True)
    kept = table.filter(pa.array([at in DAYS[surface, product] for surface, product, at in where]))
    for name, label in (("label/ctr", 0.4), ("label/gctr", 0.1)):
        kept = kept.append_column(name, pa.array(np.full(len(kept), label, np.float32)))
    (folder / "schema.json").write_text(SCHEMA.to_json(), encoding="utf-8")
    pq.write_table(kept, folder / "log.parquet")
    options = {"schema": folder / "schema.json", "inputs": [str(folder / "log.parquet")], "workers": 1}
    convert(folder / "data", **options, eval_from="2026-11-06")
    return folder / "data"


def test_slices_that_lack_days_are_left_out_each_with_its_reason(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (one, own), left = own_models.with_labels(table1.arms(ORDER), data=data, runs=tmp_path)
    assert [[run.slice for run in seed] for seed in own.runs] == [["home/plain"]] * 2
    assert len(one.runs) == 2
    assert list(left.values()) == [
        "home x shop has no model of its own: no pair with a label on the days to train on, 2026-11-01 to 2026-11-04",
        "search x plain has no model of its own: no pair with a label on the days held out to stop early by, "
        "2026-11-05 to 2026-11-05",
        "search x shop has no model of its own: no pair in the split eval",
    ]


def test_a_sample_that_misses_a_slice_is_told_so(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    small = dataclasses.replace(ORDER, reference=(ModelConfig(), TrainConfig(held_out_days=1, sample_share=1e-9)))
    _, left = own_models.with_labels(table1.arms(small), data=data, runs=tmp_path)
    assert left["home/plain"].startswith(
        "home x plain has no model of its own: no pair with a label in a sample of 1e-09 on the days"
    )


def test_finished_runs_and_too_many_held_out_days_are_not_asked_about(
    data: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for run in runs_of(table1.arms(ORDER)):
        (tmp_path / run.name).mkdir()
        (tmp_path / run.name / record.FILE_NAME).touch()
    (_, own), left = own_models.with_labels(table1.arms(ORDER), data=data, runs=tmp_path)
    assert (len(own.runs[0]), left) == (4, {})
    longer = dataclasses.replace(ORDER, reference=(ModelConfig(), TrainConfig(held_out_days=9)))
    assert own_models.with_labels(table1.arms(longer), data=data, runs=tmp_path / "other")[1] == {}


def test_a_funnel_which_ranks_the_ads_of_every_slice_is_refused(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (one, own) = table1.arms(ORDER)
    require_labels({"mtmd": one}, data=data, runs=tmp_path)
    with pytest.raises(
        ConfigError,
        match=r"^home x shop has no model of its own: no pair with a label on the days to train on, 2026-11-01 to "
        r"2026-11-04\. .* lacks labels in 3 slices \(home x shop, search x plain, search x shop\), and a funnel",
    ):
        require_labels({"mtmd": one, "single_slice": own}, data=data, runs=tmp_path)
