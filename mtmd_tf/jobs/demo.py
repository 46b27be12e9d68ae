"""From real receipts to ranked products, stage by stage: `make demo` (paper sections 2 and 3 on Complete Journey)."""

import dataclasses
import pathlib
import shlex
import subprocess
import sys
import time

from absl import flags

from mtmd_tf.jobs import settings

_HOUSEHOLDS = flags.DEFINE_float(
    "households", 0.3, "share of Complete Journey's households; 1 takes all of them", lower_bound=0.01, upper_bound=1.0
)
_FLAGFILE = flags.DEFINE_string("settings", "cj.flags", "flag file of the training")
_CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """One command of the demo.

    Attributes:
        title: What it does, for people.
        command: Arguments after `python`.
        done: The file that is written last; where it exists, the stage is complete. None: run every time.
    """

    title: str
    command: tuple[str, ...]
    done: pathlib.Path | None


def stages(*, households: float, flagfile: str) -> tuple[Stage, ...]:
    """The demo's commands in order, each of which a user can run alone."""
    name = "cj" if households == 1.0 else f"cj-{households:g}"
    raw, data, run = f"data/{name}", f"data/{name}-labelled", f"runs/{name}"
    exported, embedded = f"exports/{name}", f"embeddings/{name}"
    schema_surfaces = ("mailer", "display", "both")
    build = ("-m", "tfrecords_tools", "build", "complete_journey", f"--households={households:g}", f"--out={raw}")
    label = ("-m", "mtmd_tf.jobs.label", f"--data={raw}", f"--out={data}", f"--run=runs/{name}-heavyweight")
    train = ("train.py", f"--flagfile={flagfile}", f"--data={data}", f"--run={run}")
    embed = ("-m", "mtmd_tf.jobs.embed_items", f"--export={exported}", f"--data={data}", f"--out={embedded}")
    rank = ("-m", "mtmd_tf.jobs.rank", f"--export={exported}", f"--embeddings={embedded}", f"--data={data}")
    return (
        Stage(title="receipts to requests", command=build, done=pathlib.Path(raw, "manifest.json")),
        Stage(title="heavyweight ranker, labels", command=label, done=pathlib.Path(data, "manifest.json")),
        Stage(title="MTMD: training, evaluation", command=train, done=pathlib.Path(run, "report.md")),
        Stage(
            title="export of the two towers",
            command=("export.py", f"--run={run}", f"--out={exported}"),
            done=pathlib.Path(exported, "ranker.json"),
        ),
        Stage(title="embedding of every item", command=embed, done=pathlib.Path(embedded, "manifest.json")),
        *(
            Stage(title=f"ranked products on surface {surface}", command=(*rank, f"--surface={surface}"), done=None)
            for surface in schema_surfaces
        ),
        Stage(title="report", command=("-c", f"print(open({run + '/report.md'!r}).read())"), done=None),
    )


def main(argv: list[str]) -> int:
    """Runs the stages that are not complete."""
    del argv
    started = time.perf_counter()
    times: list[tuple[str, float | None]] = []
    todo = stages(households=_HOUSEHOLDS.value, flagfile=_FLAGFILE.value)
    for number, stage in enumerate(todo, start=1):
        heading = f"[{number}/{len(todo)}] {stage.title}"
        if stage.done is not None and (_CHECKOUT / stage.done).exists():
            print(f"\n=== {heading}: complete in {stage.done.parent}, skipped", flush=True)
            times.append((stage.title, None))
            continue
        print(f"\n=== {heading}\n$ python {shlex.join(stage.command)}", flush=True)
        begun = time.perf_counter()
        if subprocess.run([sys.executable, *stage.command], cwd=_CHECKOUT, check=False).returncode:
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
    settings.run(main)
