"""Tests of tfrecords_tools/doctor/domains.py."""

import dataclasses
import pathlib

from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.doctor.domains import examine
from tfrecords_tools.doctor.finding import NOTE


def test_many_domains_are_said_with_what_they_cost(tmp_path: pathlib.Path) -> None:
    schema = tiny_schema()
    assert len(schema.surfaces) == len(schema.products) == 2
    many = dataclasses.replace(schema, surfaces=(*schema.surfaces, *(f"surface_{place}" for place in range(98))))
    found = next(finding for finding in examine(write_tiny(tmp_path), many) if "an expert for each" in finding.said)
    assert found.level == NOTE
    assert found.said.startswith(
        "100 surfaces and 2 products: train.py makes an expert for each, which takes about 143 s"
    )
    assert "3.7 GB before its first step" in found.said  # 102 times 1.4 s and .036 GB


def test_few_domains_are_not_worth_a_word(tmp_path: pathlib.Path) -> None:
    assert not [each for each in examine(write_tiny(tmp_path), tiny_schema()) if "an expert for each" in each.said]
