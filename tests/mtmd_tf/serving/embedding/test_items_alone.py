"""Embeds items that no log had shown: a catalog as `tfrecords_tools items` makes it, beside a log's corpus."""

import pathlib
import shutil

import pyarrow.parquet as pq
import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.serving.embedding.embeddings import embed_items
from mtmd_tf.serving.ranking.find import find_request
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.catalogs import item_rows, write, write_parquet
from tests.tfrecords_tools.item_profile.many_items import hidden, many_items, profile_of
from tests.tfrecords_tools.test_convert import Rows
from tests.tfrecords_tools.test_inspect_items import ALONE
from tfrecords_tools.item_profile import stored
from tfrecords_tools.requests import DataError


def _catalog(folder: pathlib.Path, rows: Rows) -> pathlib.Path:
    write_parquet(folder / "ads.parquet", rows)
    write(folder, "ads.parquet", out="ads")
    return folder / "ads"


def _parts(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_the_items_of_a_log_have_the_bytes_that_its_corpus_gives_them(world: World, tmp_path: pathlib.Path) -> None:
    embed_items(world.exports, _catalog(tmp_path, item_rows()), tmp_path / "out", workers=1)
    assert _parts(tmp_path / "out") == _parts(world.embeddings)


def test_a_new_ad_is_embedded_and_ranked_and_the_others_are_taken_over(world: World, tmp_path: pathlib.Path) -> None:
    new = {**item_rows()[0], "item/id": "new", "item/price": 0.5}
    rows = [*item_rows()[1:], new]  # a has ended
    catalog = _catalog(tmp_path, rows)
    done = embed_items(world.exports, catalog, tmp_path / "out", since=world.embeddings, workers=1)
    assert (done.total("taken"), done.total("embedded")) == (3, 1)
    before, after = (
        {row["item_id"]: row for row in pq.read_table(next(folder.glob("part-*.parquet"))).to_pylist()}
        for folder in (world.embeddings, tmp_path / "out")
    )
    assert set(after) == {"b", "c", "d", "new"}
    assert [after[name] for name in "bcd"] == [before[name] for name in "bcd"]
    assert after["new"]["embedding"] != before["a"]["embedding"]
    request = find_request(world.data, surface="search")
    ranked = Ranker(world.exports, tmp_path / "out").rank(request.surface, request.features, top=4)
    assert set(ranked.item_id) == {"b", "c", "d", "new"}
    back = embed_items(world.exports, world.data, tmp_path / "back", since=tmp_path / "out", workers=1)
    assert (back.total("taken"), back.total("embedded")) == (3, 1)
    assert _parts(tmp_path / "back") == _parts(world.embeddings)


def test_a_feature_that_the_catalog_lacks_is_refused_as_training_had_it(world: World, tmp_path: pathlib.Path) -> None:
    exports = tmp_path / "exports"
    shutil.copytree(world.exports, exports)
    stored.write(exports, profile_of(many_items()), stamp=RankerSpec.load(exports).stamp)
    whole = _catalog(tmp_path, item_rows(many_items(500)))
    assert embed_items(exports, whole, tmp_path / "whole", workers=1).manifest.items == 500
    (tmp_path / "lacking").mkdir()
    lacking = _catalog(tmp_path / "lacking", item_rows(hidden(many_items(500), "price", 1.0)))
    said = r"lacking/ads: item/price of the product \w+ is present in 100.0% of .* and 0.0% of the same items"
    with pytest.raises(ServingError, match=said):
        embed_items(exports, lacking, tmp_path / "out", workers=1)


def test_a_data_set_for_requests_is_not_opened_from_items_alone(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=ALONE):
        DataSet.open(_catalog(tmp_path, item_rows()))
