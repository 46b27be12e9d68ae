"""One rung of the ladder: prepares its data, trains its missing runs, and records each run when it ends."""

import pathlib
import shutil
from collections.abc import Callable, Iterable, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.ladder.entry import entry_of
from mtmd_tf.experiments.ladder.progress import Progress
from mtmd_tf.experiments.ladder.recipe import Recipe
from mtmd_tf.experiments.ladder.records import LadderFolder, RungPlan
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs import own_models
from mtmd_tf.experiments.runs import run_queue as queue
from mtmd_tf.experiments.runs.pairs import training_pairs
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.sizing.facts import Facts, facts_of
from mtmd_tf.slices import ANY, slice_named
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


def facts_of_slices(data: pathlib.Path, *, tasks: Sequence[str]) -> tuple[str, dict[str, Facts]]:
    """The identity of a data set, and `{slice: facts}` of every slice with pairs and of `""`, all."""
    manifest, schema = Manifest.load(data), Schema.load(data)
    slices = [name for name in training_pairs(manifest) if name and not name.startswith(ANY)]
    chosen = {"": None, **{name: slice_named(name, schema) for name in slices}}
    facts = {name: facts_of(manifest, schema, tasks=tasks, chosen=each) for name, each in chosen.items()}
    return manifest.fingerprint(), facts


def train_rung(
    rung: Rung,
    recipe: Recipe,
    folder: LadderFolder,
    *,
    progress: Progress,
    prepare: Callable[[Rung], pathlib.Path],
    command: Callable[[pathlib.Path, Run, pathlib.Path], Sequence[str]],
    runs: pathlib.Path,
    workers: int = 1,
    keep_runs: bool = False,
) -> None:
    """Trains what is missing of a rung; its data is asked for only then.

    Args:
        rung: One of the recipe's.
        recipe: The ladder that is asked for.
        folder: Records of the ladder, which get the rung's plan and each finished run.
        progress: Progress of the ladder, which counts each finished run.
        prepare: The folder of a rung's labeled data set, made where it is missing.
        command: `(data, run, folder)` to the arguments after `python` that train and measure the run in the folder.
        runs: The runs' folders are made in it, a folder a rung.
        workers: Number of trainings in parallel.
        keep_runs: Whether a run's folder, with its checkpoints, stays once the run is recorded.

    Raises:
        ConfigError: Its data cannot be made, is not what its runs were begun on, or has no slice that could have a
            model of its own; or a run failed.
    """
    known = folder.rungs.get(rung.name)
    if known:
        named = list(recipe.runs(rung, known.facts))
        if not progress.missing(rung, named):
            folder.save_plan(rung, known.with_runs(named))
            print(
                f"{rung.name}: all {len(named)} runs are in {folder.folder / rung.folder}; nothing to train.",
                flush=True,
            )
            return
    data = prepare(rung)
    labels, facts = facts_of_slices(data, tasks=recipe.tasks(rung))
    plan = folder.claim(rung, labels=labels, facts=facts)
    plan = _learnable(rung, plan, progress.missing(rung, recipe.runs(rung, plan.facts)), data=data)
    named = list(recipe.runs(rung, plan.facts))
    folder.save_plan(rung, plan.with_runs(named))
    todo = {run.name: (variant, run) for variant, run in progress.missing(rung, named)}

    def record_run(run: Run, record: Record) -> None:
        entry = entry_of(run, record, variant=todo[run.name][0], labels=plan.labels, folder=runs / rung.folder)
        folder.save(rung, entry)
        if not keep_runs:
            shutil.rmtree(runs / rung.folder / run.name)
        print(progress.after(rung, entry), flush=True)

    queue.train_all(
        [run for _, run in todo.values()],
        folder=runs / rung.folder,
        command=lambda run, folder: command(data, run, folder),
        pairs={name: each.pairs for name, each in plan.facts.items()},
        workers=workers,
        on_done=record_run,
    )


def _learnable(rung: Rung, plan: RungPlan, missing: Iterable[tuple[str, Run]], *, data: pathlib.Path) -> RungPlan:
    """The plan without the slices that no model could learn, which would end the whole rung; says which these are."""
    lacking = own_models.lacking((run for _, run in missing), data=data)
    for name, lacks in lacking.items():
        print(f"note: {rung.name}: {own_models.line(name, lacks)}; the rung leaves it out.", flush=True)
    kept = plan.without(lacking)
    if not kept.slices:
        raise ConfigError(f"no slice of {data} can have a model of its own: {own_models.first_reason(lacking)}.")
    return kept
