"""Which files a conversion reads: every pattern must match, and a file's content is what it is known by."""

import concurrent.futures
import glob
import hashlib
import pathlib
from collections.abc import Iterator, Sequence

from absl import logging

from tfrecords_tools.folder_kinds import BUILDING
from tfrecords_tools.printable import few
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.user_errors import no_text

SUFFIXES = (".parquet", ".csv")

_OF_A_DATA_SET = "manifest.json", BUILDING
_TABLES = {"_delta_log": "Delta Lake", ".hoodie": "Apache Hudi"}
_OUTDATED = "it keeps files that are no longer part of it"
_OTHERS = {  # what to do about other kinds of logs
    **dict.fromkeys((".gz", ".bz2", ".zst", ".zip"), "; decompress it"),
    **dict.fromkeys(
        (".jsonl", ".json", ".ndjson"), "; write it as Parquet: pyarrow.json.read_json leaves ids as they are"
    ),
    ".tsv": "; write it with commas, as CSV",
}
_ANOTHER = "; write it as one of them"
_DIGEST_BYTES = 16  # two files of one digest are of one content
_NAMED = 3  # names in a message


def find_logs(patterns: Sequence[str]) -> list[pathlib.Path]:
    """The log files that paths, folders and glob patterns name, each once, in order of their paths.

    A path that exists is taken as it stands, whatever its brackets. Of a folder, and of what a pattern matches, names
    that begin with `_` or `.` are no logs (Spark writes `_SUCCESS` and `.crc` files), nor is a schema file.

    Raises:
        DataError: A pattern that matches nothing, a folder without logs, a file that is no log, or a name that is no
            text.
    """
    found: dict[pathlib.Path, None] = {}
    empty = []
    for pattern in patterns:
        matches = sorted(_matches(pattern))
        found |= dict.fromkeys(matches)
        if not matches:
            empty.append(pattern)
    if empty:
        raise DataError("; ".join(_nothing(pattern) for pattern in empty))
    if odd := no_text(map(str, found)):
        raise DataError(odd)
    _warn_of_parts(sorted(found))
    return sorted(found)


def digests(paths: Sequence[pathlib.Path]) -> dict[pathlib.Path, str]:
    """What each file's content is known by: 32 hex digits of its SHA-256."""
    with concurrent.futures.ThreadPoolExecutor() as pool:  # hashing leaves Python's lock alone
        return dict(zip(paths, pool.map(_digest, paths), strict=True))


def states(paths: Sequence[pathlib.Path]) -> dict[pathlib.Path, tuple[int, int]]:
    """What changes with a file: its size and its time."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def require_unchanged(before: dict[pathlib.Path, tuple[int, int]]) -> None:
    """Refuses to complete a data set whose manifest would name another content than was read.

    Raises:
        DataError: A file has other `states` than before.
    """
    changed = [path for path, state in states(list(before)).items() if state != before[path]]
    if changed:
        raise DataError(f"{changed[0]} has changed while it was converted: the same command converts it again")


def distinct(paths: Sequence[pathlib.Path], known: dict[pathlib.Path, str]) -> list[pathlib.Path]:
    """The first file of each content; says which are left out: links, copies, one file by two paths."""
    first: dict[str, pathlib.Path] = {}
    again = [(path, first[known[path]]) for path in paths if first.setdefault(known[path], path) is not path]
    if again:
        said = few([f"{path} is the same as {kept}" for path, kept in again], most=_NAMED)
        logging.warning("of files with the same content one is read: %s", said)
    return list(first.values())


def kind_of(path: pathlib.Path) -> str:
    """`.parquet` or `.csv`.

    Raises:
        DataError: Another suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        rule = "a log file ends in .parquet or .csv, and a folder holds such files"
        raise DataError(f"{path}: {rule}{_OTHERS.get(suffix, _ANOTHER)}")
    return suffix


def _digest(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[: 2 * _DIGEST_BYTES]


def _matches(pattern: str) -> Iterator[pathlib.Path]:
    path = pathlib.Path(pattern).expanduser()
    if path.is_dir():
        yield from _logs_below(path)
    elif path.exists():
        kind_of(path)
        yield path
    else:
        for match in map(pathlib.Path, glob.glob(str(path), recursive=True)):
            if not any(_is_no_log(part) for part in match.parts if part not in path.parts):
                yield from _logs_below(match)


def _logs_below(path: pathlib.Path) -> Iterator[pathlib.Path]:
    if path.is_dir():
        _require_whole(path)
        for child in path.iterdir():
            if not _is_no_log(child.name):
                yield from _logs_below(child)
    else:
        kind_of(path)
        yield path


def _require_whole(folder: pathlib.Path) -> None:
    """Refuses a folder whose files are not all of its rows, or more than those."""
    if marks := [name for name in _OF_A_DATA_SET if (folder / name).exists()]:
        rule = "which a conversion has written: name the logs beside it one by one, or keep it in another folder"
        raise DataError(f"{folder} is a data set ({marks[0]}), {rule}")
    if table := _table(folder):
        raise DataError(f"{folder} is a table of {table}; {_OUTDATED}: write it as plain Parquet")
    if (folder / "_temporary").is_dir() and not (folder / "_SUCCESS").exists():
        raise DataError(f"{folder} is not written to its end: there is a _temporary of its writer, and no _SUCCESS")


def _table(folder: pathlib.Path) -> str | None:
    """The format of the table that a folder is, which says in files of its own which of the others are part of it."""
    marked = (table for name, table in _TABLES.items() if (folder / name).is_dir())
    return next(marked, "Apache Iceberg" if any(folder.glob("metadata/*.metadata.json")) else None)


def _warn_of_parts(paths: Sequence[pathlib.Path]) -> None:
    """Says which files are in a table, taken one by one, by a pattern or by a folder in it."""
    first: dict[pathlib.Path, pathlib.Path] = {}
    for path in paths:
        for folder in path.resolve().parents:
            first.setdefault(folder, path)
    for folder, path in first.items():
        if table := _table(folder):
            logging.warning(
                "%s is in a table of %s; %s: name the files of its last version alone, or write it as plain Parquet",
                path,
                table,
                _OUTDATED,
            )


def _is_no_log(name: str) -> bool:
    return name.startswith(("_", ".")) or name == SCHEMA_FILE


def _nothing(pattern: str) -> str:
    path = pathlib.Path(pattern).expanduser()
    if path.is_dir():
        return f"--input={pattern}: the folder holds no .parquet or .csv file"
    folder = path.parent
    if not folder.is_dir():
        return f"--input={pattern} matches nothing" + (
            "" if glob.escape(pattern) != pattern else f": no folder {folder}"
        )
    there = sorted(each.name for each in folder.iterdir() if not each.name.startswith(("_", ".")))
    listed = ", ".join(repr(name) for name in there[:_NAMED]) + (", ..." if len(there) > _NAMED else "")
    return f"--input={pattern} matches nothing; {folder} holds {listed or 'nothing'}"
