import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.plan import runs_of
from mtmd_tf.experiments.runs.record import make_record
from mtmd_tf.experiments.table6 import comparison as table6
from mtmd_tf.experiments.table6 import figures as table6_figures
from mtmd_tf.experiments.table6 import report as table6_report
from mtmd_tf.experiments.table6.comparison import Table6, measure
from mtmd_tf.experiments.table6.variants import arms
from tests.mtmd_tf.experiments.finished import an_order, leave_run
from tfrecords_tools import structure

ARMS = arms(an_order(only=("concat", "free_tasks")))
ERRORS = {"reference": 1.0, "free_tasks": [2.0, 0, 0, 0, 0, 4.0], "concat": 1.5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("runs")
    for arm in ARMS:
        for [run] in arm.runs:
            leave_run(run, folder / run.name, error=ERRORS[arm.name])
    return folder


@pytest.fixture(scope="module")
def table(folder) -> Table6:
    return measure(ARMS, folder=folder, draws=20)


@pytest.fixture(scope="module")
def records(folder):
    return {run.name: make_record(run, folder / run.name, seconds=5.0) for run in runs_of(ARMS)}


def improvements(table: Table6, effect: str) -> dict[tuple[str, str], float]:
    return {(cell.task, cell.bucket): cell.improvement.value for cell in table.cells if cell.effect == effect}


def test_what_the_reference_has_is_worth_what_is_lost_without_it(table):
    """1 against 2 in the top bucket; 4 x 1 against 2 x 2 + 2 x 4 in all; the other buckets have no pairs."""
    expected = {("all", "0"): 50.0, ("all", "all"): 66.66667, ("ctr", "0"): 50.0, ("ctr", "all"): 66.66667}
    assert improvements(table, "constrained tasks") == pytest.approx(expected)


def test_what_a_variant_has_is_below_0_where_it_hurts(table):
    assert improvements(table, "experts concatenated, not summed")["all", "0"] == pytest.approx(-50.0)


def test_pairs_and_log_mae_are_those_of_the_runs(table):
    assert {(cell.bucket, cell.pairs) for cell in table.cells} == {("0", 2), ("all", 4)}
    assert table.log_mae == {"reference": {"ctr": 1.0}, "concat": {"ctr": 1.5}, "free_tasks": {"ctr": 3.0}}
    assert table.edges["home/standard"] == {"ctr": (0.5, 0.4, 0.3, 0.2, 0.1)}


def test_it_is_read_as_it_was_written(table, tmp_path):
    structure.save(tmp_path / table6.FILE_NAME, table)
    assert Table6.load(tmp_path / table6.FILE_NAME) == table


def test_another_file_is_refused(tmp_path):
    (tmp_path / table6.FILE_NAME).write_text("{}")
    with pytest.raises(ConfigError, match=r"table6\.json is no Table 6 of this version: "):
        Table6.load(tmp_path / table6.FILE_NAME)


def test_the_report_says_effects_variants_and_edges(table, records):
    lines = table6_report.report(table, records).text.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    [worth] = [row for row in cells if row[0] == "constrained tasks" and len(row) == 7]
    assert worth[1:6] == ["+50.00% [+50.00, +50.00]", *["N/A"] * 4]
    assert worth[6].startswith("+66.67% [")
    assert ["concat", "--composition=concat", "1.5000", "100", "10", "3"] in cells
    assert ["home/standard", "ctr", "0.5", "0.4", "0.3", "0.2", "0.1"] in cells
    assert "![Effects on LogMAE](table6.png)" in lines


def test_the_papers_own_figures_stand_below_its_factors(table, records):
    paper = [cell for cell in table.cells if cell.effect == "constrained tasks"]
    renamed = [type(cell)(**{**vars(cell), "effect": "DCN V2"}) for cell in paper]
    text = table6_report.report(type(table)(**{**vars(table), "cells": tuple(renamed)}), records).text
    [line] = [line for line in text.splitlines() if line.startswith("| paper's DCN V2")]
    assert [cell.strip() for cell in line.strip("| ").split("|")][1:3] == ["+0.90%", "+0.99%"]


def test_the_bars_are_the_effects(table):
    axes = table6_figures.effects(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "constrained tasks",
        "experts concatenated, not summed",
    ]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([66.66667, -50.0])
    assert table6_figures.by_bucket(table) is None  # none of the paper's four
