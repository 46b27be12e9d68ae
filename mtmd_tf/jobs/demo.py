"""From real receipts to ranked products, stage by stage: `make demo` (paper sections 2 and 3 on Complete Journey)."""

import dataclasses
import pathlib
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence

from absl import flags

from mtmd_tf.jobs import settings
from tfrecords_tools import parents

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)

_HOUSEHOLDS = flags.DEFINE_float(
    "households",
    0.2,
    "share of Complete Journey's households; 1 takes all of them",
    lower_bound=0.01,
    upper_bound=1.0,
    flag_values=FLAGS,
)
_FLAGFILE = flags.DEFINE_string("settings", "cj.flags", "flag file of the training", flag_values=FLAGS)
_BASELINES = flags.DEFINE_bool(
    "baselines",
    False,
    "train the models of one slice each as well, and show the gain over them in the report",
    flag_values=FLAGS,
)
_CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """One command of the demo.

    Attributes:
        title: Title for people.
        command: Arguments after `python`.
        done: The files that are written last. Where all exist and none is older than those of the stages before, the
            stage is complete. Empty: run every time.
    """

    title: str
    command: tuple[str, ...]
    done: tuple[pathlib.Path, ...] = ()


def stages(*, households: float, flagfile: str, baselines: bool = False) -> tuple[Stage, ...]:
    """The demo's commands in order, each of which a user can run alone."""
    name = "cj" if households == 1.0 else f"cj-{households:g}"
    raw, data, run, teacher = f"data/{name}", f"data/{name}-labeled", f"runs/{name}", f"runs/{name}-heavyweight"
    exported, embedded = f"exports/{name}", f"embeddings/{name}"

    def stage(title: str, *command: str, done: tuple[str, ...] = ()) -> Stage:
        return Stage(title=title, command=command, done=tuple(pathlib.Path(path) for path in done))

    job = "mtmd_tf.jobs."
    build = ("-m", "tfrecords_tools", "build", "complete_journey", f"--households={households:g}", f"--out={raw}")
    label = ("-m", f"{job}label", f"--data={raw}", f"--out={data}", f"--run={teacher}")
    train = ("train.py", f"--flagfile={flagfile}", f"--data={data}", "--raw=", "--build=", f"--run={run}")
    embed = ("-m", f"{job}embed_items", f"--export={exported}", f"--data={data}", f"--out={embedded}")
    rank = ("-m", f"{job}rank", f"--export={exported}", f"--embeddings={embedded}", f"--data={data}")
    slices = f"{run}-slices"
    table = ("-m", f"{job}reproduce", "--table=1", *train[1:-1], f"--one={run}", "--seeds=0", f"--runs={slices}")
    labeled = (f"{data}/manifest.json", f"{teacher}/heavyweight.json")
    surfaces = ("mailer", "display", "both")
    over_slices = stage(
        "one model a slice, the gain over them",
        *table,
        f"--results={slices}/results",
        done=(f"{run}/over_slices.md",),
    )
    return (
        stage("receipts to requests", *build, done=(f"{raw}/manifest.json",)),
        stage("heavyweight ranker, labels", *label, done=labeled),
        stage("MTMD: training, evaluation", *train, done=(f"{run}/report.md",)),
        *([over_slices] if baselines else []),
        stage(
            "export of the two towers",
            "export.py",
            f"--run={run}",
            f"--out={exported}",
            done=(f"{exported}/ranker.json",),
        ),
        stage("embedding of every item", *embed, done=(f"{embedded}/manifest.json",)),
        *(stage(f"ranked products on surface {surface}", *rank, f"--surface={surface}") for surface in surfaces),
        stage("report", "-c", f"print(open({run + '/report.md'!r}, encoding='utf-8').read())"),
    )


def complete(stage: Stage, *, since: float) -> float | None:
    """When the stage was completed, in seconds since 1970, if that was not before `since`; None if it must run."""
    if not stage.done or not all((_CHECKOUT / path).exists() for path in stage.done):
        return None
    times = [(_CHECKOUT / path).stat().st_mtime for path in stage.done]
    return max(times) if min(times) >= since else None


def main(argv: list[str]) -> int:
    """Reads the flags and runs the stages."""
    del argv
    return walk(stages(households=_HOUSEHOLDS.value, flagfile=_FLAGFILE.value, baselines=_BASELINES.value))


def walk(todo: Sequence[Stage]) -> int:
    """Runs the stages that are not complete, in order; returns 0, or 1 after the first that fails."""
    started = time.perf_counter()
    times: list[tuple[str, float | None]] = []
    since = 0.0
    for number, stage in enumerate(todo, start=1):
        heading = f"[{number}/{len(todo)}] {stage.title}"
        finished = complete(stage, since=since)
        if finished is not None:
            print(f"\n=== {heading}: complete in {stage.done[0].parent}, skipped", flush=True)
            times.append((stage.title, None))
            since = finished
            continue
        print(f"\n=== {heading}\n$ python {shlex.join(stage.command)}", flush=True)
        begun = time.perf_counter()
        if subprocess.run(
            [sys.executable, *stage.command], cwd=_CHECKOUT, env=parents.environment(), check=False
        ).returncode:
            print(
                f"\nStage {number} failed; its message is above. What is complete is kept: run again to go on.",
                file=sys.stderr,
            )
            return 1
        seconds = time.perf_counter() - begun
        times.append((stage.title, seconds))
        print(f"=== {heading}: {seconds:.0f} s", flush=True)
    print("\nStage                                    seconds")
    for title, taken in times:
        print(f"{title:<38} {'skipped' if taken is None else format(taken, '.0f'):>9}")
    print(f"{'all':<38} {time.perf_counter() - started:>9.0f}")
    return 0


if __name__ == "__main__":
    settings.run(main, FLAGS)
