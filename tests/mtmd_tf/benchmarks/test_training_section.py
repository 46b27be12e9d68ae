import dataclasses
import importlib.util

import pytest

from mtmd_tf.benchmarks import training_section
from tests.mtmd_tf.serving.world import NARROW, World

_NO_TORCH = "needs the package torch, which the model itself does not: pip install -e '.[bench]'"


@pytest.mark.slow
def test_every_arm_takes_its_turn_and_a_missing_peer_says_so(world: World) -> None:
    sizes = {name: value for name, value in dataclasses.asdict(NARROW).items() if name not in ("tasks", *_OF_TEXT)}
    measured = training_section.measure(world.data, tasks=["ctr"], rounds=2, batch_requests=1, cores=2, sizes=sizes)
    figures = {figure.name: figure for figure in measured}
    targets = {figure.name: figure.target for figure in measured if figure.target}
    assert targets == {
        "training, share of the matrix peak": 60.0,
        "training / Keras, all rows": 10.0,
        "training / torch, all rows": 10.0,
        "training / torch, partitioned": 3.0,
        "training / torch, partitioned, compiled": 2.0,
        "reading, a core": 60_000,
    }
    for name in ("training", "training / Keras, all rows", "training / TFRS tutorial two-tower", "reading, a core"):
        assert figures[name].value > 0
    twin = figures["training / torch, partitioned"]
    if importlib.util.find_spec("torch") is None:
        assert (twin.value, twin.met, twin.note) == (None, "not measured", f"torch, partitioned {_NO_TORCH}")
    else:
        assert twin.value > 0


_OF_TEXT = ("unconstrained_surfaces",)  # the peers have the constraint on every pair
