"""From trained rankers to the reports of the simulated experiments (paper sections 2.2 and 3.3)."""

import dataclasses
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Simulations:
    """Simulates experiments and keeps their reports.

    Every method raises ConfigError where a command fails, and takes the flags `--arm` of an experiment and the flags of
    `jobs.simulate` for all experiments, which the experiment's own follow.

    Attributes:
        data: Folder of the ad world's data set.
        folder: Folder of the simulations.
        results: Folder that gets reports, figures and changes.
        workers: Processes of a simulation.
        call: Runs `python` with the arguments.
    """

    data: pathlib.Path
    folder: pathlib.Path
    results: pathlib.Path
    workers: int
    call: Call

    def simulate(self, experiment: Experiment, arms: Sequence[str], *, settings: str) -> None:
        """Simulates an experiment and keeps its report; a finished simulation is only reported again."""
        out = self.folder / experiment.name
        self._world(out, experiment, arms, settings)
        tables = ",".join(experiment.tables)
        self.call("-m", "mtmd_tf.jobs.report_simulation", f"--folder={out}", f"--tables={tables}")
        _keep(out, self.results / experiment.name, names=_KEPT)

    def sweep(self, experiment: Experiment, arms: Sequence[str], *, settings: str, cuts: Sequence[int]) -> None:
        """Simulates an experiment once for each number of ads to keep, compares them, and keeps the report."""
        worlds = {cut: self.folder / f"{experiment.name}-keep-{cut}" for cut in cuts}
        for cut, world in worlds.items():
            self._world(world, experiment, arms, settings, f"--keep={cut}")
        out, folders = self.folder / experiment.name, [f"--folder={world}" for world in worlds.values()]
        self.call("-m", "mtmd_tf.jobs.compare_simulations", *folders, f"--out={out}")
        _keep(out, self.results / experiment.name, names=_COMPARISON)

    def _world(self, out: pathlib.Path, experiment: Experiment, arms: Sequence[str], settings: str, *more: str) -> None:
        chosen = [*shlex.split(settings), *shlex.split(experiment.flags), f"--workers={self.workers}", *more]
        self.call("-m", "mtmd_tf.jobs.simulate", f"--data={self.data}", f"--out={out}", *arms, *chosen)


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


def _keep(source: pathlib.Path, kept: pathlib.Path, *, names: Sequence[str]) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, kept / name)
        elif (source / name).exists():
            shutil.copy2(source / name, kept / name)
