"""Which experiment design finds the truth? Whole worlds, and experiments of both designs by several salts (3.3).

    python -m mtmd_tf.jobs.measure_designs --flagfile=docs/funnel/designs.flags

Simulates two whole worlds, whose difference is the truth, and for each salt an experiment that splits users and budgets
and one that splits users alone. Then it checks the intervals on the control's world and compares the designs. Run
again after a kill, it resumes. In --out are the simulations, designs/comparison.md, and truth/checks.md.
"""

import pathlib
import shlex

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare, settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_DATA = flags.DEFINE_string("data", None, "an ad world's data set, raw or labeled", required=True, flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", None, "folder of simulations and reports", required=True, flag_values=FLAGS)
_ARM = flags.DEFINE_multi_string("arm", [], "the control, then the treatment, as in jobs.simulate", flag_values=FLAGS)
_SALTS = flags.DEFINE_integer("salts", 6, "experiments of each design", lower_bound=2, flag_values=FLAGS)
_EXPERIMENT = flags.DEFINE_string(
    "experiment", "", "settings of all simulations: flags of jobs.simulate, '--requests=20000'", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Simulates what is missing, checks the intervals and compares the designs.

    Raises:
        ConfigError: Other than two arms, or a simulation that failed.
    """
    del argv
    if len(_ARM.value) != 2:
        raise ConfigError(f"designs are compared on two arms; give --arm twice, it came {len(_ARM.value)} times.")
    out, designs = pathlib.Path(_OUT.value), {"truth": ["--worlds=two"]}
    for salt in range(_SALTS.value):
        designs |= {f"{split}-{salt}": [f"--split={split}", f"--salt=salt-{salt}"] for split in ("budgets", "users")}
    common = [f"--data={_DATA.value}", *(f"--arm={arm}" for arm in _ARM.value), *shlex.split(_EXPERIMENT.value)]
    for name, own in designs.items():
        prepare.call("-m", "mtmd_tf.jobs.simulate", *common, *own, f"--out={out / name}")
    prepare.call("-m", "mtmd_tf.jobs.check_simulation", f"--folder={out / 'truth'}")
    folders = [f"--folder={out / name}" for name in designs]
    prepare.call("-m", "mtmd_tf.jobs.compare_simulations", *folders, f"--out={out / 'designs'}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
