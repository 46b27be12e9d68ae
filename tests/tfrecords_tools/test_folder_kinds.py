"""Tests of tfrecords_tools/folder_kinds.py."""

import itertools
import json
import pathlib

import pytest

from tfrecords_tools.digests import with_digest
from tfrecords_tools.folder_kinds import DATA_SET, EMBEDDINGS, EXPORT, RUN, require_no_other
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError

FILES = {
    DATA_SET: ("manifest.json", "schema.json"),
    EMBEDDINGS: ("manifest.json",),
    RUN: ("config.json", "data.json", "schema.json"),
    EXPORT: ("ranker.json",),
}


def _made(folder: pathlib.Path, kind: str) -> pathlib.Path:
    for name in FILES[kind]:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(("there", "mine"), [*itertools.permutations(FILES, 2)])
def test_a_folder_of_another_kind_is_refused(there: str, mine: str, tmp_path: pathlib.Path) -> None:
    """Embeddings in the folder of a data set were told to delete it."""
    with pytest.raises(DataError, match=rf" holds {there} \({FILES[there][0]}\); choose another --out, nothing in it"):
        require_no_other(_made(tmp_path, there), mine=mine, flag="--out", raises=DataError)


@pytest.mark.parametrize("kind", FILES)
def test_a_folder_of_ones_own_kind_and_none_are_taken(kind: str, tmp_path: pathlib.Path) -> None:
    require_no_other(_made(tmp_path, kind), mine=kind, flag="--out", raises=DataError)
    require_no_other(tmp_path / "new", mine=kind, flag="--out", raises=DataError)


def test_embeddings_read_as_a_data_set_are_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(with_digest({"format": 3, "stamp": "s", "parts": []})))
    with pytest.raises(
        DataError, match=r"holds embeddings, no data set; name what convert or mtmd_tf\.jobs\.label wrote"
    ):
        Manifest.load(tmp_path)
