"""Checks the statistics on a simulated world: A/A splits find nothing, planted changes are found (paper section 3.3).

    python -m mtmd_tf.jobs.check_simulation --folder=runs/truth

The folder is one of `jobs.simulate` with one arm, or with --worlds=two. The users of one arm's world are split by 200
salts; for the second check a share of one half's clicks is taken away. Into the folder come checks.md and checks.html.
The exit code is 1 where the intervals are not right.
"""

import numpy as np
from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_FOLDER = flags.DEFINE_string("folder", None, "folder of a finished simulation", required=True, flag_values=FLAGS)
_ARM = flags.DEFINE_string("arm", "", "arm whose world is split; by default the control", flag_values=FLAGS)
_SALTS = flags.DEFINE_integer("salts", 200, "A/A splits", lower_bound=20, flag_values=FLAGS)
_REPLAYS = flags.DEFINE_integer("replays", 100, "replays of the planted change", lower_bound=20, flag_values=FLAGS)
_LOST = flags.DEFINE_float("lost", 0.05, "share of the control's clicks that is taken away", flag_values=FLAGS)
_SEED = flags.DEFINE_integer("seed", 0, "seed of the planted change", flag_values=FLAGS)


def main(argv: list[str]) -> int:
    """Runs both checks, writes their report and prints it; returns 1 where the intervals are not right.

    Raises:
        ConfigError: An unknown arm.
    """
    del argv
    from mtmd_tf.simulation.assignment import arm_of
    from mtmd_tf.simulation.reports import checks as report
    from mtmd_tf.simulation.statistics import checks
    from mtmd_tf.simulation.statistics.run_folder import RunFolder

    def halves(ids: np.ndarray, salt: str) -> np.ndarray:
        return arm_of(ids, salt, (0.5, 0.5)) == 1

    run = RunFolder.read(_FOLDER.value)
    worlds, arm = run.worlds(), _ARM.value or run.arms[0]
    if arm not in worlds:
        raise ConfigError(f"--arm={arm}: no such arm; the arms are {', '.join(worlds)}.")
    salts = [f"check-{number}" for number in range(max(_SALTS.value, _REPLAYS.value))]
    itself = checks.against_itself(worlds[arm], halves, salts=salts[: _SALTS.value])
    planted = checks.planted(worlds[arm], halves, salts=salts[: _REPLAYS.value], lost=_LOST.value, seed=_SEED.value)
    print(report.write(run.path, itself, planted, arm=arm))
    return 0 if report.passed(itself, planted) else 1


if __name__ == "__main__":
    settings.run(main, FLAGS)
