"""What a folder is for, told by the files in it, so that no command writes into another's folder."""

import pathlib

BUILDING = ".build.json"

DATA_SET = "a data set, or embeddings"
RUN = "a run"
EXPORT = "an export"

_MARKS = {
    DATA_SET: ("manifest.json", BUILDING),
    RUN: ("config.json", "data.json"),
    EXPORT: ("ranker.json", "query_tower", "item_tower"),
}
_SHARED = "schema.json"  # each of them has one


def require_no_other(folder: pathlib.Path, *, mine: str, flag: str, raises: type[Exception]) -> None:
    """Refuses a folder that was made for something else, where a file of it would be overwritten.

    Args:
        folder: Folder that a command is about to write; it may be missing.
        mine: Kind of the folder: `DATA_SET`, `RUN` or `EXPORT`.
        flag: Flag that chose the folder.
        raises: The error to raise.

    Raises:
        raises: The folder holds another of the three, or a schema.json that came from elsewhere.
    """
    found = {kind: [name for name in marks if (folder / name).exists()] for kind, marks in _MARKS.items()}
    for kind, names in found.items():
        if kind != mine and names:
            raise raises(f"{folder} holds {kind} ({names[0]}); choose another {flag}, nothing in it was changed.")
    if not found[mine] and (folder / _SHARED).exists():
        raise raises(
            f"{folder} holds a {_SHARED} that is not of {mine} begun here; choose another {flag}, or an empty folder."
        )
