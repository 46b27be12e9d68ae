"""Tests of mtmd_tf/jobs/skew.py."""

import pathlib

import numpy as np

from tests import warm
from tests.mtmd_tf.evaluation.skew.older import write_older
from tests.mtmd_tf.serving.world import World


def test_the_gate_closes_with_its_own_exit_code(world: World, tmp_path: pathlib.Path) -> None:
    older = write_older(world.embeddings, tmp_path / "older", change=np.negative)
    flags = [f"--export={world.exports}", f"--embeddings={world.embeddings},{older}", f"--data={world.data}"]
    done = warm.run("-m", "mtmd_tf.jobs.skew", *flags, f"--out={tmp_path / 'out'}", "--min_pairs=1")
    assert done.returncode == 3, done.stderr
    assert "Do not launch the query tower" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"skew.md", "skew.html", "skew.json"}
