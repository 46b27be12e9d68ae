"""Pages from templates of Markdown: whoever edits the words of a report edits the `.md` file beside its code."""

import pathlib
import re
import string
from collections.abc import Mapping
from typing import Any

from mtmd_tf.reporting.markdown import NO_VALUE, cell, table

_APART = re.compile(r"^([^|\n].*)\n(?=\|)", re.MULTILINE)  # Markdown wants an empty line between them
_PARTS = re.compile(r"(?:^\|.*\n?)+|^.+\n?", re.MULTILINE)  # whole tables, and lines
_OWN_NONE = re.compile(r"\?([^}]*)\}")


def page(template: pathlib.Path, /, **values: Any) -> str:
    """The template with a value for each `{placeholder}`; what has nothing to say is left out.

    A table is written as it looks. Its last row stands for every item of the list that it names first:
    `| {rows.task} | {rows.kl:.3f} |` shows two attributes of each of `rows`. A rule of `--:` puts a column right.
    `{rows.kl:.3f?none}` says what stands for a None or a key that is missing; without the `?` that is `-`. A title that
    names an attribute of the items, as `| KL of {rows.task} |`, makes a column for each of its values, and one line of
    the items whose other cells are the same.

    Left out are a table without items and the words of its paragraph; a line, and a paragraph, whose placeholders are
    all empty; and a heading with nothing below it.

    Args:
        template: File of Markdown.
        values: Markdown, a number, a list of paragraphs, or the items of a table, whose cells are text. None, False and
            what has no length are empty.

    Raises:
        ValueError: A placeholder without a value or a value without a placeholder, which names the template; or two
            texts for one cell.
    """
    text = template.read_text(encoding="utf-8").strip()
    if wrong := set(values) ^ set(_names(text)):
        raise ValueError(f"{template}: each placeholder needs a value and each value a placeholder: {sorted(wrong)}")
    kept: list[str] = []  # from the end, where it is known whether a heading has anything below it
    for block in reversed(text.split("\n\n")):
        shown = _paragraph(block, values)
        if shown and not (_is_heading(shown) and (not kept or 0 < _level(kept[-1]) <= _level(shown))):
            kept.append(shown)
    return "\n\n".join(reversed(kept)) + "\n"


def passage(template: pathlib.Path, /, **values: Any) -> str:
    """The same without the end of the last line: a part of a page."""
    return page(template, **values).rstrip("\n")


def _paragraph(text: str, values: Mapping[str, Any]) -> str:
    """The paragraph, or an empty text where its tables are all empty or, without a table, its placeholders."""
    parts = [part.rstrip("\n") for part in _PARTS.findall(text)]
    shown = [_table(part, values) if part.startswith("|") else _line(part, values) for part in parts]
    tables = [found for part, found in zip(parts, shown, strict=True) if part.startswith("|")]
    decisive = tables or [found for part, found in zip(parts, shown, strict=True) if _names(part)]
    return _APART.sub(r"\1\n\n", "\n".join(filter(None, shown))) if any(decisive) or not decisive else ""


def _line(text: str, values: Mapping[str, Any]) -> str:
    """The line, or an empty text where all its placeholders are empty."""
    names = _names(text)
    texts = {name: _text(values[name]) for name in names}
    if names and all(each == "" for each in texts.values()):
        return ""
    return text.format_map(texts) if names else text


def _text(value: Any) -> Any:
    return "" if value is None or value is False else "\n\n".join(value) if isinstance(value, list) else value


def _table(text: str, values: Mapping[str, Any]) -> str:
    """The table, or an empty text where there is no item."""
    header, rule, row = ([part.strip() for part in line.strip("|").split("|")] for line in text.split("\n"))
    items = _names(text.rpartition("\n")[2])[0]
    fixed = [place for place, title in enumerate(header) if items not in _names(title)]
    lines: dict[Any, dict[str, str]] = {}
    columns: list[dict[str, str]] = [{} for _ in header]  # of each title the columns, and what stands in their gaps
    for number, item in enumerate(values[items]):
        titles, cells = ([cell(form, **{**values, items: item}) for form in forms] for forms in (header, row))
        line = lines.setdefault(number if len(fixed) == len(header) else tuple(cells[each] for each in fixed), {})
        for place, (title, shown) in enumerate(zip(titles, cells, strict=True)):
            if line.setdefault(title, shown) != shown:
                raise ValueError(f"two texts for one cell of the column {title!r}: {line[title]!r}, {shown!r}")
            columns[place][title] = own[1] if (own := _OWN_NONE.search(row[place])) else NO_VALUE
    gaps = {title: gap for those in columns for title, gap in those.items()}
    rows = [{title: line.get(title, gap) for title, gap in gaps.items()} for line in lines.values()]
    return table(rows, names=sum(not each.endswith(":") for each in rule))


def _names(text: str) -> list[str]:
    """The placeholders in order, without what they take of their values."""
    return [re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name]


def _level(text: str) -> int:
    """2 of what begins with `## Title`; 0 of what begins with no heading."""
    return len(text) - len(text.lstrip("#"))


def _is_heading(text: str) -> bool:
    """Whether it is the heading of a section, alone."""
    return _level(text) > 1 and "\n" not in text
