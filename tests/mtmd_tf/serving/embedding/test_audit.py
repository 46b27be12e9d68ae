"""Tests of mtmd_tf/serving/embedding/audit.py."""

import dataclasses
import pathlib
import shutil

import numpy as np
import pytest
from absl import logging
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtmd_tf.config import AuditConfig
from mtmd_tf.serving.embedding import audit
from mtmd_tf.serving.embedding.embeddings import embed_items
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.world import World, rewrite_items
from tests.tfrecords_tools.item_profile.many_items import changed, corpus_of, hidden, many_items, profile_of
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.examples import encode_items
from tfrecords_tools.item_profile import stored
from tfrecords_tools.item_profile.profile import ItemProfile
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import Items

CONFIG = AuditConfig(max_presence_gap=0.2)


def audited(corpus: Items, profile: ItemProfile | None, config: AuditConfig = CONFIG) -> list[str]:
    """The warnings; the corpus is in memory."""
    said: list[str] = []
    manifest = Manifest(
        folder=pathlib.Path("data/mine"),
        schema_fingerprint="",
        source={},
        columns=(),
        splits={},
        items={"items": len(corpus.item_id), "shards": []},
        statistics={},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            audit, "corpus_sample", lambda *_, **__: corpus_of(corpus, profile_of() if profile is None else profile)
        )
        patch.setattr(logging, "warning", lambda text, *values: said.append(text % values))
        audit.audit_corpus(profile, manifest, tiny_schema(), config=config)
    return said


def test_the_same_items_pass_in_silence() -> None:
    assert audited(many_items(400, seed=1), profile_of(many_items())) == []


