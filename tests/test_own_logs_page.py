"""docs/bring-your-own-logs.md: its data is what its script makes, its code is what is run, its commands work."""

import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pyarrow.csv
import pytest

from tests import odd
from tfrecords_tools.schema import Schema

CHECKOUT = pathlib.Path(__file__).parents[1]
FOLDER = CHECKOUT / "docs" / "bring-your-own-logs"
PAGE = FOLDER.with_suffix(".md").read_text(encoding="utf-8")


def run(command: list[str], *, cwd: pathlib.Path) -> subprocess.CompletedProcess:
    """`python ...` of the page, in a folder where the checkout's files seem to be."""
    return subprocess.run(
        [sys.executable, *command[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith("python ")]


@pytest.fixture
def elsewhere(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder that looks like the checkout, so that data and runs are not left in it."""
    for name in ("docs", "train.py", "export.py"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    return tmp_path


def test_the_page_shows_the_join_as_it_is() -> None:
    assert f"```python\n{(FOLDER / 'join.py').read_text(encoding='utf-8')}```" in PAGE


def test_the_join_says_what_the_page_says(elsewhere) -> None:
    done = run(commands()[0], cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert f"```\n{done.stdout}```" in PAGE
    header = (elsewhere / "data" / "shop.csv").read_text(encoding="utf-8").partition("\n")[0].split(",")
    assert {feature.key for feature in Schema.load(FOLDER / "schema.json").features} <= set(header)


def test_the_tables_are_what_their_script_makes(tmp_path) -> None:
    (tmp_path / "make.py").write_bytes((FOLDER / "make.py").read_bytes())
    assert run(["python", "make.py"], cwd=tmp_path).returncode == 0
    for name in ("impressions.csv", "clicks.csv", "ads.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_its_commands_have_no_flag_but_paths() -> None:
    flags = {word.partition("=")[0] for command in commands() for word in command if word.startswith("--")}
    assert flags == {"--schema", "--input", "--out", "--data", "--run", "--export", "--embeddings", "--since"}


def test_the_commands_of_the_readme_are_among_those_that_run_here() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    shown = [shlex.split(line) for line in readme.splitlines() if line.startswith("python ")]
    assert len(shown) == 4
    assert [command for command in shown if command not in commands()] == []


@pytest.mark.slow
def test_from_raw_tables_to_ranked_ads(elsewhere) -> None:
    said = ""
    for command in commands():
        done = run(command, cwd=elsewhere)
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        said += done.stdout
    assert "Top 10 of 40 items, by ctr + gctr" in said
    assert "data/ads-05: 48 items (24 image, 24 video)" in said
    assert "48 items in this run, 37 taken over, 11 through the tower" in said  # one has become cheaper, ten are new
    assert "Top 10 of 48 items, by ctr + gctr" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("days", "flags"), [(6, []), (2, ["--partition=hour"])], ids=["six-days", "two-days"])
def test_a_log_of_categories_alone_goes_the_same_way(days, flags, elsewhere) -> None:
    schema = odd.odd_schema(dataclasses.replace(odd.CATEGORIES_ONLY, descriptors=True))
    (elsewhere / "schema.json").write_text(schema.to_json(), encoding="utf-8")
    pyarrow.csv.write_csv(odd.odd_log(schema, requests=20_000 // odd.CANDIDATES, days=days), elsewhere / "log.csv")
    for command in commands()[1:]:
        ours = {"--schema": "--schema=schema.json", "--input": "--input=log.csv"}
        own = [ours.get(word.partition("=")[0], word) for word in command]
        done = run([*own, *(flags if "convert" in own else [])], cwd=elsewhere)
        assert done.returncode == 0, f"{shlex.join(own)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
    assert "Top 10 of 12 items, by ctr + gctr" in done.stdout
