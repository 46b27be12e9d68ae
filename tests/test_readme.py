"""Tests of what README.md shows."""

import json
import pathlib
import re

from tfrecords_tools.schema import Schema

README = pathlib.Path(__file__).parents[1] / "README.md"


def test_the_schema_of_the_readme_is_one() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    schema = Schema.from_dict(json.loads(shown))
    assert schema.surfaces == ("home_feed", "search")
    assert [feature.name for feature in schema.features_of("query", domain="home_feed")] == [
        "country",
        "user_id",
        "clicks_30d",
    ]
