"""A diagnosis as one HTML page, with pictures inside; every text from the data is escaped."""

import base64
import html

from tfrecords_tools.doctor.examine import Diagnosis
from tfrecords_tools.doctor.figures import draw
from tfrecords_tools.doctor.text import conclusion
from tfrecords_tools.html_page import html_page
from tfrecords_tools.printable import printable


def page(diagnosis: Diagnosis) -> str:
    """The whole page."""
    title = f"Doctor: {diagnosis.folder.name}"
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td>{_text(cell)}</td>" for cell in (each.level, each.about, each.said, each.advice))
        + "</tr>"
        for each in diagnosis.findings
    )
    heads = "".join(f"<th>{head}</th>" for head in ("level", "about", "what was found", "what to do"))
    parts = [f"<h1>{_text(title)}</h1>", f"<p>{_text(conclusion(diagnosis))}</p>"]
    if rows:
        parts.append(
            f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
        )
    for name, png in draw(diagnosis):
        data = base64.b64encode(png).decode()
        parts.append(f'<h2>{_text(name)}</h2>\n<p><img alt="{_text(name)}" src="data:image/png;base64,{data}"></p>')
    return html_page(title=title, body="\n".join(parts))


def _text(text: str) -> str:
    return html.escape(printable(text))
