"""A Markdown report as one HTML page that needs nothing beside it: figures inside, tables that scroll, dark too."""

import base64
import html
import pathlib
import re

import markdown

from mtmd_tf.config import ConfigError
from tfrecords_tools.files import write_text
from tfrecords_tools.html_page import html_page

_PLACES = (".", "figures")  # of a report's own figures, beside it
_LINK = re.compile(r"(https?://|#|(?![A-Za-z][A-Za-z0-9+.-]*:|//))")


class PageError(ConfigError):
    """A report that would embed what is none of its figures."""


def page(text: str, *, folder: str | pathlib.Path) -> str:
    """The whole page; the first heading is its title. HTML inside the text is shown, not obeyed.

    Args:
        text: Markdown with tables.
        folder: Folder of the report and its figures.

    Raises:
        FileNotFoundError: An image that is not there.
        PageError: An image that is no figure of the report, or a link that is none to a page.
    """
    converter = markdown.Markdown(extensions=["tables", "toc", "sane_lists"], output_format="html")
    converter.preprocessors.deregister("html_block")
    converter.inlinePatterns.deregister("html")
    body = converter.convert(text)
    for link in re.findall(r'<a [^>]*href="([^"]*)"', body):
        if not _LINK.match(html.unescape(link)):
            raise PageError(f"a link of a report leads to a page, by http or to a file beside it; it is {link!r}")
    body = re.sub(r"(<table>.*?</table>)", r'<div class="table">\1</div>', body, flags=re.DOTALL)
    body = re.sub(
        r'(<img [^>]*)src="([^"]+)"',
        lambda found: f'{found[1]}src="{_inlined(html.unescape(found[2]), pathlib.Path(folder))}"',
        body,
    )
    headings = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body)
    contents = " ".join(f'<a href="#{anchor}">{heading}</a>' for anchor, heading in headings)
    title = re.search(r"<h1[^>]*>(.*?)</h1>", body)
    plain = html.unescape(re.sub(r"<[^>]*>", "", title[1])) if title else ""
    return html_page(title=plain, body=body, contents=contents)


def write_report(text: str, path: pathlib.Path) -> None:
    """Writes a report's Markdown into `path` and, beside it, an HTML page of the same with its figures inside.

    Raises:
        FileNotFoundError: A figure that is not there.
    """
    write_text(path.with_suffix(".html"), page(text, folder=path.parent))
    write_text(path, text)


def _inlined(source: str, folder: pathlib.Path) -> str:
    path = folder / source
    if path.suffix != ".png" or path not in [folder / place / path.name for place in _PLACES] or path.is_symlink():
        raise PageError(
            f"an image of a report is one of its own figures, NAME.png or figures/NAME.png; it is {source!r}"
        )
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
