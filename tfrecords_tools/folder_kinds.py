"""What a folder is for, told by the files in it, so that no command writes into another's folder."""

import pathlib
import re
from collections.abc import Iterable

BUILDING = ".build.json"

DATA_SET = "a data set"
EMBEDDINGS = "embeddings, or a data set that lost its schema.json"
RUN = "a run"
EXPORT = "an export"

_MARKS = {
    DATA_SET: (BUILDING,),
    RUN: ("config.json", "data.json"),
    EXPORT: ("ranker.json", "query_tower", "item_tower"),
}
_ELSEWHERE = re.compile(  # of stores, as commands and pathlib write them; query towers have addresses too
    r"(?:--?\w+=)?(?:s3[an]?|gs|hdfs|viewfs|abfss?|wasbs?|adl|az|dbfs|oss|cosn?|file):/.*", re.DOTALL
)
_SHARED = "schema.json"  # each of them has one but embeddings
_MANIFEST = "manifest.json"  # of data sets and embeddings


def elsewhere(words: Iterable[str]) -> str:
    """Says which word names a place in a store, which would become a folder of this machine; empty where none does."""
    word = next((word for word in words if _ELSEWHERE.fullmatch(word)), "")
    rule = "name a file or folder of this machine: copy it here and back, or mount the store"
    return f"{word} is the address of a store; {rule}" if word else ""


def require_no_other(folder: pathlib.Path, *, mine: str, flag: str, raises: type[Exception]) -> None:
    """Refuses a folder that was made for something else, where a file of it would be overwritten.

    Args:
        folder: Folder that a command is about to write; it may be missing.
        mine: Kind of the folder: `DATA_SET`, `EMBEDDINGS`, `RUN` or `EXPORT`.
        flag: Flag that chose the folder.
        raises: The error to raise.

    Raises:
        raises: The folder holds another of the four, or a schema.json that came from elsewhere, or is in a store.
    """
    if odd := elsewhere([str(folder)]):
        raise raises(f"{flag}: {odd}")
    found = {kind: [name for name in marks if (folder / name).exists()] for kind, marks in _MARKS.items()}
    if (folder / _MANIFEST).exists():
        found.setdefault(DATA_SET if (folder / _SHARED).exists() else EMBEDDINGS, []).insert(0, _MANIFEST)
    for kind, names in found.items():
        if kind != mine and names:
            raise raises(f"{folder} holds {kind} ({names[0]}); choose another {flag}, nothing in it was changed.")
    if not found.get(mine) and (folder / _SHARED).exists():
        raise raises(
            f"{folder} holds a {_SHARED} that is not of {mine} begun here; choose another {flag}, or an empty folder."
        )
