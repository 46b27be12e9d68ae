import dataclasses
import pathlib
import shlex

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.funnel.plan import experiments, needed, rankers
from mtmd_tf.experiments.funnel.run import Call, Simulations, arm_flags, predict, serve
from mtmd_tf.experiments.runs.plan import Order
from mtmd_tf.jobs import settings

SLICES = (("home", "standard"), ("search", "standard"))
ORDER = Order(
    reference=(ModelConfig(root_embedding=8, child_embedding=8), TrainConfig(seed=3)),
    seeds=(3,),
    data="d",
    slices=SLICES,
    change=lambda text, configs: settings.changed(text, *configs),
)
VARIANTS = {"mmoe": "--architecture=mmoe"}


def test_the_rankers_are_those_that_mtmd_replaces_mtmd_free_tasks_and_the_variants():
    arms = rankers(ORDER, VARIANTS)
    assert [*arms] == ["single_slice", "mtmd", "free", "mmoe", "older"]
    assert [run.slice for run in arms["single_slice"].runs[0]] == ["home/standard", "search/standard"]
    [[mtmd]], [[free]], [[mmoe]] = (arms[name].runs for name in ("mtmd", "free", "mmoe"))
    assert (mtmd.model.constrained, free.model.constrained) == (True, False)
    assert dataclasses.replace(free.model, constrained=True) == mtmd.model
    [[older]] = arms["older"].runs
    assert older.model == mtmd.model
    assert older.train.held_out_days == mtmd.train.held_out_days + 3
    assert mmoe.model.architecture == "mmoe"
    assert mmoe.model.root_embedding == 8 + mtmd.model.shallow_width  # as wide in all as MTMD's with its shallow part
    assert {run.train.seed for run in (mtmd, free, mmoe)} == {3}


@pytest.mark.parametrize("name", ["mtmd", "single_slice", "free", "older", "stale", "oracle", "random"])
def test_a_name_that_is_taken_is_refused(name: str):
    with pytest.raises(ConfigError, match=rf"--variant: the name '{name}' is taken"):
        rankers(ORDER, {name: "--epochs=2"})


def test_each_market_has_tables_2_to_4_table_5_and_whole_worlds_from_random_to_oracle():
    found = experiments(["single_slice", "mtmd", "free", "older", "mmoe"], markets=["first", "second"])
    assert [each.name for each in found] == [
        f"{market}-{name}" for market in ("first", "second") for name in ("tables234", "table5", "worlds", "faults")
    ]
    tables, five, worlds, faults = found[:4]
    assert (tables.arms, tables.tables) == (("single_slice", "mtmd"), ("2", "3", "4"))
    assert (five.arms, five.tables) == (("free", "mtmd"), ("5",))
    assert worlds.arms == ("single_slice", "mtmd", "free", "mmoe", "random", "oracle")
    assert shlex.split(worlds.flags) == ["--market=first", "--worlds=two", "--pre_days=0"]
    assert faults.arms[:4] == ("single_slice", "mtmd", "missing", "stale")


def test_an_arm_is_the_exports_of_its_runs_and_chance_needs_none():
    arms = rankers(ORDER, {})
    served = {
        run.name: f"e/{number}:i/{number}" for number, run in enumerate(r for a in arms.values() for r in a.runs[0])
    }
    _, _, worlds, faults = experiments([*arms], markets=["first"])
    assert arm_flags(worlds, arms, served) == [
        "--arm=single_slice=e/0:i/0,e/1:i/1",
        "--arm=mtmd=e/2:i/2",
        "--arm=free=e/3:i/3",
        "--arm=random",
        "--arm=oracle",
    ]
    assert arm_flags(faults, arms, served)[2:6] == [
        "--arm=missing=e/2:i/2;missing=clicks_7d",
        "--arm=stale=e/2:i/2;stale=i/4",
        "--arm=mixed=e/2:i/2;stale=i/2+i/4",
        "--arm=shards=e/2:i/2;shards=10",
    ]


@pytest.mark.parametrize("name", ["tables234", "table5", "worlds", "faults", "prediction", "cuts"])
def test_an_experiment_alone_needs_the_rankers_of_its_arms_alone(name: str):
    every = rankers(ORDER, VARIANTS)
    [chosen] = experiments([*every], markets=["first"], only=(name,))
    arms = needed(every, [chosen])
    served = {run.name: "e:i" for arm in arms.values() for run in arm.runs[0]}
    assert [flag.split("=")[1] for flag in arm_flags(chosen, arms, served)] == [*chosen.arms]


