import dataclasses
import pathlib

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import BASELINE, Run, runs_of
from mtmd_tf.experiments.runs.record import Record, make_record
from mtmd_tf.experiments.table1 import comparison as table1
from mtmd_tf.experiments.table1 import report as table1_report
from mtmd_tf.experiments.table1.comparison import Table1, measure
from tests.mtmd_tf.experiments.finished import an_order, leave_run
from tfrecords_tools import structure

ARMS = table1.arms(an_order())
RUNS = runs_of(ARMS)
ERRORS = {("", 0): 1.0, ("", 1): 1.0, ("home/standard", 0): 2.0, ("home/standard", 1): 3.0}


def error(run: Run) -> float:
    """MTMD's errors are 1, home's baseline 2 and 3, search's 0.8."""
    return ERRORS.get((run.slice, run.train.seed), 0.8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("runs")
    for run in RUNS:
        leave_run(run, folder / run.name, error=error(run))
    return folder


@pytest.fixture(scope="module")
def table(folder) -> Table1:
    return measure(ARMS, folder=folder)


@pytest.fixture(scope="module")
def records(folder) -> dict[str, Record]:
    return {run.name: make_record(run, folder / run.name, seconds=5.0) for run in RUNS}


def test_each_seed_has_one_model_of_all_slices_and_one_baseline_a_slice():
    one = ["mtmd on all slices", f"{BASELINE} on home/standard", f"{BASELINE} on search/standard"]
    assert [run.title for run in RUNS] == [f"{title}, seed {seed}" for seed in (0, 1) for title in one]
    assert len({run.name for run in RUNS}) == len(RUNS)


def test_baselines_have_their_own_settings():
    [[one], many] = (each.runs[0] for each in table1.arms(an_order(baseline="--epochs=12 --deep_units=8")))
    assert (one.model, one.train) == (ModelConfig(), TrainConfig())
    assert {(run.model.deep_units, run.train.epochs) for run in many} == {((8,), 12)}


def test_baselines_have_embeddings_as_wide_as_the_one_models():
    [[one], many] = (each.runs[0] for each in table1.arms(an_order()))
    wider = one.model.shallow_width
    assert wider > 0
    wanted = (one.model.root_embedding + wider, one.model.child_embedding + wider)
    assert {(run.model.root_embedding, run.model.child_embedding) for run in many} == {wanted}
    chosen = an_order(baseline="--root_embedding=8")
    assert {run.model.root_embedding for run in table1.arms(chosen)[1].runs[0]} == {8}


def test_a_cell_is_the_seeds_mean_against_the_seeds_mean(table):
    home, search, everywhere = table.cells
    assert (home.surface, home.product, home.task, home.pairs, home.requests) == ("home", "standard", "ctr", 2, 2)
    assert (home.unified, home.replaced, home.improvement.value) == (1.0, 2.5, 60.0)
    assert home.improvement.by_seed == pytest.approx((50.0, 66.66667))
    assert search.improvement.value == pytest.approx(-25.0)
    assert (everywhere.surface, everywhere.pairs, everywhere.replaced) == ("all", 4, pytest.approx(1.65))
    assert home.kl.value == pytest.approx(60.0, abs=1e-4)  # KL is a tenth of the errors, here as there
    assert (home.kl.low, home.kl.high) == pytest.approx((home.improvement.low, home.improvement.high), abs=1e-4)


def test_the_mean_of_the_slices_is_drawn_as_one(table):
    home, search, _ = table.cells
    for name, mine in (("log_mae", [home.improvement, search.improvement]), ("kl", [home.kl, search.kl])):
        mean = table.means[name]
        assert mean.value == pytest.approx(17.5, abs=1e-4)  # of +60% and -25%
        assert mean.by_seed == pytest.approx(((50 - 25) / 2, (200 / 3 - 25) / 2), abs=1e-4)
        assert mean.low < mean.value < mean.high
        assert mean.high - mean.low < sum(each.high - each.low for each in mine)


def test_the_interval_knows_the_chance_of_the_seeds(table):
    home, search, _ = table.cells
    # Requests are alike, only the seeds differ: 2.5 - 0.5 * sqrt(2) and 2.5 + 0.5 * sqrt(2) against 1.
    home, search = home.improvement, search.improvement
    assert (home.low, home.high) == pytest.approx((44.2242, 68.8192), abs=1e-4)
    assert (search.low, search.high) == pytest.approx((-25.0, -25.0))


def test_it_is_read_as_it_was_written(table, tmp_path):
    structure.save(tmp_path / table1.FILE_NAME, table)
    assert Table1.load(tmp_path / table1.FILE_NAME) == table


def test_another_file_is_refused(tmp_path):
    (tmp_path / table1.FILE_NAME).write_text("{}")
    with pytest.raises(
        ConfigError, match=r"table1\.json is no Table 1 of this version: Table1 needs the field 'seeds'"
    ):
        Table1.load(tmp_path / table1.FILE_NAME)


def test_a_slice_without_a_model_of_its_own_is_in_no_cell_and_said(folder):
    """Search, on which the one model alone was measured, as of a surface that began after training."""
    found = measure(table1.arms(an_order(slices=(("home", "standard"),))), folder=folder)
    assert [(cell.surface, cell.pairs) for cell in found.cells] == [("home", 2), ("all", 2)]
    assert found.left_out == ("search x standard has no model of its own: no pair to train on",)


def test_a_slice_that_was_left_out_before_the_trainings_keeps_its_reason_and_is_said_once(folder):
    known = {"mail/standard": "mail x standard has no eval", "search/standard": "search x standard has no labels"}
    found = measure(table1.arms(an_order(slices=(("home", "standard"),))), folder=folder, left_out=known)
    assert found.left_out == ("mail x standard has no eval", "search x standard has no labels")


def test_the_report_compares_improvement_parameters_and_cost(table, records):
    lines = table1_report.report(table, records).text.splitlines()
    assert any(
        line.startswith("Better in 1 of 2 cells, the whole interval above 0 in 1, at least 12%") for line in lines
    )
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert ["home", "standard", "+60.0% [+44.2, +68.8]", "N/A"] in cells
    assert ["search", "standard", "-25.0% [-25.0, -25.0]", "+12.4%"] in cells  # the paper's own beside it
    assert ["parameters, all", "110", "220", "0.50"] in cells
    assert ["training, processor time, s", "3", "6", "0.50"] in cells
    assert "- time of all runs: 0.5 min" in lines  # 6 x 5 s
    assert "![Improvement of LogMAE](table1.png)" in lines


def test_the_funnel_is_compared_where_all_records_have_it(table, records):
    text = table1_report.report(table, records).text
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert "## Funnel\n\nEach cell: one model / its slice's / a random order;" in text
    assert ["home", "standard", "ctr", "0.000 / 0.000", "37.5% / 37.5% / 38%"] in cells  # 0.5 kept of 0.8
    assert ["search", "standard", "ctr", "1", "0.0% / 0.0% / 50%"] in cells  # recall of the best 1
    assert "- the funnel within a slice: only the candidates of one surface x product compete" in text
    [first, *_] = records.values()
    older = records | {first.run: dataclasses.replace(first, funnel=())}
    assert "unnel" not in table1_report.report(table, older).text


def test_slices_that_the_paper_has_not_have_no_column_of_its_figures(table, records):
    home = dataclasses.replace(table, cells=table.cells[:1])
    assert "paper's ctr" not in table1_report.report(home, records).text


def test_the_heat_map_is_labeled_cell_by_cell(table):
    axes = table1_report.heat_map(table).axes[0]
    assert [text.get_text() for text in axes.texts] == ["+60.0%", "-25.0%", "+39.4%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "home x standard",
        "search x standard",
        "all slices",
    ]


def test_the_papers_figures_lie_between_12_and_37_percent():
    values = [value for tasks in table1_report.PAPER.values() for value in tasks.values()]
    assert (len(values), min(values), max(values)) == (15, 12.42, 36.66)
