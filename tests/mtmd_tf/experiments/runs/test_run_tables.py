from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import make_record
from mtmd_tf.experiments.runs.run_tables import runs_table, settings
from tests.mtmd_tf.experiments.finished import leave_run


def record(folder, **model):
    run = Run(model=ModelConfig(**model), train=TrainConfig(epochs=3), data="d")
    leave_run(run, folder)
    return make_record(run, folder, seconds=12.0)


def test_settings_say_what_is_not_at_its_default(tmp_path):
    line = settings(record(tmp_path, architecture="mmoe", deep_units=(8, 4), mixture_experts=2))
    assert line.startswith("mmoe, deep layers 8-4, mixture_experts 2, epochs 3, patience 2, ")


def test_a_run_ends_by_patience_or_by_its_epochs(tmp_path):
    [*_, line] = runs_table([record(tmp_path)]).splitlines()
    assert [cell.strip() for cell in line.strip("| ").split("|")][1:] == ["patience", "6", "9", "0.50000", "3", "12"]