def test_a_run_is_exported_and_embedded_once(tmp_path: pathlib.Path):
    [[run]] = rankers(ORDER, {})["mtmd"].runs
    calls: list[tuple[str, ...]] = []
    export, embeddings = tmp_path / "exports" / run.name, tmp_path / "embeddings" / run.name
    assert serve(run, data=tmp_path, runs=tmp_path, call=lambda *c: calls.append(c)) == f"{export}:{embeddings}"
    assert [call[-1] for call in calls] == [f"--out={export}", f"--out={embeddings}"]
    for done in (export / "ranker.json", embeddings / "manifest.json"):
        done.parent.mkdir(parents=True)
        done.touch()
    serve(run, data=tmp_path, runs=tmp_path, call=lambda *c: pytest.fail(f"called {c}"))


def simulations(folder: pathlib.Path, call: Call) -> Simulations:
    return Simulations(data=folder, folder=folder, results=folder / "results", workers=2, call=call)


def test_the_report_of_a_simulation_is_kept_and_an_older_one_goes(tmp_path: pathlib.Path):
    [experiment, *_] = experiments(["single_slice", "mtmd"], markets=["first"])
    kept, calls = tmp_path / "results" / experiment.name, []
    kept.mkdir(parents=True)
    (kept / "of_before.md").touch()

    def call(*command: str) -> None:
        calls.append(command)
        figures = tmp_path / experiment.name / "figures"
        figures.mkdir(parents=True, exist_ok=True)
        for path in (figures / "table2.png", figures.parent / "report.md", figures.parent / "users.parquet"):
            path.touch()

    simulations(tmp_path, call).simulate(experiment, ["--arm=random"], settings="--requests=90")
    assert sorted(path.name for path in kept.rglob("*")) == ["figures", "report.md", "table2.png"]
    assert calls[0][-3:] == ("--requests=90", "--market=first", "--workers=2")
    assert calls[1][-1] == "--tables=2,3,4"


def test_only_what_is_wanted_is_simulated_and_trained():
    arms = rankers(ORDER, VARIANTS)
    [five] = experiments([*arms], markets=["first"], only=["table5"])
    assert (five.name, [*needed(arms, [five])]) == ("first-table5", ["mtmd", "free"])
    [faults] = experiments([*arms], markets=["second"], only=["faults"])
    assert [*needed(arms, [faults])] == ["single_slice", "mtmd", "older"]


def test_a_prediction_needs_no_models_of_one_slice_and_measures_against_the_ceiling():
    arms = rankers(ORDER, VARIANTS)
    [found] = experiments([*arms], markets=["first"], only=["prediction"])
    assert (found.name, found.arms, found.whole) == ("first-prediction", ("oracle", "mtmd", "free", "mmoe"), True)
    assert [*needed(arms, [found])] == ["mtmd", "free", "mmoe"]
    assert not any(each.predicts for each in experiments([*arms], markets=["first"]))


def test_a_sweep_simulates_all_rankers_at_every_cut_and_compares_them(tmp_path: pathlib.Path):
    arms, calls = rankers(ORDER, {}), []
    [experiment] = experiments([*arms], markets=["first"], only=["cuts"])
    assert experiment.arms == ("single_slice", "mtmd", "free", "random", "oracle")
    every = simulations(tmp_path, lambda *c: calls.append(c))
    every.sweep(experiment, ["--arm=random"], settings="--requests=90", cuts=[5, 20])
    *worlds, compared = calls
    assert [world[-1] for world in worlds] == ["--keep=5", "--keep=20"]
    assert all("--worlds=two" in world for world in worlds)
    folders = [world[3].removeprefix("--out=") for world in worlds]
    assert list(compared[2:4]) == [f"--folder={folder}" for folder in folders]
    assert compared[4] == f"--out={tmp_path / 'first-cuts'}"


def test_models_of_one_run_each_are_compared_by_their_evaluations(tmp_path: pathlib.Path):
    arms, calls = rankers(ORDER, VARIANTS), []
    [experiment] = experiments([*arms], markets=["first"], only=["prediction"])
    predict(
        experiment,
        arms,
        tasks=["ctr", "cvr"],
        runs=tmp_path,
        results=tmp_path / "results",
        call=lambda *c: calls.append(c),
    )
    [[_, job, folder, _, tasks, *offline]] = calls
    assert (job, folder) == (
        "mtmd_tf.jobs.compare_simulations",
        f"--folder={tmp_path / 'simulations' / 'first-prediction'}",
    )
    assert tasks == "--tasks=ctr,cvr"
    [[mtmd]] = arms["mtmd"].runs
    assert offline[0] == f"--evaluation=mtmd={tmp_path / mtmd.name / 'evaluation.json'}"
    assert [each.split("=")[1] for each in offline] == ["mtmd", "free", "mmoe"]
