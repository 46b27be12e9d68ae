import dataclasses

import pytest

from mtmd_tf.benchmarks import accelerator
from mtmd_tf.benchmarks.accelerator import Read, Trained
from mtmd_tf.execution import Execution
from tests.mtmd_tf.serving.world import NARROW, World


def test_each_way_to_train_and_each_number_of_cores_is_a_row() -> None:
    ways = [
        Trained(execution=Execution(), pairs=200_000.0, flops=3e12, peak=60e12),
        Trained(execution=Execution(precision="bfloat16", xla=True), pairs=1_000_000.0, flops=14e12, peak=700e12),
    ]
    text = accelerator.shown(ways, {16: Read(pairs=800_000.0, of_processor=60_000.0)})
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["float32", "no", "200,000", "3", "60", "5.0%"] in cells
    assert ["bfloat16", "yes", "1,000,000", "14", "700", "2.0%"] in cells
    assert ["16", "800,000", "50,000", "60,000"] in cells


@pytest.mark.slow
def test_a_processor_is_measured_as_a_gpu_is(world: World) -> None:
    sizes = {name: value for name, value in dataclasses.asdict(NARROW).items() if name != "tasks"}
    trained = accelerator.measure_training(
        world.data, tasks=["ctr"], rounds=1, batch_requests=1, compile_too=False, matrix=64, sizes=sizes
    )
    assert [each.execution.precision for each in trained] == ["float32", "bfloat16"]
    assert all(min(each.pairs, each.flops, each.peak) > 0 for each in trained)
    read = accelerator.measure_reading(world.data, batch_requests=1, cores=(1,))
    assert list(read) == [1]
    assert min(read[1].pairs, read[1].of_processor) > 0
