"""Tests of export.py, mtmd_tf/jobs/embed_items.py and rank.py."""

import dataclasses
import json
import pathlib
import shutil

import pytest

from export import publish
from mtmd_tf.features.reading import DataSet
from mtmd_tf.serving.ranking.find import find_request
from mtmd_tf.serving.ranking.item_file import read_bids
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.report import report
from mtmd_tf.serving.specification import RankerSpec
from mtmd_tf.training import runs
from tests import warm
from tests.mtmd_tf.serving.world import World
from tfrecords_tools.item_profile import stored
from tfrecords_tools.manifest import Manifest


def test_embed_and_rank_from_the_command_line(world: World, tmp_path: pathlib.Path) -> None:
    export, data, out = f"--export={world.exports}", f"--data={world.data}", tmp_path / "embeddings"
    embedded = warm.run("-m", "mtmd_tf.jobs.embed_items", export, data, f"--out={out}")
    assert "holds 4 items (2 standard, 2 shopping), 24 coordinates each, stamp" in embedded.stdout, embedded.stderr
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"surface": "home", "query": {"country": "fr"}}))
    ranked = warm.run(
        "-m", "mtmd_tf.jobs.rank", export, data, f"--embeddings={out}", f"--request={request}", "--utility=2*ctr"
    )
    assert "Top 4 of 4 items, by 2*ctr" in ranked.stdout, ranked.stderr


def test_a_data_set_of_another_schema_is_refused_with_both(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.data, tmp_path / "other")
    manifest = Manifest.load(tmp_path / "other")
    dataclasses.replace(manifest, schema_fingerprint="feedfeedfeedfeed").write()
    paths = [f"--export={world.exports}", f"--embeddings={world.embeddings}", f"--data={tmp_path / 'other'}"]
    refused = warm.run("-m", "mtmd_tf.jobs.rank", *paths, "--surface=search")
    assert refused.returncode == 1
    assert "other was written with the schema feedfeedfeedfeed, but schema 'tiny' is" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_run_is_exported_and_checked_on_its_data(
    world: World, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    (tmp_path / "exports/ranker.json").unlink()  # cut off at the very end: both towers are checked again
    monkeypatch.setattr(runs, "load_model", lambda run: world.model)
    monkeypatch.setattr(runs, "trained", lambda run: None)
    done = publish(tmp_path / "run", tmp_path / "exports", data=world.data)
    assert done.spec.version == 1
    assert len(done.differences) == 6
    assert (tmp_path / "exports/ranker.json").read_bytes() == (world.exports / "ranker.json").read_bytes()


def test_an_export_says_what_its_training_had_and_until_when(
    world: World, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    monkeypatch.setattr(runs, "load_model", lambda run: world.model)
    monkeypatch.setattr(runs, "trained", lambda run: None)
    monkeypatch.setattr(runs, "open_data", lambda run: DataSet.open(world.data))
    done = publish(tmp_path / "run", tmp_path / "exports")
    assert done.spec.last_day == RankerSpec.load(tmp_path / "exports").last_day == "2017-03-02"  # eval is of the third
    assert done.spec.usual is not None
    assert set(done.spec.usual["home"]) == {"country", "visits", "taste"}  # of r0 and r2; r2 has no age
    profile = stored.load(tmp_path / "exports", stamp=done.spec.stamp)
    assert profile is not None
    assert {name: own.pairs for name, own in profile.products.items()} == {"standard": 3, "shopping": 3}


def test_the_report_shows_request_items_probabilities_and_time(world: World) -> None:
    request = find_request(world.data, surface="search")
    text = report(Ranker(world.exports, world.embeddings), request, top=2, utility="2 * ctr")
    lines = text.splitlines()
    assert lines[0] == "Request r3 on search"
    assert lines[1:5] == ["  country = de", "  age = 40", "  visits = 4", "  words = hat"]
    assert lines[5] == "Top 2 of 4 items, by 2 * ctr"
    assert lines[6].split() == ["item", "product", "what", "p(ctr)", "p(gctr)", "utility"]
    assert [line.split()[0] for line in lines[7:9]] == ["1", "2"]
    assert all(part in lines[9] for part in ("query tower", "dot products", "formula and top K", " ms"))


def test_a_task_that_does_not_exist_is_not_available(world: World) -> None:
    request = find_request(world.data, surface="search")
    text = report(Ranker(world.exports, world.embeddings), request, product="shopping")
    assert text.count("N/A") == 2


def test_a_task_that_counts_nothing_for_a_product_is_said(world: World) -> None:
    request, said = find_request(world.data, surface="search"), "shopping has no gctr on search: 0 in its utility"
    ranker = Ranker(world.exports, world.embeddings)
    plain = report(ranker, request)
    assert plain.count(said) == 1
    assert "Top 4 of 4 items, by ctr + gctr (the sum of all tasks; --utility says another)" in plain
    assert said not in report(ranker, request, utility="ctr")
    assert said not in report(ranker, request, product="standard")


def test_a_condition_that_no_item_meets_is_said(world: World) -> None:
    request = find_request(world.data, surface="search")
    text = report(Ranker(world.exports, world.embeddings), request, where='item/id == "z"')
    assert "No item is left to rank: the product, the candidates or the condition (--where) keep none." in text
    assert "DataFrame" not in text


@pytest.fixture(scope="module")
def ranker(world: World) -> Ranker:
    return Ranker(world.exports, world.embeddings)


def test_bids_come_from_a_file(ranker: Ranker, world: World, tmp_path: pathlib.Path) -> None:
    (tmp_path / "bids.csv").write_text("item_id,bid\nd,4\nc,3\nb,2\na,1\n")
    bids = read_bids(tmp_path / "bids.csv", ranker.items)
    assert bids.tolist() == [1, 3, 2, 4]  # a c, then b d
    request = find_request(world.data, surface="search")
    text = report(ranker, request, bids=bids, utility="bid + 0*ctr", top=1)
    assert text.splitlines()[7].split()[1] == "d"


def test_an_approximate_ranking_says_what_it_misses(ranker: Ranker, world: World) -> None:
    pytest.importorskip("usearch")
    text = report(ranker, find_request(world.data, surface="search"), top=3, approximate=True)
    assert text.splitlines()[-1] == "Of the exact top 3 of 4 items, 100% are here."
