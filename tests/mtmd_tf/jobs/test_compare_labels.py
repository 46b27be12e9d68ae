import pathlib

from mtmd_tf.heavyweight.labels.two_rankers import LabelAUC
from mtmd_tf.jobs import compare_labels
from mtmd_tf.metrics.paired_auc import PairedAUC
from mtmd_tf.reporting.page import passage


def test_the_table_has_both_aucs_and_the_interval_of_their_difference():
    aucs = PairedAUC(first=0.75, second=0.7, low=-0.01, high=0.11)
    row = LabelAUC(split="eval", task="ctr", pairs=1234, positives=56, aucs=aucs)
    [*_, line] = passage(pathlib.Path(compare_labels.__file__).with_suffix(".md"), rows=[row]).splitlines()
    assert [cell.strip(" |") for cell in line.split(" | ")] == (
        ["eval", "ctr", "1,234", "56", "0.7500", "0.7000", "+0.0500 [-0.0100, +0.1100]"]
    )
