"""The report as a page that needs nothing beside it."""

import base64

import pytest

from mtmd_tf.reporting.html import PageError, page

_TEXT = "# Evaluation of <run>\n\n## One\n\n| a | b |\n| --- | --: |\n| x | 1 |\n\n![dots](figures/dots.png)\n"


@pytest.fixture
def text(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "dots.png").write_bytes(b"picture")
    return page(_TEXT, folder=tmp_path)


def test_figures_are_inside(text) -> None:
    assert f'src="data:image/png;base64,{base64.b64encode(b"picture").decode()}"' in text
    assert "figures/dots.png" not in text


def test_nothing_is_fetched(text) -> None:
    assert "http:" not in text
    assert "https:" not in text
    assert "<script" not in text


def test_a_table_scrolls_by_itself(text) -> None:
    assert '<div class="table"><table>' in text
    assert '<td style="text-align: right;">1</td>' in text


def test_the_title_and_the_contents(text) -> None:
    assert "<title>Evaluation of &lt;run&gt;</title>" in text
    assert '<a href="#one">One</a>' in text


def test_dark_and_light(text) -> None:
    assert "prefers-color-scheme: dark" in text


def test_a_figure_that_is_not_there(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"dots\.png"):
        page(_TEXT, folder=tmp_path)


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "../dots.png", "figures/../../dots.png", "https://a.b/c.png", "a.svg"]
)
def test_no_file_but_the_reports_figures_is_embedded(source, tmp_path) -> None:
    with pytest.raises(PageError, match=r"one of its own figures, NAME.png or figures/NAME.png; it is "):
        page(f"![x]({source})", folder=tmp_path)


def test_a_link_in_place_of_a_figure_is_refused(tmp_path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "dots.png").symlink_to(tmp_path / "secret")
    with pytest.raises(PageError, match=r"it is 'dots\.png'"):
        page("![x](dots.png)", folder=tmp_path)


def test_html_in_the_text_is_shown_and_not_obeyed(tmp_path) -> None:
    text = page("<script>alert(1)</script>\n\na <img src=/etc/passwd> b", folder=tmp_path)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


def test_a_link_that_runs_a_script_is_refused(tmp_path) -> None:
    with pytest.raises(PageError, match=r"a link of a report leads to a page, .*'javascript:alert\(1\)'"):
        page("[x](javascript:alert(1))", folder=tmp_path)


def test_the_page_may_load_and_run_nothing(text) -> None:
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text.partition("<title>")[0]
