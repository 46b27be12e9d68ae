"""Text files are UTF-8, whatever the locale of the process."""

import ast
import json
import os
import pathlib
import subprocess
import sys

import pytest

_CHECKOUT = pathlib.Path(__file__).parent.parent
_SOURCES = [
    *(_CHECKOUT / "tfrecords_tools").rglob("*.py"),
    *(_CHECKOUT / "mtmd_tf").rglob("*.py"),
    *_CHECKOUT.glob("*.py"),
]
_MODE = set("rwaxbt+")
_AS_TEXT = ("text", "universal_newlines")  # of subprocess
_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
_COPY = """
import pathlib, sys
from tfrecords_tools.files import write_text
from tfrecords_tools.schema import Schema
write_text(pathlib.Path(sys.argv[2]), Schema.load(sys.argv[1]).to_json())
"""
_SAY = "from tfrecords_tools.user_errors import exit_code; exit_code(lambda: print('K\\u00f6ln'), user_errors=())"


def _in_the_locale(call: ast.Call) -> bool:
    """Whether a call reads or writes text in the locale's encoding."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in keywords:
        return False
    is_method = isinstance(call.func, ast.Attribute)
    if is_method and name in ("read_text", "write_text"):
        return len(call.args) == (name == "write_text")  # our own write_text(path, text) has two
    if name == "open":
        given = [call.args[not is_method]] if len(call.args) > (not is_method) else [keywords.get("mode")]
        mode = given[0].value if isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else None
        own = is_method and (mode is None or not set(mode) <= _MODE)  # DataSet.open and its like
        return not own and "b" not in (mode or "r")
    return any(isinstance(given, ast.Constant) and given.value is True for given in map(keywords.get, _AS_TEXT))


@pytest.mark.parametrize(
    "call",
    ["open(p)", "open(p, 'w')", "p.open('a')", "p.read_text()", "p.write_text('x')", "subprocess.run([], text=True)"],
)
def test_a_call_without_an_encoding_is_seen(call: str) -> None:
    assert _in_the_locale(ast.parse(call, mode="eval").body)


@pytest.mark.parametrize(
    "call", ["open(p, 'rb')", "p.open('wb')", "p.read_text(encoding='utf-8')", "DataSet.open(p)", "f(text='x')"]
)
def test_bytes_and_named_encodings_are_fine(call: str) -> None:
    assert not _in_the_locale(ast.parse(call, mode="eval").body)


def test_no_text_file_is_read_or_written_in_the_encoding_of_the_locale() -> None:
    found = [
        f"{path.relative_to(_CHECKOUT)}:{node.lineno}"
        for path in _SOURCES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and _in_the_locale(node)
    ]
    assert len(_SOURCES) > 100
    assert not found, 'give encoding="utf-8"'


def _run(code: str, *arguments: str) -> bytes:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=_CHECKOUT, env={**os.environ, **_ASCII}, check=True, capture_output=True).stdout


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_vocabulary_is_the_same_in_every_locale(tmp_path: pathlib.Path, mark: bytes) -> None:
    country = {"name": "city", "side": "query", "kind": "categorical", "dtype": "bytes"}
    plain = {"name": "logs", "surfaces": ["home"], "products": ["ads"], "tasks": [{"name": "ctr"}]}
    plain["features"] = [{**country, "vocabulary": ["München", "Köln"]}]
    (tmp_path / "schema.json").write_bytes(mark + json.dumps(plain, ensure_ascii=False).encode())
    _run(_COPY, str(tmp_path / "schema.json"), str(tmp_path / "copy.json"))
    assert json.loads((tmp_path / "copy.json").read_bytes()) == plain


def test_a_terminal_that_lacks_a_letter_is_no_reason_to_stop() -> None:
    assert _run(_SAY) == b"K\\xf6ln\n"
