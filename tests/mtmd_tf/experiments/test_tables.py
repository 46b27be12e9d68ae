import dataclasses
import pathlib

from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures import timing as arch_timing
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.tables import TABLES
from tests.mtmd_tf.experiments.folders import LATENCY, a_record, leave_arch, leave_table1, leave_table6
from tfrecords_tools import structure

GAIN = "+50.00% [+40.00, +60.00]"


def summary(name: str, folder: pathlib.Path) -> str:
    return TABLES[name].write(folder).summary


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_table_1_says_improvement_parameters_and_cost(tmp_path):
    leave_table1(tmp_path)
    text = summary("1", tmp_path)
    assert text.startswith(
        "One model is better than your two in 1 of 2 cells by KL, +20.0% [+10.0, +30.0] on average (by LogMAE in 1, "
    )
    assert "\n\nBetter in 1 of 2 cells, the whole interval above 0 in 1, at least 12%" in text
    assert ["home", "standard", "+50.0% [+40.0, +60.0]", "N/A"] in cells(text)
    assert ["parameters, all", "110", "220", "0.50"] in cells(text)
    assert ["training, processor time, s", "60", "120", "0.50"] in cells(text)


def test_table_6_says_effects_on_all_pairs_and_on_the_top_tenth(tmp_path):
    leave_table6(tmp_path)
    text = summary("6", tmp_path)
    assert text.startswith("Of 2 factors 1 help LogMAE with the whole interval above 0, 1 hurt it")
    assert ["DCN V2", GAIN, "+1.24%", GAIN, "+0.90%"] in cells(text)
    hurts = ["experts concatenated, not summed", "-50.00% [-60.00, -40.00]", "-", "N/A", "-"]
    assert hurts in cells(text)


def test_architectures_say_quality_and_cost(tmp_path):
    leave_arch(tmp_path)
    text = summary("arch", tmp_path)
    assert ["mtmd", "1.0000", GAIN, "100", "10", "60", "1.00"] in cells(text)
    assert [BASELINE, "2.0000", "-", "100", "10", "60", "1.00"] in cells(text)


def test_mtmd_is_set_against_its_successor(tmp_path):
    """1 ms against 4 ms, the same operations and parameters."""
    leave_arch(tmp_path)
    slow = {"home": {"median_ms": 4.0, "p99_ms": 4.0, "flops": 10.0, "active_parameters": 5.0}}
    results.save_records([a_record("one"), a_record("home"), a_record("mixed", latency=slow)], tmp_path)
    [*_, last] = summary("arch", tmp_path).splitlines()
    assert last == (
        "mtmd against mmoe_dcn: LogMAE +20.00% [+10.00, +30.00], mean of the tasks' improvements; a query costs 1.00 "
        "times its FLOPs, 1.00 times its active parameters and 0.25 times its median time."
    )


def test_what_was_timed_in_turn_is_taken_first(tmp_path):
    """3 ms against 4 ms, where each run by itself measured 1 ms."""
    leave_arch(tmp_path)
    runs = {"mtmd": ("one",), BASELINE: ("home",), "mmoe_dcn": ("mixed",)}
    latency = {
        name: {"home": LATENCY["home"] | {"median_ms": median}}
        for name, median in (("mtmd", 3.0), (BASELINE, 5.0), ("mmoe_dcn", 4.0))
    }
    timing = Timing(runs=runs, rounds=7, calls=300, machine="a quiet one", latency=latency)
    structure.save(tmp_path / arch_timing.FILE_NAME, timing)
    text = summary("arch", tmp_path)
    assert ["mtmd", "1.0000", GAIN, "100", "10", "60", "3.00"] in cells(text)
    assert text.endswith("1.00 times its active parameters and 0.75 times its median time.")


def test_without_latency_only_quality_is_compared(tmp_path):
    leave_arch(tmp_path)
    untimed = [dataclasses.replace(each, latency={}) for each in results.all_records(tmp_path)]
    results.save_records(untimed, tmp_path)
    [*_, last] = summary("arch", tmp_path).splitlines()
    assert last == "mtmd against mmoe_dcn: LogMAE +20.00% [+10.00, +30.00], mean of the tasks' improvements."


def test_a_table_from_before_the_direct_comparison_has_no_sentence_of_it(tmp_path):
    leave_arch(tmp_path)
    table = arch.Architectures.load(tmp_path / arch.FILE_NAME)
    before = tuple(cell for cell in table.cells if cell.old == BASELINE)
    structure.save(tmp_path / arch.FILE_NAME, dataclasses.replace(table, cells=before))
    assert summary("arch", tmp_path).splitlines()[-1].startswith("| mmoe_dcn ")
