"""MkDocs hooks: README and its like, the notebook, the list of decisions and the API become pages of the site."""

import json
import pathlib
import posixpath
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

CHECKOUT = pathlib.Path(__file__).parents[1]
PAGES = {  # page of the site: file of the checkout
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "security.md": "SECURITY.md",
}
DECISIONS, TOUR, API, FILES = "adr/index.md", "tour.md", "api", "files"
SITE = {file: page for page, file in PAGES.items()} | {"docs/adr": DECISIONS, "docs/tour.ipynb": TOUR}
PACKAGES = ("mtmd_tf", "tfrecords_tools")
_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds the decisions and, where mkdocstrings is on, the API reference to the navigation."""
    decisions = [DECISIONS, *sorted(f"adr/{path.name}" for path in (CHECKOUT / "docs/adr").glob("*.md"))]
    config.nav = [*config.nav, {"Decisions": decisions}]
    if _has_api(config):
        config.nav.append({"API reference": sorted(_api_pages())})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made of something else, and the files that pages link to."""
    texts = {f"docs/{page.src_uri}": page.content_string for page in files.documentation_pages()}
    made = {page: (CHECKOUT / source).read_text(encoding="utf-8") for page, source in PAGES.items()}
    texts |= {source: made[page] for page, source in PAGES.items()}
    made |= {DECISIONS: _decisions(), TOUR: _notebook(CHECKOUT / "docs/tour.ipynb")}
    made |= _api_pages() if _has_api(config) else {}
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    linked = {_target(source, link[2]) for source, text in texts.items() for link in _LINK.finditer(text)}
    for target in sorted(linked):
        if not target.startswith("docs/") and target not in PAGES.values() and (CHECKOUT / target).is_file():
            files.append(File.generated(config, f"{FILES}/{target}", abs_src_path=str(CHECKOUT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Points links at the place that a file has in the site."""
    del config, files
    here = page.file.src_uri
    source = PAGES.get(here, f"docs/{here}")

    def moved(link: re.Match) -> str:
        target = _target(source, link[2])
        elsewhere = target.removeprefix("docs/") if target.startswith("docs/") else f"{FILES}/{target}"
        uri = SITE.get(target, elsewhere)
        return f"{link[1]}{posixpath.relpath(uri, posixpath.dirname(here) or '.')}{link[3] or ''}{link[4]}"

    return markdown if here.startswith(f"{API}/") else _LINK.sub(moved, markdown)


def _target(source: str, link: str) -> str:
    """The file of the checkout that a link of a file of the checkout names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def _has_api(config: MkDocsConfig) -> bool:
    return bool(config.plugins["mkdocstrings"].config.enabled)


def _decisions() -> str:
    """Every decision record with what it decides."""
    lines = ["# Decisions", "", "What the paper leaves open, and what measurement decided: one page a decision.", ""]
    for path in sorted((CHECKOUT / "docs/adr").glob("*.md")):
        title, decision = path.read_text(encoding="utf-8").split("\n\n")[:2]
        decision = decision.removeprefix("**Decision.** ").replace("\n", " ")
        lines.append(f"- **[{title.removeprefix('# ')}]({path.name})** {decision}")
    return "\n".join(lines) + "\n"


def _notebook(path: pathlib.Path) -> str:
    """The notebook with its outputs, as Markdown."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
        parts += [_shown(output) for output in cell.get("outputs", [])]
    return "\n\n".join(parts) + "\n"


def _shown(output: dict) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="figure" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    return f"```text\n{''.join(output.get('text') or data['text/plain']).rstrip()}\n```"


def _api_pages() -> dict[str, str]:
    """A page for each package, with all of its modules."""
    pages: dict[str, str] = {}
    for root in PACKAGES:
        for init in sorted((CHECKOUT / root).rglob("__init__.py")):
            package = ".".join(init.parent.relative_to(CHECKOUT).parts)
            modules = sorted(path.stem for path in init.parent.glob("[!_]*.py"))
            bare = "\n    options:\n      show_root_heading: false"
            parts = [f"# {package}", f"::: {package}{bare}\n      members: false"]
            parts += [f"## {name}\n\n::: {package}.{name}{bare}" for name in modules]
            pages[f"{API}/{package}.md"] = "\n\n".join(parts) + "\n"
    return pages
