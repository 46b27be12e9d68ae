"""What recipes of several simulations have in common: their flags, and a call of `jobs.simulate` for each."""

import pathlib
import shlex

from absl import flags

from mtmd_tf.jobs import prepare


def define(*, arms: str, into: flags.FlagValues) -> None:
    """Defines --data, --out, --arm and --experiment; `arms` is the help of --arm."""
    flags.DEFINE_string("data", None, "an ad world's data set, raw or labeled", into, required=True)
    flags.DEFINE_string("out", None, "folder of simulations and reports", into, required=True)
    flags.DEFINE_multi_string("arm", [], arms, into)
    flags.DEFINE_string(
        "experiment", "", "settings of all simulations: flags of jobs.simulate, '--requests=20000'", into
    )


def simulate(source: flags.FlagValues, name: str, *own: str) -> str:
    """Simulates what the flags say with settings of its own, into a folder of --out; a finished one is left as it is.

    Args:
        source: The recipe's flags.
        name: Name of the folder.
        own: Flags of `jobs.simulate`.

    Returns:
        The flag --folder with which other jobs read it.

    Raises:
        ConfigError: It failed; its own message has been printed.
    """
    folder = pathlib.Path(source.out) / name
    common = [f"--data={source.data}", *(f"--arm={arm}" for arm in source.arm), *shlex.split(source.experiment)]
    prepare.call("-m", "mtmd_tf.jobs.simulate", *common, *own, f"--out={folder}")
    return f"--folder={folder}"
