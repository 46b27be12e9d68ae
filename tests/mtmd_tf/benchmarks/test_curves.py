import numpy as np
import pytest

from mtmd_tf.benchmarks import curves
from mtmd_tf.benchmarks.synthetic import Size, batch_of, model_of
from mtmd_tf.config import ModelConfig

NARROW = ModelConfig(
    dim=2,
    deep_units=(8, 4),
    shallow_units=(4, 2),
    router_units=(4,),
    root_embedding=4,
    child_embedding=2,
    cross_projection=2,
    deviation_rank=1,
)


def test_a_batch_has_the_size_that_is_asked_for() -> None:
    size = Size(surfaces=2, tasks=2, candidates=5, fields=16, pairs=1000, skew=3.0, vocabulary=400)
    model = model_of(size, config=NARROW)
    batch = batch_of(size, model)
    assert batch.surface.shape == [200]
    assert batch.request.shape == [1000]
    assert (batch.query.mask.shape, batch.item.mask.shape) == ([200, 8], [1000, 8])
    assert model.query_tower.encoder.table.shape == [400, 2]
    assert np.bincount(batch.surface.numpy())[0] == pytest.approx(200 * 8 / 9, abs=15)  # shares 1 and 1/8
    assert float(model.compute_loss(batch)) > 0


@pytest.mark.slow  # it traces two trainings
def test_a_curve_stops_where_the_memory_ends(monkeypatch) -> None:
    monkeypatch.setattr(curves, "_free", lambda: 10_000_000)
    curve = curves.measure_curve("vocabulary", rounds=2, values=(100, 10_000_000), config=NARROW)
    assert curve.values == (100,)
    assert curve.microseconds[0] > 0
    # 10 million rows of 2 numbers of 4 bytes and as many of the optimizer, 1.6 times while they are made: 256 MB
    assert curve.stopped == "10,000,000 rows need 244.1 MiB while they are made, and 9.5 MiB are free"
