import dataclasses

import pytest

from mtmd_tf.benchmarks import serving_section
from tests.mtmd_tf.serving.world import NARROW, World


@pytest.mark.slow
def test_every_serving_figure_is_measured(world: World) -> None:
    sizes = {name: value for name, value in dataclasses.asdict(NARROW).items() if name != "tasks"}
    sizes |= {"unconstrained_surfaces": ()}
    figures = serving_section.measure(world.data, tasks=["ctr"], rounds=2, calls=3, items=1000, sizes=sizes)
    assert [(figure.name, figure.target, figure.at_most) for figure in figures] == [
        ("query tower, one request, in process", 2.0, True),
        ("query tower behind gRPC, less gRPC's cost", 2.0, True),
        ("item tower, share of one core's matrix peak", 60.0, False),
        ("exact top 100, share of memory bandwidth", 80.0, False),
        ("int8 / float32, the same scan", 2.5, False),
        ("int8, recall@100", 0.99, False),
    ]
    assert all(figure.value is not None for figure in figures)
    assert 0 <= figures[-1].value <= 1
