"""Tests of tfrecords_tools/remarks.py."""

import dataclasses
import pathlib

import pytest

from tests.tfrecords_tools.test_convert import _csv, flat_rows
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_schema
from tfrecords_tools.convert import convert
from tfrecords_tools.remarks import remarks


def _remarks(folder: pathlib.Path, rows: list[dict], **arguments) -> list[str]:
    _csv(folder / "log.csv", rows)
    (folder / "schema.json").write_text(tiny_schema().to_json(), encoding="utf-8")
    arguments = {"eval_from": EVAL_FROM, "workers": 1, **arguments}
    manifest = convert(folder / "out", schema=folder / "schema.json", inputs=[str(folder / "log.csv")], **arguments)
    return list(remarks(manifest, tiny_schema()))


def test_slices_without_a_pair_and_a_short_train_split_are_said(tmp_path: pathlib.Path) -> None:
    assert _remarks(tmp_path, flat_rows()) == [
        "train: 2 days (2017-03-01, 2017-03-02); training needs 2, one of them to stop early by, and a heavyweight "
        "ranker 3, one of them to label: --partition=hour cuts the same log finer",
        "train: no pair in 1 of 4 slices: search x shopping",
        "train: event/ctr is not observed (empty or -1) in 1 of 6 pairs, which say nothing of it; what did not happen "
        "is 0",
        "eval: no pair in 2 of 4 slices: home x standard, home x shopping",
    ]


def test_three_days_of_events_are_too_few_to_label_and_to_train_on(tmp_path: pathlib.Path) -> None:
    rows = [{name: value for name, value in row.items() if not name.startswith("label/")} for row in flat_rows()]
    days = [{**row, "request_id": f"{day}{row['request_id']}"} for day in "ab" for row in rows]
    for row in days[len(rows) :]:
        row["timestamp"] += 86_400
    said = _remarks(tmp_path, days, eval_from="2017-03-04")
    assert said[0] == (
        "train: 3 days (2017-03-01, 2017-03-02, 2017-03-03); a heavyweight ranker takes 2 and labels 1, and training "
        "on what it has labeled needs 2: --partition=hour cuts the same log finer"
    )


@pytest.mark.parametrize(("eval_from", "split"), [("2017-03-01", "train"), ("2020-01-01", "eval")])
def test_an_empty_split_is_said_with_its_cause(tmp_path: pathlib.Path, eval_from: str, split: str) -> None:
    wanted = (
        f"{split}: no request; eval begins at {eval_from}, and the data is of 2017-03-01 to 2017-03-03: --eval_from"
    )
    assert _remarks(tmp_path, flat_rows(), eval_from=eval_from)[0].startswith(wanted)


def test_tables_that_most_machines_cannot_hold_are_said(tmp_path: pathlib.Path) -> None:
    large = dataclasses.replace(tiny_schema().features[3], hash_buckets=10**9)
    schema = dataclasses.replace(
        tiny_schema(), features=(*tiny_schema().features[:3], large, *tiny_schema().features[4:])
    )
    wanted = (
        "embedding tables will take about 119.2 GiB in training, most of it for query/words with 1,000,000,000 rows"
    )
    assert wanted in remarks(write_tiny(tmp_path), schema)


def test_events_that_are_not_observed_are_counted(tmp_path: pathlib.Path) -> None:
    rows = flat_rows()
    rows[0]["event/ctr"], rows[1]["event/ctr"] = None, -1
    (of_ctr,) = [said for said in _remarks(tmp_path, rows) if "event/ctr is not observed" in said]
    assert of_ctr.startswith("train: event/ctr is not observed (empty or -1) in 3 of 6 pairs, which say nothing of it")


def _orphaned() -> list[dict]:
    rows = flat_rows()
    rows[2]["event/gctr"] = 1  # c of r1, whose ctr is 0; r0's a has the other gctr of train
    return rows


def test_events_without_their_parents_are_counted(tmp_path: pathlib.Path) -> None:
    wanted = (
        "train: event/gctr is 1 without event/ctr in 1 pairs, 50.0% of its 1s; a ranker's labels would be too low by"
    )
    assert _remarks(tmp_path, _orphaned())[2].startswith(wanted)


def test_a_repair_is_said(tmp_path: pathlib.Path) -> None:
    said = _remarks(tmp_path, _orphaned(), repair_events=True)
    assert said[2] == "train: event/ctr was set to 1 in 1 pairs, where a child's is (--repair_events)"
    assert not any("without" in one for one in said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event/ctr": 0, "event/gctr": 0}, "event/ctr is 0 in all 5 pairs that have it, so a model can learn nothing"),
        ({"event/ctr": 1}, "event/ctr is 1 in all 5 pairs that have it, so a model can learn nothing else"),
        ({"event/ctr": None}, "no pair has a label or an event of the task ctr, so nothing can be learned of it: give"),
        ({"label/ctr": 1.0}, "label/ctr is 1 in all 5 pairs that have it, so a model can learn nothing else"),
    ],
)
def test_a_task_that_has_nothing_to_learn_is_said(tmp_path: pathlib.Path, change: dict, said: str) -> None:
    kind = "label/" if "label/ctr" in change else "event/"
    rows = [{k: v for k, v in row.items() if "ctr" not in k or k.startswith(kind)} for row in flat_rows()]
    changed = [{**row, **{name: v for name, v in change.items() if row[name] is not None}} for row in rows]
    remarks = _remarks(tmp_path, changed)
    assert [line for line in remarks if line.startswith(f"train: {said}")]


def test_labels_teach_a_task_whose_event_never_happened(tmp_path: pathlib.Path) -> None:
    never = {"event/ctr": 0, "event/gctr": 0}
    rows = [{**row, **{name: v for name, v in never.items() if row[name] is not None}} for row in flat_rows()]
    said = [line for line in _remarks(tmp_path, rows) if line.startswith("train: event/ctr is 0")]
    assert said == [
        "train: event/ctr is 0 in all 5 pairs that have it, so its labels have nothing to be compared with: check the "
        "join of what was shown with what followed"
    ]


def test_a_task_with_both_outcomes_is_not_mentioned(tmp_path: pathlib.Path) -> None:
    assert not [line for line in _remarks(tmp_path, flat_rows()) if "learn" in line]
