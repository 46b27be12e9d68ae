import dataclasses

import pytest

from mtmd_tf.experiments.architectures.against import against_each, against_successor
from mtmd_tf.experiments.architectures.comparison import Architectures, Cell
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.runs.plan import BASELINE
from tests.mtmd_tf.experiments.folders import an_improvement

GAIN = Cell(new="mtmd", old="mmoe_dcn", product="all", task="ctr", pairs=4, log_mae=1.0,
            improvement=an_improvement(20.0))  # fmt: skip
MEAN = dataclasses.replace(GAIN, task="all", improvement=an_improvement(5.0))
LATENCY = {"median_ms": 2.0, "p99_ms": 4.0, "flops": 100.0, "active_parameters": 50.0}
TWICE = {"median_ms": 2.5, "p99_ms": 4.0, "flops": 200.0, "active_parameters": 200.0}


def a_table(*cells: Cell) -> Architectures:
    return Architectures(seeds=(0,), runs={}, cells=cells)


def paid(**latencies) -> dict[str, Costs]:
    return {
        name: Costs(embedding=1, non_embedding=1, cpu_seconds=1.0, latency=latency, auc={})
        for name, latency in latencies.items()
    }


def test_each_other_has_its_improvements_and_mtmds_share_of_its_costs():
    others = [dataclasses.replace(cell, old="ple") for cell in (GAIN, MEAN)]
    found = list(against_each(a_table(*others, GAIN, MEAN), paid(mtmd=LATENCY, ple=None, mmoe_dcn=TWICE)))
    columns = ["ctr", "all tasks", "FLOPs", "active parameters", "median time"]
    assert [(name, column) for name, column, _ in found] == [(o, c) for o in ("ple", "mmoe_dcn") for c in columns]
    gains = ["+20.00% [+10.00, +30.00]", "+5.00% [-5.00, +15.00]"]
    assert [text for *_, text in found] == [*gains, "N/A", "N/A", "N/A", *gains, "0.50", "0.25", "0.80"]


def test_products_and_splits_are_left_out():
    of_a_product = dataclasses.replace(GAIN, product="shopping", old="mmoe")
    of_a_split = dataclasses.replace(GAIN, old="ple, split by product")
    found = against_each(a_table(of_a_product, of_a_split, GAIN, MEAN), paid(mtmd=None, mmoe_dcn=None))
    assert {name for name, *_ in found} == {"mmoe_dcn"}


def test_a_table_that_knows_the_baseline_alone_has_no_direct_comparison():
    cells = [dataclasses.replace(cell, old=BASELINE) for cell in (GAIN, MEAN)]
    costs = paid(mtmd=LATENCY, single_slice=TWICE)
    assert list(against_each(a_table(*cells), costs)) == []
    assert list(against_each(a_table(), costs)) == []
    assert against_successor(a_table(*cells), costs) == ""


@pytest.mark.parametrize(
    ("latency", "end"),
    [
        (TWICE, "; a query costs 0.50 times its FLOPs, 0.25 times its active parameters and 0.80 times its "
                "median time."),
        (None, "."),
    ],
)  # fmt: skip
def test_the_successor_is_answered_in_a_sentence(latency, end):
    words = against_successor(a_table(GAIN, MEAN), paid(mtmd=LATENCY, mmoe_dcn=latency))
    improvement = "+5.00% [-5.00, +15.00], mean of the tasks' improvements"
    assert words == f"mtmd against mmoe_dcn: LogMAE {improvement}{end}"
