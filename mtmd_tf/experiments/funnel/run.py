"""From trained rankers to the reports of the simulated experiments (paper sections 2.2 and 3.3)."""

import pathlib
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence

from mtmd_tf.experiments.funnel.plan import FAULTS, ORACLE, PREDICTION, RANDOM, Experiment
from mtmd_tf.experiments.runs.plan import OURS, Arm, Run
from mtmd_tf.experiments.runs.run_queue import CHECKOUT

Call = Callable[..., None]  # runs `python` with some arguments; raises ConfigError where it fails

_KEPT = ("report.md", "changes.csv", "figures")
_COMPARISON = ("comparison.md", "figures")


def serve(run: Run, *, data: pathlib.Path, runs: pathlib.Path, call: Call) -> str:
    """Exports a finished run and embeds every item, where that is not done; `EXPORT:EMBEDDINGS`.

    Args:
        run: A finished run.
        data: Folder of the labeled data set.
        runs: Folder of the runs' folders; the exports and embeddings are made in it.
        call: Runs `python` with the arguments.

    Raises:
        ConfigError: A command failed.
    """
    export, embeddings = runs / "exports" / run.name, runs / "embeddings" / run.name
    if not (export / "ranker.json").exists():
        call(str(CHECKOUT / "export.py"), f"--run={runs / run.name}", f"--out={export}")
    if not (embeddings / "manifest.json").exists():
        call("-m", "mtmd_tf.jobs.embed_items", f"--export={export}", f"--data={data}", f"--out={embeddings}")
    return f"{export}:{embeddings}"


def arm_flags(experiment: Experiment, arms: Mapping[str, Arm], served: Mapping[str, str]) -> list[str]:
    """The flags `--arm` of an experiment.

    Args:
        experiment: The experiment.
        arms: `{name: arm}` of the trained rankers.
        served: `{name of a run: EXPORT:EMBEDDINGS}`.
    """
    sources = {name: ",".join(served[run.name] for run in arm.runs[0]) for name, arm in arms.items()}
    embeddings = {name: source.rpartition(":")[2] for name, source in sources.items() if "," not in source}
    faults = [name for name in FAULTS if name in experiment.arms]
    sources |= {name: f"{sources[OURS]};{FAULTS[name].format_map(embeddings)}" for name in faults}
    return [
        f"--arm={name}" if name in (RANDOM, ORACLE) else f"--arm={name}={sources[name]}" for name in experiment.arms
    ]


def simulate(
    experiment: Experiment,
    arms: Sequence[str],
    *,
    data: pathlib.Path,
    folder: pathlib.Path,
    results: pathlib.Path,
    settings: str,
    workers: int,
    call: Call,
) -> None:
    """Simulates an experiment and keeps its report; a finished simulation is only reported again.

    Args:
        experiment: The experiment.
        arms: The flags `--arm` of the experiment.
        data: Folder of the ad world's data set.
        folder: Folder of the simulations.
        results: Folder that gets the report, its figures and the changes.
        settings: Flags of `jobs.simulate` for all experiments, which this one's own flags follow.
        workers: Processes of the simulation.
        call: Runs `python` with the arguments.

    Raises:
        ConfigError: A command failed.
    """
    out = folder / experiment.name
    chosen = _chosen(experiment, settings, workers)
    call("-m", "mtmd_tf.jobs.simulate", f"--data={data}", f"--out={out}", *arms, *chosen)
    call("-m", "mtmd_tf.jobs.report_simulation", f"--folder={out}", f"--tables={','.join(experiment.tables)}")
    _keep(out, results / experiment.name, names=_KEPT)


def sweep(
    experiment: Experiment,
    arms: Sequence[str],
    *,
    cuts: Sequence[int],
    data: pathlib.Path,
    folder: pathlib.Path,
    results: pathlib.Path,
    settings: str,
    workers: int,
    call: Call,
) -> None:
    """Simulates an experiment once for each cut, compares them, and keeps the report.

    Args:
        experiment: The experiment.
        arms: The flags `--arm` of the experiment.
        cuts: Numbers of ads to keep.
        data: Folder of the ad world's data set.
        folder: Folder of the simulations.
        results: Folder that gets the report and its figures.
        settings: Flags of `jobs.simulate` for all experiments, which this one's own flags follow.
        workers: Processes of a simulation.
        call: Runs `python` with the arguments.

    Raises:
        ConfigError: A command failed.
    """
    out, chosen = folder / experiment.name, _chosen(experiment, settings, workers)
    worlds = {cut: folder / f"{experiment.name}-keep-{cut}" for cut in cuts}
    for cut, world in worlds.items():
        call("-m", "mtmd_tf.jobs.simulate", f"--data={data}", f"--out={world}", *arms, *chosen, f"--keep={cut}")
    folders = [f"--folder={world}" for world in worlds.values()]
    call("-m", "mtmd_tf.jobs.compare_simulations", *folders, f"--out={out}")
    _keep(out, results / experiment.name, names=_COMPARISON)


def predict(
    experiment: Experiment,
    arms: Mapping[str, Arm],
    *,
    tasks: Sequence[str],
    runs: pathlib.Path,
    results: pathlib.Path,
    call: Call,
) -> None:
    """Compares offline measures of an experiment's models with their online changes, and keeps the report.

    Args:
        experiment: The experiment, which has been simulated.
        arms: `{name: arm}` of the trained rankers.
        tasks: Tasks whose offline measures are taken.
        runs: Folder of the runs' folders; the simulations are in it.
        results: Folder that gets the report.
        call: Runs `python` with the arguments.

    Raises:
        ConfigError: A command failed.
    """
    worlds = runs / "simulations" / experiment.name
    measured = {name: runs / arms[name].runs[0][0].name / "evaluation.json" for name in experiment.arms if name in arms}
    offline = [f"--evaluation={name}={path}" for name, path in measured.items()]
    out = worlds / PREDICTION
    chosen = (f"--folder={worlds}", f"--out={out}", f"--tasks={','.join(tasks)}", *offline)
    call("-m", "mtmd_tf.jobs.compare_simulations", *chosen)
    _keep(out, results / experiment.name, names=_COMPARISON)


def _chosen(experiment: Experiment, settings: str, workers: int) -> list[str]:
    return [*shlex.split(settings), *shlex.split(experiment.flags), f"--workers={workers}"]


def _keep(source: pathlib.Path, kept: pathlib.Path, *, names: Sequence[str]) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, kept / name)
        elif (source / name).exists():
            shutil.copy2(source / name, kept / name)
