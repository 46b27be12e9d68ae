"""The world of a data set."""

import pytest

from mtmd_tf.simulation.world_of import world_of
from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.requests import DataError


def test_a_data_set_of_another_source_is_refused(tmp_path):
    write_tiny(tmp_path / "data")
    with pytest.raises(
        DataError, match=r"is of the source '\w+'; a simulation needs the world that made the data: build"
    ):
        world_of(tmp_path / "data")
