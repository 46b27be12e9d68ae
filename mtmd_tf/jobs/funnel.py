"""All that docs/funnel.md shows, by one command: data, trainings, simulations, comparisons (paper section 3.3).

    python -m mtmd_tf.jobs.funnel --flagfile=docs/funnel/page.flags
    python -m mtmd_tf.jobs.funnel --flagfile=docs/funnel/page.flags --dry_run

Each --stage is a command that can be run alone. They run in order and the first that fails ends it. Run again after a
kill or a failure, it goes on: a finished stage is skipped while its arguments, its flag files and the stages that it
reads are the same. --dry_run says what is missing and about how long it takes. With docs/funnel/small.flags behind
page.flags every stage runs at its smallest, in a folder of its own: whether they all work, not what they find.
"""

import contextlib
import pathlib
import signal
import sys
import time

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare, settings
from tfrecords_tools.locks import alone_in

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_STAGES = flags.DEFINE_multi_string(
    "stage",
    [],
    "'TITLE: MINUTES: FILE: ARGUMENTS', a command that takes about so many minutes and writes this file last, without "
    "the word python; repeat it",
    flag_values=FLAGS,
)
_RECORD = flags.DEFINE_string(
    "record", "runs/funnel-page/stages.json", "file that keeps which stages are finished", flag_values=FLAGS
)
_DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "say what is missing and how long it takes, and run nothing", flag_values=FLAGS
)


_SMALLER = flags.DEFINE_multi_string(
    "smaller",
    [],
    "'NAME: FLAGS', flags that win over those of a stage, or of all that run a script or module; repeat it",
    flag_values=FLAGS,
)
_WITHIN = flags.DEFINE_string(
    "within", "", "folder in which the stages run and keep their files; by default this one", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Says what is missing and runs it, stage by stage.

    Raises:
        ConfigError: A stage of another form, or one that failed; its own message has been printed.
    """
    del argv
    from mtmd_tf.experiments.funnel.smaller import changes_named, smaller
    from mtmd_tf.experiments.funnel.stages import Progress, stages_named
    from mtmd_tf.experiments.runs.run_queue import duration

    stages, within = stages_named(_STAGES.value or []), pathlib.Path(_WITHIN.value)
    if _SMALLER.value or _WITHIN.value:
        stages = smaller(stages, changes_named(_SMALLER.value or []), within=within)
    record = within / _RECORD.value
    with contextlib.ExitStack() as alone:
        if not _DRY_RUN.value:
            record.parent.mkdir(parents=True, exist_ok=True)
            alone.enter_context(alone_in(record.parent, doing="running stages", other="--record", raises=ConfigError))
        progress = Progress(stages, record)
        print(progress.plan(), flush=True)
        if _DRY_RUN.value:
            return
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does; commands end with this process
        for number, stage in enumerate(stages, start=1):
            heading = f"=== [{number}/{len(stages)}] {stage.title}"
            if progress.finished(stage):
                print(f"\n{heading}: finished, skipped", flush=True)
                continue
            print(f"\n{heading}; about {duration(progress.left)} left", flush=True)
            begun = time.perf_counter()
            prepare.call(*stage.command, within=within)
            progress.ended(stage, time.perf_counter() - begun)
    print("\nAll stages are finished.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
