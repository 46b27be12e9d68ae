from mtmd_tf.jobs import label
from tests.mtmd_tf.jobs.recipe import call, ended


def test_logs_with_labels_need_no_ranker(labeled, tmp_path, capsys):
    assert not call(label, f"--data={labeled}", f"--out={tmp_path / 'out'}")
    assert f"{labeled} already carries labels for every task" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_embeddings_of_no_towers_are_refused(labeled, tmp_path):
    said = ended(label, f"--data={labeled}", f"--out={tmp_path / 'out'}", "--tower_embeddings").stderr
    assert said == (
        "error: --tower_embeddings are those of --tower_features: name the folder of an export there too.\n"
    )
