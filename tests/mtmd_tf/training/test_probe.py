import pytest

from mtmd_tf import config as configs
from mtmd_tf.config import TrainConfig
from mtmd_tf.training import probe


@pytest.mark.parametrize(
    ("gains", "precision", "why"),
    [
        ({"float32": 1.0, "bfloat16": 0.9}, "float32", "no other is 1.1 times as fast here: bfloat16 0.90 times"),
        ({"float32": 1.0, "bfloat16": 1.09}, "float32", "no other is 1.1 times as fast here: bfloat16 1.09 times"),
        (
            {"float32": 1.0, "tf32": 3.0, "bfloat16": 5.0},
            "bfloat16",
            "the fastest here: tf32 3.00, bfloat16 5.00 times as fast as float32",
        ),
    ],
)
def test_the_fastest_is_taken_where_it_is_clearly_faster(gains, precision, why):
    assert probe.choose(gains) == (precision, why)


def test_the_probe_measures_what_this_machine_has():
    gains = probe.probe(seconds=0.0)
    assert gains["float32"] == 1.0
    assert gains["bfloat16"] > 0.0


def test_what_is_asked_for_by_name_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "probe", None)
    assert probe.settled("bfloat16", config=tmp_path / "config.json") == ("bfloat16", {})


def test_a_run_keeps_its_precision(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "probe", None)
    configs.save(tmp_path / "config.json", train=TrainConfig(precision="bfloat16"))
    assert probe.settled("auto", config=tmp_path / "config.json") == ("bfloat16", {"precision": "as the run began"})


def test_a_new_run_takes_what_the_machine_gains_by(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "probe", lambda: {"float32": 1.0, "bfloat16": 2.0})
    precision, why = probe.settled("auto", config=tmp_path / "config.json")
    assert (precision, list(why)) == ("bfloat16", ["precision"])
