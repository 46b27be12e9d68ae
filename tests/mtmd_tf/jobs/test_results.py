"""The page of all results, and whether the committed one is that of the committed JSON."""

import pathlib
import shutil
import subprocess
import sys

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments import results_page as page
from mtmd_tf.jobs import results
from tests.mtmd_tf.experiments.folders import leave_ranker, leave_table1
from tests.mtmd_tf.jobs.recipe import call
from tests.without import without

CHECKOUT = pathlib.Path(__file__).parents[3]
COMMITTED = CHECKOUT / "docs" / "results"


# In a process without TensorFlow: the page needs none.
SCRIPT = without("tensorflow", "tf_keras", "keras", "lightgbm") + (
    "import runpy\nsys.argv[0] = 'results'\nrunpy.run_module('mtmd_tf.jobs.results', run_name='__main__')"
)


def build(folder: pathlib.Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", SCRIPT, f"--folder={folder}"]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_it_prints_and_writes_the_page_without_tensorflow(tmp_path):
    leave_table1(tmp_path / "results" / "a-table1")
    leave_ranker(tmp_path / "results" / "a-ranker")
    result = build(tmp_path / "results")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "results.md").read_text() in result.stdout
    assert (tmp_path / "results" / "a-table1" / "table1.md").exists()
    assert (tmp_path / "results" / "a-ranker" / "ranker.md").exists()


def test_no_tables_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=f"^{tmp_path / 'none'} holds no table; make one: "):
        call(results, f"--folder={tmp_path / 'none'}")


def test_the_committed_page_and_reports_are_those_of_the_committed_json(tmp_path):
    shutil.copytree(COMMITTED, tmp_path / "results")
    page.write(tmp_path / "results")
    for made in sorted(tmp_path.rglob("*.md")):
        assert made.read_text() == (CHECKOUT / "docs" / made.relative_to(tmp_path)).read_text(), "run: make results"