def test_of_many_differences_the_largest_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a schema of 400 columns, each was a line, in the export and again in the embedding."""
    corpus = many_items(500)
    corpus = hidden(hidden(corpus, "price", 0.5), "brand", 0.6)
    every = audited(corpus, profile_of(many_items()), AuditConfig(audit="warn"))
    assert [line.split()[0] for line in every] == ["item/brand", "item/price"]  # 60% of the items lack it, and 50%
    monkeypatch.setattr(audit, "_WARNED", 1)
    said = audited(corpus, profile_of(many_items()), AuditConfig(audit="warn"))
    assert said == [every[0], "1 more such as these: of item/price"]


def test_a_feature_of_four_in_five_pairs_that_the_corpus_lacks_is_refused() -> None:
    training, corpus = hidden(many_items(), "price", 0.2), hidden(many_items(500), "price", 1.0)
    said = (
        r"^data/mine: item/price of the product standard is present in 80\.0% of the training pairs \(80\.0% of their "
        r"items\) and 0\.0% of the same items in the corpus, more than --max_presence_gap=0\.2 allows\. The item tower "
        r"did not learn from such items: write the feature into the corpus as training has it, or accept it with "
        r"another --max_presence_gap \(0 is off\) or --audit=warn$"
    )
    with pytest.raises(ServingError, match=said):
        audited(corpus, profile_of(training))
    (warning,) = audited(corpus, profile_of(training), dataclasses.replace(CONFIG, audit="warn"))
    assert warning.startswith("item/price of the product standard is present in 80.0% of the training pairs")
    assert audited(corpus, profile_of(training), dataclasses.replace(CONFIG, max_presence_gap=0.0)) == []
    assert audited(corpus, profile_of(training), dataclasses.replace(CONFIG, audit="off")) == []


@given(share=st.floats(0.0, 0.99), most=st.floats(0.1, 0.9))
@settings(max_examples=15, deadline=None)
def test_beyond_a_threshold_it_refuses_and_beyond_half_of_it_it_warns(share: float, most: float) -> None:
    items, size = many_items(500), round(share * 500) / 500
    assume(min(abs(size - most), abs(size - most / 2)) > 1e-6)
    config = dataclasses.replace(CONFIG, max_presence_gap=most)
    if size > most:
        with pytest.raises(ServingError, match=f"--max_presence_gap={most:g} allows"):
            audited(hidden(items, "tags", share), profile_of(items), config)
    else:
        assert len(audited(hidden(items, "tags", share), profile_of(items), config)) == (size > most / 2)


def test_a_feature_that_training_had_less_often_is_warned_of_and_one_that_it_never_had_is_refused() -> None:
    corpus = many_items(500)
    (warning,) = audited(corpus, profile_of(hidden(many_items(), "tags", 0.9)))
    assert warning.endswith(
        "100.0% of the same items in the corpus (the towers have learned from fewer items that have it)"
    )
    with pytest.raises(
        ServingError, match=r"item/tags .* is present in 0\.0% of the training pairs .* 100\.0% of the same items"
    ):
        audited(corpus, profile_of(hidden(many_items(), "tags", 1.0)))


def test_by_default_a_feature_that_the_corpus_lacks_is_refused_and_half_of_it_is_warned_of() -> None:
    items, default = many_items(500), AuditConfig()
    with pytest.raises(ServingError, match=r"item/price .*, more than --max_presence_gap=0\.7 allows"):
        audited(hidden(items, "price", 1.0), profile_of(hidden(many_items(), "price", 0.2)), default)
    (warning,) = audited(hidden(items, "price", 0.5), profile_of(items), default)
    assert warning.startswith("item/price of the product standard is present in 100.0% of the training pairs")


def test_a_number_in_another_unit_is_refused_by_its_index() -> None:
    items = many_items(500)
    with pytest.raises(ServingError, match=r"item/price .* index of \d+\.\d\d, more than --max_psi=2 allows"):
        audited(changed(items, "price", items.item["price"] * 100), profile_of(many_items()))


def test_unseen_tokens_are_refused_where_all_of_training_was_read_and_else_warned_of() -> None:
    items = many_items(500)
    corpus = changed(items, "brand", items.item["brand"] + 1000)
    config = dataclasses.replace(CONFIG, max_psi=0.0)
    with pytest.raises(ServingError, match=r"item/brand .*; 100\.0% of the corpus's tokens were seen in no training"):
        audited(corpus, profile_of(many_items()), config)
    (warning,) = audited(corpus, profile_of(many_items(), every=7), config)
    assert warning.endswith("(every 7th request was read; export with --audit_pairs=0 reads all)")


def test_items_that_training_has_not_seen_are_refused_only_where_all_lack_a_feature() -> None:
    items = many_items(1500)
    new, profile = items.take(np.arange(500, 1500)), profile_of(items.take(np.arange(500)))
    moved = changed(new, "brand", new.item["brand"] + 1000)
    warnings = audited(changed(moved, "price", new.item["price"] * 100), profile)
    assert len(warnings) == 3
    assert all(
        each.endswith("(training has seen too few of these items to compare the same ones)") for each in warnings
    )
    with pytest.raises(ServingError, match=r"item/price .* and 0\.0% of the corpus, more than --max_presence_gap"):
        audited(hidden(new, "price", 1.0), profile)


def test_the_worst_is_named_and_the_others_are_counted() -> None:
    corpus = hidden(many_items(500), "tags", 1.0)
    corpus = changed(hidden(corpus, "price", 0.5), "image", np.full((500, 2), 9, np.float32))
    with pytest.raises(ServingError, match=r"item/tags .* 2 more are beyond their thresholds, item/image first\."):
        audited(corpus, profile_of(many_items()))


def test_an_export_without_a_profile_is_warned_of() -> None:
    (warning,) = audited(many_items(10), None)
    assert "the export does not say which features its training's items had, so those of data/mine are not" in warning


def test_the_corpus_of_a_folder_is_read(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    audit.audit_corpus(
        profile_of(many_items()), Manifest.load(tmp_path), tiny_schema(), config=AuditConfig(audit="warn")
    )


def test_the_job_refuses_a_corpus_before_it_embeds_it(world: World, tmp_path: pathlib.Path) -> None:
    exports, data, out = tmp_path / "exports", tmp_path / "data", tmp_path / "embeddings"
    shutil.copytree(world.exports, exports)
    write_tiny(data)
    items = [list(encode_items(tiny_schema(), hidden(many_items(300), "image", share))) for share in (0.0, 1.0)]
    stored.write(exports, profile_of(many_items(300)), stamp=RankerSpec.load(exports).stamp)
    rewrite_items(data, [items[1]])
    with pytest.raises(
        ServingError, match=r"item/image .* and 0\.0% of the same items in the corpus, more than --max_pres"
    ):
        embed_items(exports, data, out, workers=1, audit=CONFIG)
    assert not out.exists()
    rewrite_items(data, [items[0]])
    assert embed_items(exports, data, out, workers=1).manifest.items == 300
