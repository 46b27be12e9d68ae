"""The frame of every HTML page: one file that fetches nothing, runs nothing, and reads well in the dark."""

import html

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """\
:root { color-scheme: light dark; --back: #ffffff; --text: #1f2328; --rule: #d1d9e0; --head: #f6f8fa;
  --quiet: #59636e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --rule: #3d444d; --head: #151b23; --quiet: #9198a1; }
}
body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1, h2, h3 { line-height: 1.25; margin: 2em 0 .6em; }
h1 { margin-top: .5em; }
h2 { border-bottom: 1px solid var(--rule); padding-bottom: .25em; }
nav { font-size: .9rem; color: var(--quiet); }
nav a { margin-right: 1em; white-space: nowrap; }
a { color: inherit; }
.table { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--rule); padding: .25em .6em; white-space: nowrap; }
th { background: var(--head); }
tbody tr:hover { background: var(--head); }
img { max-width: 100%; background: #ffffff; border-radius: 6px; padding: 6px; box-sizing: border-box; }
code, pre { font-family: ui-monospace, Consolas, monospace; font-size: .9em; }
pre { overflow-x: auto; background: var(--head); padding: .75em 1em; }"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<nav>{contents}</nav>
{body}
</body>
</html>
"""


def html_page(*, title: str, body: str, contents: str = "") -> str:
    """The whole page.

    Args:
        title: Text, which is escaped here.
        body: HTML, in which whoever made it has escaped all text.
        contents: HTML of links to its sections.
    """
    return _PAGE.format(policy=_POLICY, title=html.escape(title), style=_STYLE, contents=contents, body=body)
