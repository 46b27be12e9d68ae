"""What does the lightweight ranker's cut cost? Whole worlds of all arms, cut at several numbers (paper section 1).

    python -m mtmd_tf.jobs.measure_cuts --flagfile=docs/funnel/cuts.flags
    python -m mtmd_tf.jobs.measure_cuts --flagfile=docs/funnel/cuts.flags --arm=mtmd=exports/mtmd:embeddings/mtmd

Simulates the arms as whole worlds, once for each of --cuts, and draws the online measures against the number kept. Run
again after a kill, it resumes. In --out are the simulations and cuts/comparison.md.
"""

import pathlib
import shlex

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare, settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_DATA = flags.DEFINE_string("data", None, "an ad world's data set, raw or labeled", required=True, flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", None, "folder of simulations and reports", required=True, flag_values=FLAGS)
_ARM = flags.DEFINE_multi_string("arm", [], "an arm, as in jobs.simulate; repeat it", flag_values=FLAGS)
_CUTS = flags.DEFINE_list("cuts", ["10", "20", "50", "100"], "numbers of ads to keep", flag_values=FLAGS)
_EXPERIMENT = flags.DEFINE_string(
    "experiment", "", "settings of all simulations: flags of jobs.simulate, '--requests=20000'", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Simulates what is missing and compares the cuts.

    Raises:
        ConfigError: Fewer than two different cuts or two arms, or a simulation that failed.
    """
    del argv
    cuts = sorted({settings.number(cut, name="cuts") for cut in _CUTS.value})
    if len(cuts) < 2 or len(_ARM.value) < 2:
        raise ConfigError(
            f"a sweep has two cuts and two arms at least; it has --cuts={_CUTS.value}, --arm={_ARM.value}."
        )
    out = pathlib.Path(_OUT.value)
    common = [f"--data={_DATA.value}", *(f"--arm={arm}" for arm in _ARM.value), *shlex.split(_EXPERIMENT.value)]
    folders = [out / f"keep-{cut}" for cut in cuts]
    for cut, folder in zip(cuts, folders, strict=True):
        prepare.call("-m", "mtmd_tf.jobs.simulate", *common, "--worlds=two", f"--keep={cut}", f"--out={folder}")
    named = [f"--folder={folder}" for folder in folders]
    prepare.call("-m", "mtmd_tf.jobs.compare_simulations", *named, f"--out={out / 'cuts'}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
