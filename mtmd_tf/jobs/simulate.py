r"""Simulates the ad funnel on an ad world: what a lightweight ranker does to clicks and costs (paper section 3.3).

    python -m mtmd_tf.jobs.simulate --data=data/adworld --arm=random --arm=oracle --out=runs/funnel
    python -m mtmd_tf.jobs.simulate --data=data/adworld --arm=single=exports/a:embeddings/a,exports/b:embeddings/b \
        --arm=mtmd=exports/mtmd:embeddings/mtmd --requests=300000 --workers=2 --out=runs/funnel

The first arm is the control: before the test all users have its ranker. Killed and run again, it goes on with the next
day. Its report compares the other arms with the control (report.md, report.html, changes.csv). docs/funnel.md describes
the world, the stages, the files and the statistics.
"""

import os
import pathlib
import sys

from absl import flags

from mtmd_tf.config import SimulationConfig
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
settings.define(SimulationConfig, into=FLAGS)
_DATA = flags.DEFINE_string("data", None, "an ad world's data set, raw or labeled", required=True, flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", None, "folder of the result", required=True, flag_values=FLAGS)
_ARM = flags.DEFINE_multi_string(
    "arm",
    [],
    "an arm, the control first: NAME=EXPORT:EMBEDDINGS (many, one a slice, with commas), random or oracle; repeat it",
    flag_values=FLAGS,
)
_HEAVYWEIGHT = flags.DEFINE_string(
    "heavyweight",
    "",
    "folder of the run of jobs.label whose trained ranker is the heavyweight one, RUN:EXPORT where an export's towers "
    "are its features; an arm may have its own, ;heavyweight=RUN; empty for the noisy oracle, which is much faster",
    flag_values=FLAGS,
)
_WORKERS = flags.DEFINE_integer(
    "workers", 1, "processes that retrieve and score; the result is the same", lower_bound=1, flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Reads the flags, simulates, prints each arm's figures, and writes the report."""
    del argv
    config = settings.read(SimulationConfig, source=FLAGS)
    from mtmd_tf.simulation.arms import arms_named
    from mtmd_tf.simulation.worker import THREADS

    arms = arms_named(_ARM.value or [])
    os.environ.setdefault(THREADS, "1")  # as in the processes of --workers
    from mtmd_tf.simulation.blocks import Plan
    from mtmd_tf.simulation.reports import experiment
    from mtmd_tf.simulation.simulate import simulate
    from mtmd_tf.simulation.summary import summary
    from mtmd_tf.simulation.world_of import corpus_of, world_of

    plan = Plan(
        world=world_of(_DATA.value),
        arms=arms,
        config=config,
        corpus=corpus_of(_DATA.value),
        data=_DATA.value,
        heavyweight=_HEAVYWEIGHT.value,
    )
    simulate(plan, _OUT.value, workers=_WORKERS.value)
    print(summary(_OUT.value))
    for warning in experiment.write(_OUT.value):
        print(f"warning: {warning}", file=sys.stderr)
    print(f"Report: {pathlib.Path(_OUT.value) / experiment.REPORT}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
