import dataclasses

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import make_record
from mtmd_tf.experiments.runs.run_tables import run_facts, run_warnings, runs_table, settings
from mtmd_tf.reporting.literal import literal
from tests.mtmd_tf.experiments.finished import leave_run


def record(folder, threads=0, **model):
    run = Run(model=ModelConfig(**model), train=TrainConfig(epochs=3), data="d")
    leave_run(run, folder)
    return make_record(run, folder, seconds=12.0, threads=threads)


def test_settings_say_what_is_not_at_its_default(tmp_path):
    line = settings(record(tmp_path, architecture="mmoe", deep_units=(8, 4), mixture_experts=2))
    assert line.startswith("mmoe, deep layers 8-4, mixture_experts 2, epochs 3, patience 2, ")


def test_a_table_whose_runs_had_other_numbers_of_threads_says_so(tmp_path):
    one, two = record(tmp_path, threads=1), record(tmp_path, threads=2)
    told = " ".join(run_facts({}, [one, two, two], seeds=[0]).split())
    assert literal(f"1 run on {one.machine}; 2 runs on {two.machine}. These are not alike: their numbers") in told
    assert "1 thread a run; 2 runs" in told
    alike = " ".join(run_facts({}, [two, two], seeds=[0]).split())
    assert f"machine: {literal(two.machine)}" in alike
    assert "not alike" not in alike


def test_a_run_ends_by_patience_or_by_its_epochs(tmp_path):
    [*_, line] = runs_table([record(tmp_path)]).splitlines()
    assert [cell.strip() for cell in line.strip("| ").split("|")][1:] == ["patience", "6", "9", "0.50000", "3", "12"]


def test_a_run_with_an_open_end_ends_where_nothing_is_gained(tmp_path):
    one = record(tmp_path)
    train = one.config["train"] | {"schedule": "averaged"}
    open_end = dataclasses.replace(one, config=one.config | {"train": train})
    [*_, line] = runs_table([open_end]).splitlines()
    assert [cell.strip() for cell in line.strip("| ").split("|")][1] == "no more gain"
    assert "schedule averaged, epochs 3" in settings(open_end)


def test_a_report_repeats_the_warnings_of_its_runs(tmp_path):
    fine = record(tmp_path)
    assert run_warnings([fine, fine]) == ""
    warned = [
        dataclasses.replace(fine, run=f"run {n}", warnings=("It <b>never</b> left its warm-up.",)) for n in range(7)
    ]
    text = run_warnings([fine, *warned])
    assert text.startswith("**7 of 8 runs ended with a warning.** The first 5:")
    assert [f"run {n}:" in text for n in range(7)] == [True] * 5 + [False] * 2
    assert "never" in text
    assert "<b>" not in text
