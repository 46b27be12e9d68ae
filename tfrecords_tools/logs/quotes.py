r"""Quotes of a CSV file that end a value too early, as those that are escaped by \ do."""

import csv
import mmap
import pathlib
import re

from tfrecords_tools.requests import DataError

_WITHIN = re.compile(rb'[^,"\r\n]"[^,"\r\n]')  # not at an end of a value, and not doubled


def require_doubled(path: pathlib.Path) -> None:
    r"""Refuses a CSV file with text behind a closing quote, as `"5\" nail"` has; `5" nail` without quotes is text.

    pyarrow reads such a value, with a backslash and a quote that its writer never meant.

    Raises:
        DataError: There is one; it names file and row.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not _WITHIN.search(content):
            return
    number = 0
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.reader(text, strict=True)
        try:
            for row in rows:
                number += bool(row)
        except csv.Error as error:
            if "expected after" in str(error):
                rule = r'a quote inside a value is doubled, as "5"" nail", and not escaped by a backslash'
                raise DataError(f"{path}, row {number}: text stands behind a closing quote; {rule}") from error
