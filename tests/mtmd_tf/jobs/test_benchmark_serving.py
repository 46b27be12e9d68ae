"""Tests of mtmd_tf/jobs/benchmark_serving.py."""

import types

import numpy as np

from mtmd_tf.benchmarks import tower_speed
from mtmd_tf.jobs import benchmark_serving


def test_each_way_is_told_beside_the_domains_own_signature(monkeypatch, capsys):
    times = {way: np.array([1.0, 2.0, 3.0]) * place for place, way in enumerate(tower_speed.WAYS, start=1)}
    found = tower_speed.TowerSpeed(milliseconds=times, active_bytes=2_000_000, bandwidth=1e9)
    monkeypatch.setattr(tower_speed, "save_towers", lambda *_: {})
    monkeypatch.setattr(tower_speed, "measure_tower", lambda *_, **__: found)
    monkeypatch.setattr(
        benchmark_serving, "_model", lambda: types.SimpleNamespace(schema=types.SimpleNamespace(surfaces=("home",)))
    )
    benchmark_serving.FLAGS(["", "--calls=3"])
    benchmark_serving.main([])
    _, _, *lines, floor = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines] == [[f"{place}.00"] * 2 for place in range(1, 6)]
    assert lines[0].startswith(f"home, {tower_speed.OWN} ")
    assert floor.split()[:3] == ["home,", "floor", "2.00"]
