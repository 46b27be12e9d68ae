"""Which experiment design finds the truth? Whole worlds, and experiments of both designs by several salts (3.3).

    python -m mtmd_tf.jobs.measure_designs --flagfile=docs/funnel/designs.flags

Simulates two whole worlds, whose difference is the truth, and for each salt an experiment that splits users and budgets
and one that splits users alone. Then it checks the intervals on the control's world and compares the designs. Run
again after a kill, it resumes. In --out are the simulations, designs/comparison.md, and truth/checks.md.
"""

import pathlib

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare, settings, simulations

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
simulations.define(arms="the control, then the treatment, as in jobs.simulate", into=FLAGS)
_SALTS = flags.DEFINE_integer("salts", 6, "experiments of each design", lower_bound=2, flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Simulates what is missing, checks the intervals and compares the designs.

    Raises:
        ConfigError: Other than two arms, or a simulation that failed.
    """
    del argv
    if len(FLAGS.arm) != 2:
        raise ConfigError(f"designs are compared on two arms; give --arm twice, it came {len(FLAGS.arm)} times.")
    designs = {"truth": ["--worlds=two"]}
    for salt in range(_SALTS.value):
        designs |= {f"{split}-{salt}": [f"--split={split}", f"--salt=salt-{salt}"] for split in ("budgets", "users")}
    truth, *experiments = [simulations.simulate(FLAGS, name, *own) for name, own in designs.items()]
    prepare.call("-m", "mtmd_tf.jobs.check_simulation", truth)
    out = pathlib.Path(FLAGS.out) / "designs"
    prepare.call("-m", "mtmd_tf.jobs.compare_simulations", truth, *experiments, f"--out={out}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
