"""The cost of a table before anything is trained: runs and time, and a quick version instead."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

from mtmd_tf.config import COSINE
from mtmd_tf.experiments.runs import record
from mtmd_tf.experiments.runs.estimate import Rates
from mtmd_tf.experiments.runs.plan import Arm, Run
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_queue import duration
from tfrecords_tools.partition import SECONDS_A_DAY

MANY_RUNS, MANY_SECONDS = 20, float(SECONDS_A_DAY)  # more than either is worth a warning
QUICK_PAIRS, QUICK_EPOCHS = 60_000, 3

QUICK = (
    f"a quick look: one seed, at most {QUICK_PAIRS:,} training pairs and {QUICK_EPOCHS} epochs of so many, or more of "
    "fewer; fewer pairs make one model look better beside its slices', fewer epochs make both look worse"
)


def quick(arms: Sequence[Arm], *, pairs: int) -> tuple[Arm, ...]:
    """The same with a share of the requests and few epochs, for both sides alike.

    Fewer pairs than `QUICK_PAIRS` are shown as often in all, up to the runs' own epochs: three epochs of a few hundred
    pairs are a few steps. The rate climbs over the same share of the steps as without.

    Args:
        arms: Arms, of which the first seed is taken.
        pairs: Training pairs of all slices.
    """
    share = min(1.0, round(QUICK_PAIRS / max(pairs, 1), 3) or 0.001)
    most_epochs = QUICK_EPOCHS * max(1, QUICK_PAIRS // max(pairs, 1))

    def small(run: Run) -> Run:
        own, epochs = run.train.epochs, min(run.train.epochs, most_epochs)
        train = dataclasses.replace(
            run.train,
            epochs=epochs,
            schedule=COSINE,
            sample_share=min(run.train.sample_share, share),
            warmup_steps=run.train.warmup_steps * epochs // own,
        )
        return dataclasses.replace(run, train=train)

    return tuple(
        dataclasses.replace(each, runs=tuple(tuple(small(run) for run in runs) for runs in each.runs[:1]))
        for each in arms
    )


def announcement(todo: Sequence[Run], *, folder: pathlib.Path, pairs: Mapping[str, int], workers: int) -> str:
    """The number of runs to train and the estimated time; a warning where it is much.

    Args:
        todo: All runs of the table.
        folder: Folder that holds the runs' folders; finished runs are not counted and show the machine's speed.
        pairs: `{slice: training pairs}`; "" is all slices.
        workers: Number of trainings in parallel.
    """
    places = {run.name: folder / run.name / record.FILE_NAME for run in todo}
    finished = {name: Record.load(path) for name, path in places.items() if path.exists()}
    missing = [run for run in todo if run.name not in finished]
    if not missing:
        return f"{len(todo)} runs, all of them finished."
    rates = Rates(finished.values())
    seconds = sum(rates.seconds(run, pairs[run.slice]) for run in missing) / workers
    skipped = f" ({len(finished)} more are finished)" if finished else ""
    said = f"{len(missing)} runs to train{skipped}, about {_days(seconds)} with --workers={workers}"
    if len(missing) <= MANY_RUNS and seconds <= MANY_SECONDS:
        return f"{said}."
    return (
        f"warning: {said}. Ctrl-C ends it and the same command goes on; --seeds=0 orders fewer runs, and of Table 1 "
        "--quick is a first look."
    )


def _days(seconds: float) -> str:
    return f"{seconds / SECONDS_A_DAY:.1f} days" if seconds > 2 * SECONDS_A_DAY else duration(seconds)
