import subprocess
import sys


def test_logs_with_labels_need_no_ranker(labelled, tmp_path):
    command = [sys.executable, "-m", "mtmd_tf.jobs.label", f"--data={labelled}", f"--out={tmp_path / 'out'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"{labelled} already carries labels for every task" in done.stdout
    assert not (tmp_path / "out").exists()
