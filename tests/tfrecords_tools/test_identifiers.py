"""Tests of tfrecords_tools/identifiers.py."""

import pathlib

import numpy as np

from tfrecords_tools.identifiers import first_repeated, write_identifiers


def _write(folder: pathlib.Path, *files: list[bytes]) -> list[pathlib.Path]:
    paths = [folder / f"{number}.arrow" for number in range(len(files))]
    for path, identifiers in zip(paths, files, strict=True):
        write_identifiers(path, np.array(identifiers, dtype=object))
    return paths


def test_the_least_identifier_of_two_files_is_found(tmp_path: pathlib.Path) -> None:
    many = [f"r{number}".encode() for number in range(1000)]
    assert first_repeated(_write(tmp_path, many, [b"r7", b"x"], [b"r500"])) == b"r500"


def test_identifiers_that_come_once_are_no_repetition(tmp_path: pathlib.Path) -> None:
    assert first_repeated(_write(tmp_path, [b"a", b"b"], [b"ab", b"\xff\x00"])) is None
