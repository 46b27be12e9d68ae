"""A ranker whose query tower TensorFlow Serving holds runs where TensorFlow cannot be imported, and starts at once."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests.mtmd_tf.serving.querying.odd_server import answering, http
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings
from tests.without import without

SCRIPT = (
    without("tensorflow", "tf_keras", "keras", "tensorflow_recommenders")
    + """
import time

begun = time.perf_counter()
from mtmd_tf.serving.ranking.ranker import Ranker
imported = time.perf_counter()
Ranker(sys.argv[1], sys.argv[2], query_tower=sys.argv[3])
indexed = time.perf_counter()
ranker = Ranker(sys.argv[1], sys.argv[2], query_tower=sys.argv[3])
made = time.perf_counter()
print(*ranker.rank("home", {"age": 30.0, "taste": [1.0, 0.0]}, top=2).item_id)
print("seconds", imported - begun, indexed - imported, made - indexed)
"""
)


def answer(width: int, stamp: str) -> bytes:
    """What TensorFlow Serving says of the model, and what the model says of one request."""
    inputs = {
        name: {"dtype": dtype, "tensor_shape": {"dim": [{"size": str(size)} for size in sizes]}}
        for name, dtype, sizes in (
            ("country", "DT_STRING", [-1]),
            ("age", "DT_FLOAT", [-1]),
            ("visits", "DT_FLOAT", [-1]),
            ("taste", "DT_FLOAT", [-1, 2]),
        )
    }
    metadata = {"signature_def": {"signature_def": {"home": {"inputs": inputs}}}}
    outputs = {"embedding": [[1.0] * width], "stamp": [stamp]}
    return http(json.dumps({"metadata": metadata, "outputs": outputs}))


def test_a_ranker_behind_rest_needs_no_tensorflow(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture) -> None:
    spec = small_spec()
    (tmp_path / "exports").mkdir()
    spec.write(tmp_path / "exports")
    (tmp_path / "embeddings").mkdir()
    embedding = np.repeat(np.float32([-1, 2, 1, -2])[:, None] / spec.width, spec.width, axis=1)
    write_embeddings(tmp_path / "embeddings", spec, ["a", "b", "c", "d"], product=[0] * 4, embedding=embedding)
    with answering(answer(spec.width, spec.stamp)) as address:
        command = [sys.executable, "-c", SCRIPT, tmp_path / "exports", tmp_path / "embeddings", f"http://{address}"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    ranked, seconds = result.stdout.splitlines()
    assert ranked == "b c"
    imported, indexed, made = map(float, seconds.split()[1:])
    with capsys.disabled():
        print(f"\na ranker behind REST: import {imported:.2f} s, making {made:.3f} s, with its index {indexed:.3f} s")
    assert made < 1
