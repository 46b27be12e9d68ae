"""Text from data is shown in a report's Markdown and HTML as what it is, and does nothing there."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.reporting.html import page
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import table as markdown_table
from tfrecords_tools.printable import printable

_PIECES = [
    *"ab_*`~\\|[]()<>!&#;:/{}\"'-+. $1=^%@,?\n\t\x1b\x02\x03\u202eé",
    *("http://a.b", "&amp;", "&#60;", "<script>", "</td>", "![x](/etc/passwd)", "[x]: /y", "~~", "__", "**"),
]
_HOSTILE = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join) | st.text()


class _Cell(HTMLParser):
    """The tags of a page's table, and the text of its last cell."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.text = "" if tag == "td" else self.text

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=150, deadline=None)
@given(_HOSTILE)
def test_a_cell_of_the_page_holds_the_very_text_and_no_tag(tmp_path_factory, value) -> None:
    table = page(markdown_table([{"name": f"<{value}>"}], names=1), folder=".").partition("<table>")[2]
    cell = _Cell(table.partition("</table>")[0])
    assert cell.tags == {"thead", "tbody", "tr", "th", "td"}
    assert cell.text.rstrip("\n") == printable(f"<{value}>")


@pytest.mark.parametrize(
    "plain", ["add_to_cart", "-3.1% [-4.0, -2.2]", "a & b", "~0.2 / 5%", "N/A", "1.5e-06", "größe"]
)
def test_plain_names_and_numbers_are_their_own(plain) -> None:
    assert literal(plain) == plain


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("![x](/etc/passwd)", "![x\\](/etc/passwd)"),
        ("a|b", "a\\|b"),
        ("two\nlines", "two\\\\nlines"),
        ("\x1b[31mred", "\\\\x1b[31mred"),
        ("~~out~~", "&#126;~out&#126;~"),
    ],
)
def test_what_would_mean_something_is_escaped(value, shown) -> None:
    assert literal(value) == shown
