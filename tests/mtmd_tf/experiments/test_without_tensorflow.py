"""A wrong flag is answered, and a table written again from its results, without TensorFlow's seconds."""

import subprocess
import sys


def test_importing_the_tables_does_not_import_tensorflow() -> None:
    code = (
        "import sys, mtmd_tf.experiments.tables, mtmd_tf.experiments.runs.run_queue; print('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
