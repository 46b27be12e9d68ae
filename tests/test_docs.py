"""Tests of the documentation as a whole: its links lead somewhere, its site builds, its decisions come first."""

import ast
import os
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]
PAGES = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]
DECISIONS = sorted((CHECKOUT / "docs/adr").glob("*.md"))
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(?:https?:)?//[^>]*>")


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(CHECKOUT))


def anchors(page: pathlib.Path) -> set[str]:
    """The places in a page that a link can name, as GitHub and MkDocs call them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(page) -> None:
    for target, anchor in re.findall(
        r"\]\((?!https?:|mailto:)([^)\s#]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8")
    ):
        there = page.parent / target if target else page
        assert there.exists(), f"{name(page)} links to {target}, which is not there"
        assert not anchor or anchor in anchors(there), f"{name(page)} links to {target}#{anchor}, which it lacks"


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path) -> None:
    """All but the API reference, which `make docs` builds with it."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", f"--site-dir={tmp_path}"],
        cwd=CHECKOUT,
        env={**os.environ, "MTMD_TF_DOCS_API": "false", "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    pages = [*tmp_path.rglob("*.html")]
    assert {"index.html", "tour/index.html", "glossary/index.html", "adr/index.html"} <= {
        str(page.relative_to(tmp_path)) for page in pages
    }
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not ELSEWHERE.search(text.replace('<link rel="canonical"', "")), page


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name[:4])
def test_a_decision_record_opens_with_its_decision(page) -> None:
    title, decision = page.read_text(encoding="utf-8").split("\n\n")[:2]
    assert title.startswith(f"# {int(page.name[:4])}. ")
    assert decision.startswith("**Decision.** "), f"{page.name}: the first paragraph is the decision"
    sentences = re.findall(r"[.!?](?=\s|$)", decision.removeprefix("**Decision.** "))
    assert 1 <= len(sentences) <= 2, f"{page.name}: say the decision in two sentences"


def layers() -> list[str]:
    """The lines of the import contract over `mtmd_tf`, the roof first."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = [each["layers"] for each in contracts["contracts"] if each.get("containers") == ["mtmd_tf"]]
    return found


def test_the_architecture_page_has_every_folder_and_module() -> None:
    page = (CHECKOUT / "docs/architecture.md").read_text(encoding="utf-8")
    (drawing,) = re.findall(r"^```\n(jobs .*?)^```$", page, re.MULTILINE | re.DOTALL)
    drawn = set(re.findall(r"\w+", drawing))
    missing = {module for layer in layers() for module in layer.split(" | ")} - drawn
    assert not missing, f"docs/architecture.md lacks {sorted(missing)}"


def test_the_packages_docstring_draws_the_import_contract() -> None:
    docstring = ast.get_docstring(ast.parse((CHECKOUT / "mtmd_tf/__init__.py").read_text(encoding="utf-8")))
    drawn = [re.split(r"  +", line.strip())[0] for line in docstring.splitlines() if line.startswith("    ")]
    assert drawn == layers()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_is_there(page) -> None:
    for path in re.findall(r"`((?:mtmd_tf|tfrecords_tools|tests)/[\w./-]+)`", page.read_text(encoding="utf-8")):
        assert (CHECKOUT / path).exists(), f"{name(page)} names {path}, which is not there"
