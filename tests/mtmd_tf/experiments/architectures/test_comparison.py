import dataclasses
import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures import figure as arch_figure
from mtmd_tf.experiments.architectures import report as arch_report
from mtmd_tf.experiments.architectures.comparison import Architectures, measure
from mtmd_tf.experiments.architectures.costs import costs, costs_of_all
from mtmd_tf.experiments.architectures.plan import arms
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.runs.plan import BASELINE, runs_of
from mtmd_tf.experiments.runs.record import make_record
from tests.mtmd_tf.experiments.finished import an_order, leave_run
from tfrecords_tools import structure

ARMS = arms(an_order(only=("mmoe",)))
ERRORS = {BASELINE: 2.0, "mmoe": 1.0, "mmoe, split by product": 1.5}
LATENCY = {"median_ms": 1.0, "p99_ms": 2.0, "flops": 1000.0, "active_parameters": 500.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("runs")
    for arm in ARMS:
        for run in runs_of([arm]):
            leave_run(run, folder / run.name, error=ERRORS[arm.name])
    return folder


@pytest.fixture(scope="module")
def table(folder) -> Architectures:
    return measure(ARMS, folder=folder, draws=20)


@pytest.fixture(scope="module")
def records(folder):
    found = {}
    for run in runs_of(ARMS):
        record = make_record(run, folder / run.name, seconds=5.0)
        surface = run.slice.partition("/")[0]
        surfaces = ("home", "search") if surface in ("", "*") else (surface,)
        found[run.name] = dataclasses.replace(record, latency=dict.fromkeys(surfaces, LATENCY))
    return found


def gains(table: Architectures, new: str, old: str) -> dict[tuple[str, str], float]:
    return {(c.product, c.task): c.improvement.value for c in table.cells if (c.new, c.old) == (new, old)}


def test_each_is_compared_with_the_models_of_one_slice(table):
    places = [(product, task) for product in ("all", "standard") for task in ("ctr", "all")]  # shopping has no pairs
    assert gains(table, "mmoe", BASELINE) == pytest.approx(dict.fromkeys(places, 50.0))
    assert gains(table, "mmoe, split by product", BASELINE) == pytest.approx(dict.fromkeys(places, 25.0))
    assert gains(table, BASELINE, BASELINE) == pytest.approx(dict.fromkeys(places, 0.0))


def test_split_is_compared_with_together(table):
    assert gains(table, "mmoe, split by product", "mmoe")["all", "all"] == pytest.approx(-50.0)


def test_mtmd_is_compared_with_each_other_that_is_not_split(tmp_path):
    errors = {"mtmd": 0.8, "mtmd, split by product": 0.9} | ERRORS
    three = arms(an_order(only=("mtmd", "mmoe")))
    for arm in three:
        for run in runs_of([arm]):
            leave_run(run, tmp_path / run.name, error=errors[arm.name])
    found = measure(three, folder=tmp_path, draws=20)
    assert gains(found, "mtmd", "mmoe")["all", "all"] == pytest.approx(20.0)
    assert {cell.old for cell in found.cells if cell.new == "mtmd"} == {BASELINE, "mmoe"}
    records = {run.name: make_record(run, tmp_path / run.name, seconds=5.0) for run in runs_of(three)}
    assert "## MTMD against each of the others\n" in arch_report.report(found, records).text


def test_log_mae_is_that_of_the_runs(table):
    assert {(c.new, c.pairs, c.log_mae) for c in table.cells if c.old == BASELINE} == {
        (BASELINE, 4, 2.0),
        ("mmoe", 4, 1.0),
        ("mmoe, split by product", 4, 1.5),
    }


def test_it_is_read_as_it_was_written(table, tmp_path):
    structure.save(tmp_path / arch.FILE_NAME, table)
    assert Architectures.load(tmp_path / arch.FILE_NAME) == table


def test_another_file_is_refused(tmp_path):
    (tmp_path / arch.FILE_NAME).write_text("{}")
    with pytest.raises(ConfigError, match=r"arch\.json is no table of architectures of this version: "):
        Architectures.load(tmp_path / arch.FILE_NAME)


def of(arm: str, table: Architectures, records):
    return costs([[records[name] for name in names] for names in table.runs[arm]])


def test_costs_of_models_that_answer_together_are_added_up(table, records):
    one, many = of("mmoe", table, records), of(BASELINE, table, records)
    assert (one.embedding, one.non_embedding, one.cpu_seconds) == (100, 10, 3.0)
    assert (many.embedding, many.non_embedding, many.cpu_seconds) == (200, 20, 6.0)


def test_a_query_is_answered_by_the_models_of_its_surface(table, records):
    assert of("mmoe", table, records).latency["flops"] == 1000.0
    assert of(BASELINE, table, records).latency["flops"] == 1000.0  # one product with pairs: one model a surface
    shopping = {name: dataclasses.replace(record, run=f"{name}-2") for name, record in records.items()}
    both = [[records[n], shopping[n]] for [n] in table.runs["mmoe"]]
    assert costs(both).latency["flops"] == 2000.0


def test_what_was_not_timed_has_no_latency(table, records):
    untimed = {name: dataclasses.replace(record, latency={}) for name, record in records.items()}
    assert of("mmoe", table, untimed).latency is None


@pytest.fixture(scope="module")
def timing(table) -> Timing:
    """3 ms on home and 5 ms on search, where each run by itself measured 1 ms."""
    runs = {name: seeds[0] for name, seeds in table.runs.items()}
    latency = {"home": LATENCY | {"median_ms": 3.0}, "search": LATENCY | {"median_ms": 5.0}}
    return Timing(runs=runs, rounds=7, calls=300, machine="a quiet one", latency=dict.fromkeys(runs, latency))


def test_what_was_timed_in_turn_takes_the_place_of_the_runs_own_times(table, records, timing):
    paid = costs_of_all(table, records, timing=timing)
    assert {name: each.latency["median_ms"] for name, each in paid.items()} == dict.fromkeys(table.runs, 4.0)
    assert costs_of_all(table, records)["mmoe"].latency["median_ms"] == 1.0


def test_the_report_says_how_the_times_were_taken(table, records, timing):
    lines = arch_report.report(table, records, timing=timing).text.splitlines()
    assert ["mmoe", "100", "10", "3", "4.00", "2.00", "1,000", "500"] in cells_of(lines)
    [place] = [place for place, line in enumerate(lines) if line.startswith("- times: ")]
    assert lines[place].endswith("all of them in turn on a quiet one;")
    assert lines[place + 1] == "  the medians of 7 rounds' medians and 99th percentiles, of 300 queries each."
    [said] = [line for line in arch_report.report(table, records).text.splitlines() if line.startswith("- times: ")]
    assert said.endswith("they cannot be compared.")


def test_auc_is_the_mean_of_the_slices(records):
    [record, *_] = records.values()
    row = record.rows[0]
    rows = [{**row, "auc": 0.6}, {**row, "surface": "search", "auc": 0.8}, {**row, "surface": "all", "auc": 0.1}]
    assert costs([[dataclasses.replace(record, rows=tuple(rows))]]).auc == {"ctr": pytest.approx(0.7)}


def cells_of(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_the_report_sets_them_side_by_side(table, records):
    lines = arch_report.report(table, records).text.splitlines()
    cells = cells_of(lines)
    gain = "+50.00% [+50.00, +50.00]"
    assert [["mmoe", "1.0000", "1.0000"], ["mmoe", gain, gain]] == [each for each in cells if each[0] == "mmoe"][:2]
    assert [BASELINE, "2.0000", "2.0000"] in cells
    assert [BASELINE, "200", "20", "6", "1.00", "2.00", "1,000", "500"] in cells
    assert ["mmoe", "-50.00% [-50.00, -50.00]", "-50.00% [-50.00, -50.00]"] in cells
    assert "![Quality against cost](arch.png)" in lines
    assert "No events were observed." in lines
    assert "## MTMD against each of the others" not in lines  # it is not among them


def test_the_report_says_what_is_equal_and_which_parameters_are_not_used(table, records):
    text = " ".join(arch_report.report(table, records).text.split())
    assert "equal data, epochs and embedding widths" in text
    assert "It does not mean equal parameters" in text
    assert 'non-embedding parameters of "mtmd, split by product": they count experts that are never used' in text


def test_the_funnel_is_compared_where_all_records_have_it(table, records):
    text = arch_report.report(table, records).text
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert "## Funnel\n\nRank correlation" in text
    for name in table.runs:
        assert [name, "-0.500", "-0.500"] in cells  # 0 on home, -1 on search
        assert [name, "25.0%"] in cells  # recall: 50% and none
    older = {name: dataclasses.replace(record, funnel=()) for name, record in records.items()}
    assert "unnel" not in arch_report.report(table, older).text


def test_the_figure_has_a_point_a_arm(table, records):
    paid = {name: of(name, table, records) for name in table.runs}
    axes = arch_figure.quality_and_cost(table, paid).axes
    assert [text.get_text() for text in axes[1].texts] == list(table.runs)
    untimed = {name: dataclasses.replace(each, latency=None) for name, each in paid.items()}
    assert arch_figure.quality_and_cost(table, untimed) is None
