"""Reads a range of a shard's records past corrupt ones, where TensorFlow's own reader gives up (docs/data-contract.md).

uint64 length | uint32 masked CRC-32C of the length | the record | uint32 masked CRC-32C of the record
"""

import pathlib
from typing import NamedTuple

import google_crc32c

from tfrecords_tools.requests import DataError

_LENGTH, _CHECKSUM = 8, 4
_HEADER = _LENGTH + _CHECKSUM
_MASK = 0xA282EAD8


class Recovered(NamedTuple):
    """What a range of a shard holds.

    Attributes:
        records: The records in order, as many as can be found.
        intact: Whether each is what was written, by its checksum.
        end: Why there are fewer than asked for; empty where there are not.
        more: Whether the shard goes on behind the range.
    """

    records: list[bytes]
    intact: list[bool]
    end: str
    more: bool


def recover(path: pathlib.Path, *, first: int = 0, count: int) -> Recovered:
    """Reads records `first` to `first + count`, as far as they can be found.

    A record with a wrong checksum is given as it stands; one whose length is corrupt hides all that lie behind it.

    Raises:
        DataError: No such file.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file, though the manifest lists it")
    content = memoryview(path.read_bytes())
    records: list[bytes] = []
    intact: list[bool] = []
    number = place = 0
    while True:
        start = place + _HEADER
        length = content[place : place + _LENGTH]
        stop = start + int.from_bytes(length, "little")
        if place == len(content):
            end = f"the shard ends after {number} records"
        elif start > len(content):
            end = f"record {number} is cut off"
        elif not _matches(length, content[place + _LENGTH : start]):
            end = f"the length of record {number} is corrupt, which hides what lies behind it"
        elif stop + _CHECKSUM > len(content):
            end = f"record {number} is cut off"
        elif number < first + count:
            place = stop + _CHECKSUM
            if number >= first:
                records.append(bytes(content[start:stop]))
                intact.append(_matches(content[start:stop], content[stop:place]))
            number += 1
            continue
        else:
            return Recovered(records, intact, "", more=True)
        return Recovered(records, intact, end if len(records) < count else "", more=False)


def _matches(data: memoryview, checksum: memoryview) -> bool:
    """Whether a piece has TFRecord's checksum: the CRC-32C, rotated by 15 bits, plus a constant."""
    crc = google_crc32c.value(bytes(data))
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF == int.from_bytes(checksum, "little")
