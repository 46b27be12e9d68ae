import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.evaluation.buckets import label_buckets
from mtmd_tf.features.reading import DataSet
from tfrecords_tools.requests import DataError

PARENTS = {"ctr": None, "gctr": "ctr"}


def test_the_edges_are_those_of_the_labels(labeled):
    """Every label is 0.1 on home and 0.4 on search, so every tenth ends there."""
    edges = label_buckets(DataSet.open(labeled), split="eval", parents=PARENTS).edges["ctr"]
    np.testing.assert_allclose(edges[:2], 0.1, rtol=0.01)
    np.testing.assert_allclose(edges[2:], 0.4, rtol=0.01)


def test_they_are_the_same_whatever_slice_is_read(labeled):
    whole, part = (
        label_buckets(DataSet.open(labeled, slice_name=name), split="eval", parents=PARENTS)
        for name in ("", "home/standard")
    )
    np.testing.assert_array_equal(whole.edges["ctr"], part.edges["ctr"])


def test_a_label_column_of_another_length_is_named(labeled, tmp_path):
    folder = shutil.copytree(labeled, tmp_path / "data")
    [shard, *_] = DataSet.open(folder).manifest.shards("eval")
    example = tf.train.Example.FromString(next(iter(tf.data.TFRecordDataset(str(shard.path)))).numpy())
    del example.features.feature["label/ctr"].float_list.value[-1]
    with tf.io.TFRecordWriter(str(shard.path)) as writer:
        writer.write(example.SerializeToString())
    with pytest.raises(DataError, match=r"record 0: .*label/ctr: one value per candidate is the rule"):
        label_buckets(DataSet.open(folder), split="eval", parents=PARENTS)


def test_a_task_without_labels_has_no_edges(labeled):
    data = DataSet.open(labeled)
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, columns=("event/ctr",)))
    assert np.isnan(label_buckets(data, split="eval", parents=PARENTS).edges["ctr"]).all()
