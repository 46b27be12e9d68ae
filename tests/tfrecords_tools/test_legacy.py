"""Tests of tfrecords_tools/legacy.py."""

import pathlib

import pytest
import tensorflow as tf

from tests.tfrecords_tools.test_records import three_records
from tfrecords_tools.legacy import records


def test_reading_says_nothing_of_its_own(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)  # TensorFlow's own does not pass on what it says
    try:
        assert len(list(records(three_records(tmp_path)))) == 3
    finally:
        logger.removeHandler(caplog.handler)
    assert not caplog.records
