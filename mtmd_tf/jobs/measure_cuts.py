"""What does the lightweight ranker's cut cost? Whole worlds of all arms, cut at several numbers (paper section 1).

    python -m mtmd_tf.jobs.measure_cuts --flagfile=docs/funnel/cuts.flags
    python -m mtmd_tf.jobs.measure_cuts --flagfile=docs/funnel/cuts.flags --arm=mtmd=exports/mtmd:embeddings/mtmd

Simulates the arms as whole worlds, once for each of --cuts, and draws the online measures against the number kept. Run
again after a kill, it resumes. In --out are the simulations and cuts/comparison.md.
"""

import pathlib

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare, settings, simulations

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
simulations.define(arms="an arm, as in jobs.simulate; repeat it", into=FLAGS)
_CUTS = flags.DEFINE_list("cuts", ["10", "20", "50", "100"], "numbers of ads to keep", flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Simulates what is missing and compares the cuts.

    Raises:
        ConfigError: Fewer than two different cuts or two arms, or a simulation that failed.
    """
    del argv
    cuts = sorted({settings.number(cut, name="cuts") for cut in _CUTS.value})
    if len(cuts) < 2 or len(FLAGS.arm) < 2:
        raise ConfigError(
            f"a sweep has two cuts and two arms at least; it has --cuts={_CUTS.value}, --arm={FLAGS.arm}."
        )
    folders = [simulations.simulate(FLAGS, f"keep-{cut}", "--worlds=two", f"--keep={cut}") for cut in cuts]
    out = pathlib.Path(FLAGS.out) / "cuts"
    prepare.call("-m", "mtmd_tf.jobs.compare_simulations", *folders, f"--out={out}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
