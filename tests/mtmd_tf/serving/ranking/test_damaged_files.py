"""An export or its embeddings with one file damaged: the same ranking, or one line that names the file."""

import pathlib
import shutil

import numpy as np
import pytest

from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.specification import ServingError
from tests.malformed import UserError, tried
from tests.mtmd_tf.serving.world import World
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import SchemaError

HOME = {"country": "fr", "age": 30, "visits": 2.0}
USER_ERRORS = (ServingError, SchemaError, DataError)  # each of which ends a command in its line


def _ranked(exports: pathlib.Path, embeddings: pathlib.Path) -> tuple[list[str], list[float]]:
    ranking = Ranker(exports, embeddings).rank("home", HOME)
    return ranking.item_id, ranking.utility.tolist()


def _damages(content: bytes, random: np.random.Generator) -> list[bytes]:
    """A bit turned, the end cut off, the middle zeroed."""
    at, turned = int(random.integers(len(content))), bytearray(content)
    turned[at] ^= 1 << int(random.integers(8))
    zeroed = content[: at // 2] + bytes(min(32, len(content) - at // 2)) + content[at // 2 + 32 :]
    return [bytes(turned), content[:at], zeroed]


@pytest.mark.slow
def test_a_damaged_file_is_never_used(world: World, tmp_path: pathlib.Path) -> None:
    exports, embeddings = tmp_path / "exports", tmp_path / "embeddings"
    shutil.copytree(world.exports, exports)
    shutil.copytree(world.embeddings, embeddings)
    whole, random = _ranked(exports, embeddings), np.random.default_rng(0)
    shutil.copytree(embeddings, tmp_path / "whole")  # with its index, which a ranker makes again where it is damaged
    files = [
        path
        for path in (*exports.rglob("*"), *embeddings.rglob("*"))
        if path.is_file() and "item_tower" not in path.parts
    ]
    refused = 0
    for path in files:
        content, kind = path.read_bytes(), "export" if exports in path.parents else "embedding"
        for damaged in _damages(content, random) if content else [b"x"]:
            path.write_bytes(damaged)
            name = str(path.relative_to(tmp_path))
            found = tried(kind, (name, damaged), lambda: _ranked(exports, embeddings), user_errors=USER_ERRORS)
            assert isinstance(found, UserError) or found == whole, name
            refused += isinstance(found, UserError)
            shutil.rmtree(embeddings)
            shutil.copytree(tmp_path / "whole", embeddings)
            path.write_bytes(content)
    assert refused > len(files)
