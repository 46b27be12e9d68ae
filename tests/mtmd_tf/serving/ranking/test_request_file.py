"""Tests of mtmd_tf/serving/ranking/request_file.py."""

import json
import pathlib
import re

import pytest

from mtmd_tf.serving.ranking.request_file import read_request
from mtmd_tf.serving.specification import ServingError
from tests.malformed import refused

RULE = 'request.json: a request is {"surface": name, "query": {feature: value}}; '


def test_a_request_is_read_from_json(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"surface": "home", "query": {"age": 30, "country": None}}))
    assert read_request(path) == ("request.json", "home", {"age": 30, "country": None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"query": {}}', "it has no surface"),
        ('{"surface": "home"}', "it has no query"),
        ("[1]", "it holds [1]"),
        ("", "no JSON from line 1, column 1 on"),
        ('{"surface": "home",\n "query": {"age": }}', "no JSON from line 2, column 19 on"),
        ("[" * 100_000, "its lists are too deep"),
        (b'{"surface": "\xff"}', "not UTF-8 from byte 13 on"),
        ('{"surface": "home", "query": 3}', "query: features by name; it is 3"),
        ('{"surface": 3, "query": {}}', "surface: a name; it is 3"),
        ('{"surface": "home", "query": {}, "request_id": true}', "request_id: text; it is True"),
        ('{"surface": "home", "query": {}, "top": 3}', "no key 'top'; it has ['surface', 'query', 'request_id']"),
        ('{"surface": "home", "query": {"age": 1, "age": 2}}', "the key 'age' comes twice"),
        ('{"surface": "home", "surface": "search", "query": {}}', "the key 'surface' comes twice"),
    ],
)
def test_a_file_that_is_no_request_is_told_the_rule_and_what_came(
    tmp_path: pathlib.Path, text: str | bytes, message: str
) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with refused("request", text, ServingError, match=re.escape(RULE + message) + "$"):
        read_request(path)


def test_a_request_that_is_not_there_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ServingError, match=r"none.json: no such file or directory; check the path"):
        read_request(tmp_path / "none.json")
