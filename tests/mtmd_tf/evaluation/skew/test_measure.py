"""Tests of mtmd_tf/evaluation/skew/measure.py and mtmd_tf/serving/embedding/versions.py."""

import math
import pathlib
import shutil

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.evaluation.evaluate import evaluate
from mtmd_tf.evaluation.skew.measure import Measured, Skew, measure_skew
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.embedding.versions import Version, mixed
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.evaluation.skew.older import STAMP, write_older
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests


def row_of(rows: tuple[Row, ...], *, task: str, surface: str = ALL, product: str = ALL) -> Row:
    return next(row for row in rows if (row.surface, row.product, row.task) == (surface, product, task))


@pytest.fixture(scope="module")
def skew(world: World, tmp_path_factory: pytest.TempPathFactory) -> Skew:
    """Beside embeddings that are all 0, so that every logit is."""
    zeros = write_older(
        world.embeddings, tmp_path_factory.mktemp("skew") / "zeros", change=lambda embedding: 0 * embedding
    )
    return measure_skew(world.exports, [str(zeros), str(world.embeddings)], DataSet.open(world.data))


def test_beside_its_own_embeddings_it_is_the_model(world: World, skew: Skew) -> None:
    wanted = evaluate(world.model, DataSet.open(world.data), run="own").rows
    assert len(wanted) == len(skew.own.rows)
    for row, model in zip(skew.own.rows, wanted, strict=True):
        assert (row.surface, row.product, row.task, row.pairs) == (
            model.surface,
            model.product,
            model.task,
            model.pairs,
        )
        for name in ("log_mae", "kl", "calibration", "mae", "bce"):
            value = getattr(model, name)
            assert getattr(row, name) == (None if value is None else pytest.approx(value, rel=1e-4)), (row, name)


def test_beside_older_ones_it_is_what_their_logits_say(skew: Skew) -> None:
    (zeros, _) = skew.others
    assert (zeros.stamp, skew.pairs, skew.left_out) == (STAMP, 2, 0)
    ctr = row_of(zeros.rows, task="ctr")  # labels .5 and .25, predictions .5
    assert ctr.log_mae == pytest.approx(math.log(2) / 2)
    assert ctr.calibration == pytest.approx(1 / 0.75)
    assert ctr.kl == pytest.approx((0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)) / 2)
    assert row_of(zeros.rows, task="gctr", product="standard").log_mae == pytest.approx(math.log(2))


def test_a_mixture_takes_each_item_of_one_version(skew: Skew) -> None:
    (zeros, mixture) = skew.others

    def errors(measured: Measured) -> list[float]:
        return [row_of(measured.rows, task="ctr", product=name).kl for name in ("standard", "shopping")]

    for own, old, either in zip(errors(skew.own), errors(zeros), errors(mixture), strict=True):
        assert either == pytest.approx(own) or either == pytest.approx(old)


def test_mixed_chooses_by_the_number() -> None:
    versions = np.array([[[1.0], [2.0], [3.0]], [[10.0], [20.0], [30.0]]])
    assert mixed(versions, np.array([0, 1, 6], np.uint64)).tolist() == [[1.0], [20.0], [3.0]]


def test_pairs_of_an_item_that_a_version_lacks_are_left_out(world: World, tmp_path: pathlib.Path) -> None:
    older = write_older(world.embeddings, tmp_path / "older", lost=3)  # d remains
    skew = measure_skew(world.exports, [str(world.embeddings), str(older)], DataSet.open(world.data))
    assert (skew.pairs, skew.left_out) == (1, 1)
    for measured in (skew.own, *skew.others):
        assert row_of(measured.rows, task="ctr").pairs == 1


def test_compact_records_give_the_same_measures(world: World, tmp_path: pathlib.Path) -> None:
    older = write_older(world.embeddings, tmp_path / "older", change=np.negative)
    write_tiny(tmp_path / "compact", compact=True)
    plain, compact = (
        measure_skew(world.exports, [str(world.embeddings), str(older)], DataSet.open(folder))
        for folder in (world.data, tmp_path / "compact")
    )
    assert (plain.pairs, repr(plain.own), repr(plain.others)) == (2, repr(compact.own), repr(compact.others))


def test_rows_are_found_by_id(world: World) -> None:
    version = Version.read(world.embeddings, RankerSpec.load(world.exports))
    rows = version.rows(np.array([b"c", b"nobody", b"a"], object))
    assert rows[1] == -1
    assert (rows[[0, 2]] >= 0).all()
    assert version.embedding.shape == (4, 24)


def test_without_own_or_without_older_ones_nothing_is_compared(world: World, tmp_path: pathlib.Path) -> None:
    older, data = write_older(world.embeddings, tmp_path / "older"), DataSet.open(world.data)
    with pytest.raises(
        ServingError, match=rf"none of --embeddings has the stamp .*'{STAMP}'.*; embed the items with its"
    ):
        measure_skew(world.exports, [str(older)], data)
    with pytest.raises(ServingError, match=r"are all of .* itself, .*; add those of an older export"):
        measure_skew(world.exports, [str(world.embeddings)], data)


def test_embeddings_named_twice_are_refused(world: World, tmp_path: pathlib.Path) -> None:
    older, data, own = write_older(world.embeddings, tmp_path / "older"), DataSet.open(world.data), world.embeddings
    with pytest.raises(ServingError, match=r"--embeddings names a folder twice: .*older, .*older$"):
        measure_skew(world.exports, [str(own), str(older), str(older)], data)
    shutil.copytree(own, tmp_path / "copy")
    with pytest.raises(ServingError, match=r"2 of --embeddings are of .* itself, .*; name one of them"):
        measure_skew(world.exports, [str(own), str(tmp_path / "copy"), str(older)], data)


def test_data_without_labels_is_refused(world: World, tmp_path: pathlib.Path) -> None:
    requests = tiny_requests()
    requests.label.clear()
    write_tiny(tmp_path / "data", blocks=[requests])
    with pytest.raises(ConfigError, match=r"data has no label/ctr; label it: python -m mtmd_tf.jobs.label"):
        measure_skew(world.exports, [str(world.embeddings)], DataSet.open(tmp_path / "data"))


def test_other_coordinates_are_refused(world: World, tmp_path: pathlib.Path) -> None:
    older = write_older(world.embeddings, tmp_path / "older")
    manifest = EmbeddingManifest.load(older)
    manifest.tasks["ctr"] = [0, 9]
    manifest.write(older)
    with pytest.raises(
        ServingError, match=r"older has the coordinates .*'ctr': \[0, 9\].*; an older version has the same"
    ):
        measure_skew(world.exports, [str(world.embeddings), str(older)], DataSet.open(world.data))
