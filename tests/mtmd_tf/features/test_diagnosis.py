"""A failure that does not come back is told as it was."""

import tensorflow as tf

from mtmd_tf.features import diagnosis
from mtmd_tf.features.diagnosis import explain
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.features.reading import DataSet
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.shards import write_dataset


def test_the_failing_record_of_a_batch_is_found_without_parsing_the_sound_ones_alone(labeled, tmp_path, monkeypatch):
    data = DataSet.open(labeled)
    [shard, *_] = data.manifest.shards("train")
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(shard.path))]
    records[5] = b""
    path = tmp_path / "broken.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    parsed = []
    original = RequestParser.__call__
    monkeypatch.setattr(diagnosis, "_RECORDS", 4)
    monkeypatch.setattr(RequestParser, "__call__", lambda *a: parsed.append(int(a[1].shape[0])) or original(*a))
    error = tf.errors.InvalidArgumentError(None, None, "at first")
    assert f"{path}, record 5: " in str(explain(error, data.schema, data.manifest, [str(shard.path), str(path)]))
    sound = [4] * (shard.requests // 4) + [shard.requests % 4] * bool(shard.requests % 4)
    assert parsed == [*sound, 4, *(4, 2, 1, 1, 2)]  # the sound file, the batch before, and the halves of the broken one


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
