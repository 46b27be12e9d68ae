from mtmd_tf.jobs import label
from tests.mtmd_tf.jobs.recipe import call


def test_logs_with_labels_need_no_ranker(labelled, tmp_path, capsys):
    assert not call(label, f"--data={labelled}", f"--out={tmp_path / 'out'}")
    assert f"{labelled} already carries labels for every task" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
