"""Reads a range of a shard's records past corrupt ones, where TensorFlow's own reader gives up (docs/data-contract.md).

uint64 length | uint32 masked CRC-32C of the length | the record | uint32 masked CRC-32C of the record
"""

import pathlib
from typing import NamedTuple

import numpy as np

from tfrecords_tools.requests import DataError

_HEADER, _FOOTER = 12, 4
_POLYNOMIAL = 0x82F63B78  # CRC-32C, bits reversed
_MASK = 0xA282EAD8


class Salvaged(NamedTuple):
    """What a range of a shard holds.

    Attributes:
        records: The records in order, as many as can be found.
        sound: Whether each is what was written, by its checksum.
        end: Why there are fewer than asked for; empty where there are not.
        more: Whether the shard goes on behind the range.
    """

    records: list[bytes]
    sound: list[bool]
    end: str
    more: bool


def salvage(path: pathlib.Path, *, first: int = 0, count: int) -> Salvaged:
    """Reads records `first` to `first + count`, as far as they can be found.

    A record with a wrong checksum is given as it stands; one whose length is corrupt hides all that lie behind it.

    Raises:
        DataError: No such file.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file, though the manifest lists it")
    content = np.fromfile(path, np.uint8)
    starts, lengths, end = _frames(content, most=first + count + 1)
    more = len(starts) > first + count
    starts, lengths = starts[first : first + count], lengths[first : first + count]
    view = memoryview(content)
    records = [bytes(view[start : start + length]) for start, length in zip(starts, lengths, strict=True)]
    sound = _numbers(content, starts + lengths) == _masked_crc(content, starts, lengths)
    return Salvaged(records, sound.tolist(), end if len(records) < count else "", more)


def _frames(content: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Start and length of the first records, and why there are no more."""
    headers: list[int] = []
    lengths: list[int] = []
    view, place = memoryview(content), 0
    while place < len(content) and len(headers) < most:
        length = int.from_bytes(view[place : place + 8], "little")
        headers.append(place)
        lengths.append(length)
        place += _HEADER + length + _FOOTER
    whole, end = len(headers), f"the shard ends after {len(headers)} records"
    if place > len(content):
        whole, end = whole - 1, f"record {whole - 1} is cut off"
    seen = np.array([place for place in headers if place + _HEADER <= len(content)], np.int64)
    wrong = np.flatnonzero(_numbers(content, seen + 8) != _masked_crc(content, seen, np.full(len(seen), 8)))
    if len(wrong):
        whole, end = int(wrong[0]), f"the length of record {wrong[0]} is corrupt, which hides what lies behind it"
    return seen[:whole] + _HEADER, np.array(lengths[:whole], np.int64), end


def _numbers(content: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The uint32 at each place."""
    return content[starts[:, None] + np.arange(4)].astype(np.uint32) @ (np.uint32(1) << np.arange(0, 32, 8, np.uint32))


def _masked_crc(content: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """TFRecord's checksum of each piece, byte by byte over all pieces at once."""
    order = np.argsort(-lengths, kind="stable")
    starts, longest_first = starts[order], -lengths[order]
    crc = np.full(len(order), 0xFFFFFFFF, np.uint32)
    for byte in range(-longest_first[0] if len(order) else 0):
        active = int(np.searchsorted(longest_first, -byte))  # those that have this byte
        crc[:active] = _TABLE[(crc[:active] ^ content[starts[:active] + byte]) & 0xFF] ^ (crc[:active] >> 8)
    crc = ~crc[np.argsort(order)]
    return ((crc >> 15) | (crc << 17)) + np.uint32(_MASK)


def _table() -> np.ndarray:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = (crc >> 1) ^ np.where(crc & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return crc


_TABLE = _table()
