"""Writes the report of a finished simulation again: Tables 2 to 5 next to the paper's (paper section 3.3).

    python -m mtmd_tf.jobs.report_simulation --folder=runs/funnel
    python -m mtmd_tf.jobs.report_simulation --folder=runs/free_tasks --tables=5

The folder is one of `jobs.simulate`, which writes the report of Tables 2 to 4 itself. Into it come report.md,
report.html, changes.csv and figures/. Table 5 is for an experiment whose control has free tasks and whose treatment has
constrained ones.
"""

import pathlib
import sys

from absl import flags

from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_FOLDER = flags.DEFINE_string("folder", None, "folder of a finished simulation", required=True, flag_values=FLAGS)
_TABLES = flags.DEFINE_list("tables", ["2", "3", "4"], "the paper's tables to make, of 2, 3, 4, 5", flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Writes the report and says where it is."""
    del argv
    from mtmd_tf.simulation.reports import experiment  # takes seconds to import

    for warning in experiment.write(_FOLDER.value, tables=_TABLES.value):
        print(f"warning: {warning}", file=sys.stderr)
    print(f"Written to {pathlib.Path(_FOLDER.value) / experiment.REPORT}.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
