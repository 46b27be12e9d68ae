"""Tests of export.py, mtmd_tf/jobs/embed_items.py and rank.py."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from export import publish
from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import rank, runs
from mtmd_tf.serving.find import find_request
from mtmd_tf.serving.ranker import Ranker
from tests.mtmd_tf.serving.world import World, make_world

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.getbasetemp())


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("entry", [["export.py"], ["-m", "mtmd_tf.jobs.embed_items"], ["-m", "mtmd_tf.jobs.rank"]])
def test_help_names_the_flags(entry: list[str]) -> None:
    text = run(*entry, "--help").stdout
    assert "--out" in text or "--embeddings" in text
    assert "paper section" in text or "(section" in text


def test_embed_and_rank_from_the_command_line(world: World, tmp_path: pathlib.Path) -> None:
    export, data, out = f"--export={world.exports}", f"--data={world.data}", tmp_path / "embeddings"
    embedded = run("-m", "mtmd_tf.jobs.embed_items", export, data, f"--out={out}")
    assert "holds 4 items (2 standard, 2 shopping), 24 coordinates each, stamp" in embedded.stdout, embedded.stderr
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"surface": "home", "query": {"country": "fr"}}))
    ranked = run(
        "-m", "mtmd_tf.jobs.rank", export, data, f"--embeddings={out}", f"--request={request}", "--weights=ctr=1"
    )
    assert "Top 4 of 4 items, by 1 x p(ctr)" in ranked.stdout, ranked.stderr


def test_a_run_is_exported_and_checked_on_its_data(
    world: World, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    (tmp_path / "exports/ranker.json").unlink()  # cut off at the very end: both towers are checked again
    monkeypatch.setattr(runs, "load_model", lambda run: world.model)
    done = publish(tmp_path / "run", tmp_path / "exports", data=world.data)
    assert done.spec.version == 1
    assert len(done.differences) == 6
    assert (tmp_path / "exports/ranker.json").read_bytes() == (world.exports / "ranker.json").read_bytes()


def test_the_report_shows_request_items_probabilities_and_time(world: World) -> None:
    request = find_request(world.data, surface="search")
    text = rank.report(Ranker(world.exports, world.embeddings), request, data=world.data, top=2, weights={"ctr": 2.0})
    lines = text.splitlines()
    assert lines[0] == "Request r3 on search"
    assert lines[1:5] == ["  country = de", "  age = 40", "  visits = 4", "  words = hat"]
    assert lines[5] == "Top 2 of 4 items, by 2 x p(ctr)"
    assert lines[6].split() == ["item", "product", "what", "p(ctr)", "p(gctr)", "utility"]
    assert [line.split()[0] for line in lines[7:9]] == ["1", "2"]
    assert all(part in lines[9] for part in ("query tower", "dot products", "formula and top K", " ms"))


def test_a_task_that_does_not_exist_is_not_available(world: World) -> None:
    request = find_request(world.data, surface="search")
    text = rank.report(Ranker(world.exports, world.embeddings), request, data=world.data, product="shopping")
    assert text.count("N/A") == 2


def test_weights_are_task_and_number() -> None:
    assert rank.parse_weights(["ctr=1", "cvr=0.5"]) == {"ctr": 1.0, "cvr": 0.5}
    assert rank.parse_weights([]) is None
    with pytest.raises(ConfigError, match=r"--weights takes task=number separated by commas, got 'ctr:1'"):
        rank.parse_weights(["ctr:1"])
