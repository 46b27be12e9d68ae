"""The exports run where neither mtmd_tf nor TensorFlow Recommenders can be imported."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq

from mtmd_tf.serving.ranking.ranker import Ranker
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema
from tests.without import without
from tfrecords_tools.examples import encode_items

HOME = {"country": "fr", "age": 30.0, "visits": 2.0, "taste": [1.0, 0.0]}

SCRIPT = (
    without("mtmd_tf", "tfrecords_tools", "tensorflow_recommenders", "tf_keras")
    + """
import numpy as np
import tensorflow as tf

exports, records, out = sys.argv[1:]
query = tf.saved_model.load(exports + "/query_tower/1").signatures["home"](
    country=tf.constant(["fr"]), age=tf.constant([30.0]), visits=tf.constant([2.0]), taste=tf.constant([[1.0, 0.0]])
)
item = tf.saved_model.load(exports + "/item_tower/1").signatures["serialized"](
    serialized=tf.constant(list(np.load(records, allow_pickle=True)), tf.string)
)
np.savez(out, query=query["embedding"], item=item["embedding"])
"""
)


def test_the_exports_load_and_run_elsewhere(world: World, tmp_path: pathlib.Path) -> None:
    records = np.array(list(encode_items(tiny_schema(), tiny_items())), dtype=object)
    np.save(tmp_path / "records.npy", records, allow_pickle=True)
    command = [
        sys.executable,
        "-c",
        SCRIPT,
        str(world.exports),
        str(tmp_path / "records.npy"),
        str(tmp_path / "out.npz"),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "TF_USE_LEGACY_KERAS"}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    elsewhere = np.load(tmp_path / "out.npz")
    here = Ranker(world.exports, world.embeddings)
    np.testing.assert_allclose(elsewhere["query"][0], here.embed_queries("home", [HOME])[0], atol=1e-5)
    stored = pq.read_table(world.embeddings / "part-00000-of-00001.parquet")["embedding"].to_pylist()
    np.testing.assert_allclose(elsewhere["item"], np.array(stored), atol=1e-5)
