"""Which of two heavyweight rankers ranks better? Their labels of the same pairs, against the events (paper section 1).

    python -m mtmd_tf.jobs.compare_labels --first=data/adworld-towers --second=data/adworld-labeled

Prints the AUC of both, task by task, with the 95% interval of the difference, first less second, over the days that
both have labeled: a ranker with --tower_features beside one without, for instance.
"""

import pathlib

from absl import flags

from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_FIRST = flags.DEFINE_string("first", None, "labeled data set", required=True, flag_values=FLAGS)
_SECOND = flags.DEFINE_string(
    "second", None, "the same requests, labeled by another ranker", required=True, flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Compares the labels and prints the table."""
    del argv
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.heavyweight.labels.two_rankers import compare_labels
    from mtmd_tf.reporting.page import passage

    rows = compare_labels(DataSet.open(_FIRST.value), DataSet.open(_SECOND.value))
    print(passage(pathlib.Path(__file__).with_suffix(".md"), rows=rows))


if __name__ == "__main__":
    settings.run(main, FLAGS)
