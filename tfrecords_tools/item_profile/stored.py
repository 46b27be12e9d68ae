"""The file of a profile: JSON with a digest, beside the export whose stamp it carries."""

import json
import pathlib
from typing import Any

from tfrecords_tools import structure
from tfrecords_tools.digests import read_with_digest, with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.item_profile.profile import ItemProfile
from tfrecords_tools.requests import DataError

FILE_NAME = "item_features.json"
_STAMP = "stamp"
_RULE = "export again: python export.py"


def write(folder: pathlib.Path, profile: ItemProfile, *, stamp: str) -> None:
    """Writes the profile that belongs to the export with this stamp."""
    plain: dict[str, Any] = {_STAMP: stamp, **structure.plain(profile)}
    write_text(folder / FILE_NAME, json.dumps(with_digest(plain)) + "\n")


def load(folder: pathlib.Path, *, stamp: str) -> ItemProfile | None:
    """The profile beside an export; None where there is none, as in exports from before there were profiles.

    Args:
        folder: Folder of the export.
        stamp: Stamp of the export; another one's profile is none.

    Raises:
        DataError: The file was edited or damaged; it names the file.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    plain = read_with_digest(path, raises=DataError, rule=_RULE)
    if plain.pop(_STAMP, None) != stamp:
        return None
    try:
        return structure.structure(plain, ItemProfile)
    except structure.StructureError as error:
        raise DataError(f"{path}: {error}; {_RULE}") from error
