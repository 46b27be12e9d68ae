"""Which of two heavyweight rankers ranks better? Their labels of the same pairs, against the events (paper section 1).

    python -m mtmd_tf.jobs.compare_labels --first=data/adworld-towers --second=data/adworld-labelled

Prints the AUC of both, task by task, with the 95% interval of the difference, first less second, over the days that
both have labeled: a ranker with --tower_features beside one without, for instance.
"""

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
    from mtmd_tf.reporting.markdown import listing

    rows = compare_labels(DataSet.open(_FIRST.value), DataSet.open(_SECOND.value))
    cells = "{0.split} | {0.task} | {0.pairs:,} | {0.positives:,} | {1.first:.4f} | {1.second:.4f} | {2}"
    shown = [(row, row.aucs, _interval(row.aucs.difference, row.aucs.low, row.aucs.high)) for row in rows]
    print(listing("split | task | pairs | positives | first | second | difference", cells, shown, names=2))


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"


if __name__ == "__main__":
    settings.run(main, FLAGS)
