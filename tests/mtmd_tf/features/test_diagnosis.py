"""A failure that does not come back is told as it was."""

import tensorflow as tf

from mtmd_tf.features.diagnosis import explain
from mtmd_tf.features.reading import DataSet
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.shards import write_dataset


def test_records_that_read_well_again_leave_the_first_message(tmp_path):
    write_dataset(
        tmp_path / "tiny",
        schema=tiny_schema(),
        requests=[tiny_requests()],
        items=tiny_items(),
        eval_from=EVAL_FROM,
        source={"name": "tiny", "arguments": {}},
    )
    data = DataSet.open(tmp_path / "tiny")
    paths = [str(shard.path) for shard in data.manifest.shards("train")]
    error = tf.errors.InvalidArgumentError(None, None, "out of\n  luck " + "x" * 1000)
    explained = str(explain(error, data.schema, data.manifest, paths))
    assert explained.startswith("reading failed, but every record reads well on its own: out of luck xxx")
    assert len(explained) < 500
