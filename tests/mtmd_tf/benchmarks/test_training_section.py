import dataclasses

from mtmd_tf.benchmarks import training_section
from mtmd_tf.benchmarks.peers import torch_process
from tests.mtmd_tf.serving.world import NARROW, World


def test_every_arm_takes_its_turn_and_a_missing_peer_says_so(world: World, monkeypatch) -> None:
    monkeypatch.setattr(torch_process, "NEEDED", dict.fromkeys(torch_process.NEEDED, "no_such_package"))
    sizes = {name: value for name, value in dataclasses.asdict(NARROW).items() if name not in ("tasks", *_OF_TEXT)}
    figures = {
        figure.name: figure
        for figure in training_section.measure(
            world.data, tasks=["ctr"], rounds=2, batch_requests=1, cores=2, sizes=sizes
        )
    }
    assert figures["training"].value > 0
    assert figures["training, share of the matrix peak"].target == 60.0
    assert figures["training / Keras, all rows"].value > 0
    assert figures["reading, a core"].value > 0
    compiled = figures["training / torch, partitioned, compiled"]
    assert (compiled.value, compiled.target, compiled.met) == (None, 2.0, "not measured")
    assert compiled.note == (
        "torch, partitioned, compiled needs the package no_such_package, which the model itself does not: "
        "pip install -e '.[bench]'"
    )


_OF_TEXT = ("unconstrained_surfaces",)  # the peers have the constraint on every pair
