r"""Compares finished simulations: designs against the truth, the cut sweep, offline measures (paper section 3.3).

    python -m mtmd_tf.jobs.compare_simulations --folder=runs/truth --folder=runs/ab --out=runs/designs
    python -m mtmd_tf.jobs.compare_simulations --folder=runs/keep25 --folder=runs/keep50 --out=runs/cut
    python -m mtmd_tf.jobs.compare_simulations --folder=runs/models --out=runs/prediction \
        --evaluation=mtmd=runs/mtmd/evaluation.json --evaluation=ple=runs/ple/evaluation.json

The folders are those of `jobs.simulate`. Two whole worlds (--worlds=two) are the truth for experiments of the same
arms, settings and seed, with any --split and --salt. --evaluation=ARM=PATH takes an arm's offline measures from what
`jobs.evaluate` left; --models is a table of such measures, a CSV with the column `model`, names of arms, and a column
for each. The report is comparison.md and comparison.html.
"""

import pathlib

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_FOLDERS = flags.DEFINE_multi_string("folder", [], "folder of a finished simulation; repeat it", flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", None, "folder of the report", required=True, flag_values=FLAGS)
_MODELS = flags.DEFINE_string("models", "", "CSV of models and their offline measures", flag_values=FLAGS)
_EVALUATIONS = flags.DEFINE_multi_string(
    "evaluation", [], "ARM=PATH, an arm's evaluation.json, instead of --models; repeat it", flag_values=FLAGS
)
_TASKS = flags.DEFINE_list("tasks", ["ctr"], "tasks whose offline measures are taken", flag_values=FLAGS)
_CUT = flags.DEFINE_integer("cut", 50, "cut whose offline measures are taken", lower_bound=1, flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Writes the report and prints it.

    Raises:
        ConfigError: No folder, one that comes twice, or offline measures from both flags.
    """
    del argv
    folders = _FOLDERS.value
    twice = [folder for number, folder in enumerate(folders) if folder in folders[:number]]
    if not folders or twice:
        raise ConfigError(f"--folder={twice[0]} comes twice." if twice else "give --folder, once for each simulation.")
    if _MODELS.value and _EVALUATIONS.value:
        raise ConfigError("--models and --evaluation both give offline measures; give one of them.")
    from mtmd_tf.simulation.reports import comparison, offline_table  # takes seconds to import

    models = offline_table.of_file(pathlib.Path(_MODELS.value)) if _MODELS.value else None
    if _EVALUATIONS.value:
        paths = offline_table.paths_named(_EVALUATIONS.value)
        models = offline_table.of_evaluations(paths, tasks=_TASKS.value, cut=_CUT.value)
    print(comparison.write(folders, pathlib.Path(_OUT.value), models=models))


if __name__ == "__main__":
    settings.run(main, FLAGS)
