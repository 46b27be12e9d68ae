import dataclasses

import pytest

from mtmd_tf.experiments.architectures.against import against_successor, direct, multiples
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
    assert direct(a_table(*others, GAIN, MEAN)) == [*others, GAIN, MEAN]
    costs = paid(mtmd=LATENCY, ple=None, mmoe_dcn=TWICE)
    assert multiples(costs, "mmoe_dcn") == {"FLOPs": 0.5, "active parameters": 0.25, "median time": 0.8}
    assert multiples(costs, "ple") == {}


def test_products_and_splits_are_left_out():
    of_a_product = dataclasses.replace(GAIN, product="shopping", old="mmoe")
    of_a_split = dataclasses.replace(GAIN, old="ple, split by product")
    assert direct(a_table(of_a_product, of_a_split, GAIN, MEAN)) == [GAIN, MEAN]


def test_a_table_that_knows_the_baseline_alone_has_no_direct_comparison():
    cells = [dataclasses.replace(cell, old=BASELINE) for cell in (GAIN, MEAN)]
    assert direct(a_table(*cells)) == direct(a_table()) == []
    assert against_successor(a_table(*cells), paid(mtmd=LATENCY, single_slice=TWICE)) == ""


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
