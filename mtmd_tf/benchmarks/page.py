"""What a folder of the benchmark's results says, in a file beside it and between two marks of a page."""

import os
import pathlib

from mtmd_tf.benchmarks import curves, figures
from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.list_items import item
from tfrecords_tools.files import write_text

BEGIN, END = "<!-- figures: python -m mtmd_tf.jobs.bench writes them -->", "<!-- end of figures -->"
_FILE_NAME = "bench.md"


def write(folder: pathlib.Path, *, page: pathlib.Path | None = None) -> str:
    """Writes bench.md into the folder and, if there is one, the page; returns the text.

    Args:
        folder: Folder with bench.json, curves.json or both.
        page: Page with the two marks; what stands between them is replaced.

    Raises:
        ConfigError: The folder has neither, or the page lacks a mark.
    """
    if page is not None:
        text = page.read_text(encoding="utf-8")
        write_text(page, between_marks(text, shown(folder, link=os.path.relpath(folder, page.parent)), name=str(page)))
    here = shown(folder)
    write_text(folder / _FILE_NAME, f"# Results of the benchmark\n\n{here}\n")
    return here


def shown(folder: pathlib.Path, *, link: str = ".") -> str:
    """The machine, the table and the curves in Markdown.

    Args:
        folder: Folder with bench.json, curves.json or both.
        link: Path of the folder from the page that shows it.

    Raises:
        ConfigError: The folder has neither.
    """
    parts = []
    if (folder / figures.FILE_NAME).exists():
        parts.append(figures.Bench.load(folder).text())
    if (folder / curves.FILE_NAME).exists():
        found = curves.Curves.load(folder)
        parts.append(f"![Cost of a pair in training]({link}/{curves.DRAWING})")
        parts.append("\n".join(item(line) for line in curves.lines(found.curves)))
    if not parts:
        raise ConfigError(
            f"{folder} has neither {figures.FILE_NAME} nor {curves.FILE_NAME}; python -m mtmd_tf.jobs.bench makes them."
        )
    return "\n\n".join(parts)


def between_marks(text: str, shown: str, *, name: str) -> str:
    """The page's text with `shown` between its marks.

    Args:
        text: The page as it is.
        shown: What is to stand there.
        name: Name of the page, for the error.

    Raises:
        ConfigError: The page lacks a mark.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError(f"{name} has no place for the figures: they go between {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}"
