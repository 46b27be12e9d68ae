"""Tests of the README and of docs/reproduce.md: their commands have these flags; test_tour.py runs the Python."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from tfrecords_tools.schema import Schema

CHECKOUT = pathlib.Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "docs/reproduce.md")


def blocks(page: str, language: str = r"\w*") -> list[str]:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Each `python ...` line of the pages' fenced blocks, split as a shell does."""
    lines = [line.strip() for page in PAGES for block in blocks(page) for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("python ")]


def test_the_readme_is_short_and_cites_the_paper() -> None:
    assert len(README.splitlines()) <= 120
    assert "https://arxiv.org/abs/2510.09857" in README


def test_the_schema_of_the_data_contract_is_one() -> None:
    (shown,) = blocks("docs/data-contract.md", "json")
    schema = Schema.from_dict(json.loads(shown))
    assert schema.surfaces == ("home_feed", "search")
    home_feed = [feature.name for feature in schema.features_of("query", domain="home_feed")]
    assert home_feed == ["country", "user_id", "clicks_30d"]


def test_the_readme_has_commands_to_ranked_items() -> None:
    programs = [" ".join(command[1:3]) for command in commands()]
    assert "-m mtmd_tf.jobs.embed_items" in programs
    assert "-m mtmd_tf.jobs.rank" in programs


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command[1:4]))
def test_every_flag_of_a_command_exists(command) -> None:
    end = next((place for place, word in enumerate(command) if word.startswith("--")), len(command))
    done = subprocess.run(
        [sys.executable, *command[1:end], "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    for flag in command[end:]:
        name = flag.removeprefix("--").split("=")[0]
        assert name == "flagfile" or re.search(rf"--(\[no\])?{name}\b", done.stdout), f"{flag} is not in its help"


def test_the_figures_of_the_readme_are_those_of_the_results() -> None:
    results = (CHECKOUT / "docs/results.md").read_text(encoding="utf-8")
    figures = re.findall(r"[+-]\d+\.\d% \[[-+.\d]+, [-+.\d]+\]", README)
    assert len(figures) >= 4  # two data sets, two measures; a dash is a model that was not trained there
    assert [figure for figure in figures if figure not in results] == []


def test_every_command_is_among_the_entry_points() -> None:
    page = (CHECKOUT / "docs/entry-points.md").read_text(encoding="utf-8")
    named = set(re.findall(r"mtmd_tf\.jobs\.(\w+)", page)) | set(re.findall(r"make (\w+)", page))
    jobs = {
        path.stem for path in (CHECKOUT / "mtmd_tf/jobs").glob("*.py") if "run(" in path.read_text(encoding="utf-8")
    }
    runnable = {
        name for name in jobs if "__main__" in (CHECKOUT / f"mtmd_tf/jobs/{name}.py").read_text(encoding="utf-8")
    }
    assert runnable <= named, f"docs/entry-points.md lacks {sorted(runnable - named)}"


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\bmake (demo|docs|setup|results|test|check|golden|fmt)\b", README)))
)
def test_every_make_target_exists(target) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
