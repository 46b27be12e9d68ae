"""The rules of identifiers, which name requests and items in files, tables and answers of servers."""

import numpy as np

from tfrecords_tools.printable import printable

RULE = "text in UTF-8, not empty, and not ending in a zero byte, which storage cannot keep"


def wrong_ids(identifiers: np.ndarray) -> np.ndarray:
    """`[count]` bool: which of the `bytes` objects break `RULE`."""
    joined = b"\0".join([b"", *identifiers.tolist(), b""])
    if b"\0\0" not in joined and is_utf8(joined):  # all at once: a request has its identifier checked a million times
        return np.zeros(len(identifiers), bool)
    return np.array([not one or one.endswith(b"\0") or not is_utf8(one) for one in identifiers.tolist()], bool)


def repeated_within(identifiers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """`[count]` bool: which `bytes` objects came before in the same row, where rows of `lengths` follow each other."""
    again, whole, ends = np.zeros(len(identifiers), bool), identifiers.tolist(), np.cumsum(lengths)
    several = lengths > 1
    for start, end in zip((ends - lengths)[several].tolist(), ends[several].tolist(), strict=True):
        row = whole[start:end]
        if len(set(row)) < len(row):  # a set for each row is ten times as fast as pandas over all of them
            again[start:end] = [one in row[:place] for place, one in enumerate(row)]
    return again


def readable(identifier: bytes) -> str:
    """An identifier for people, whatever its bytes are, on one line."""
    text = identifier.decode(errors="backslashreplace") if isinstance(identifier, bytes) else str(identifier)
    return printable(text)


def is_utf8(content: bytes) -> bool:
    """Whether bytes are text in UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
