"""The verb `doctor`, and what `convert` says at its end."""

import argparse
import pathlib
from collections.abc import Iterator

from tfrecords_tools.whole_numbers import positive

_SHORT_SAMPLE = 20_000  # pairs of each split that are looked at after a conversion
_IN_REMARKS = frozenset(("domains", "events"))  # what `convert` says of them already


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.description = (
        "Ranked findings, each with what to do; exit code 1 where one is serious. Writes nothing into DIR."
    )
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--sample", type=positive, default=100_000, help="pairs to read of each split (default 100000)")
    parser.add_argument("--html", type=pathlib.Path, metavar="FILE", help="also write a page with pictures")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Prints every finding, and writes the page where it is asked for."""
    from tfrecords_tools.doctor import text
    from tfrecords_tools.doctor.examine import examine
    from tfrecords_tools.files import write_text

    diagnosis = examine(options.folder, sample=options.sample)
    print(text.whole(diagnosis))
    if options.html:
        from tfrecords_tools.doctor.html import page  # matplotlib takes a while to import

        write_text(options.html, page(diagnosis))
        print(f"Written to {options.html}.")
    return 1 if diagnosis.serious else 0


def after_convert(folder: pathlib.Path) -> Iterator[str]:
    """What is worst, in a few lines, from a small part of the data."""
    from tfrecords_tools.doctor import text
    from tfrecords_tools.doctor.examine import examine

    return text.short(examine(folder, sample=_SHORT_SAMPLE), known=_IN_REMARKS)
