"""Schemas that lack kinds of features, from logs to ranked items: categories alone are the usual ad log."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ARCHITECTURES, HeavyweightConfig, HeavyweightTrainConfig, RankConfig
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.lightgbm_comparison.pair_table import PairTable
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.heavyweight.network.statistics import collect
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training.optimizers import dense_variables
from tests import odd
from tests.mtmd_tf.small import SMALL
from tfrecords_tools.convert import convert
from tfrecords_tools.doctor.examine import examine
from tfrecords_tools.inspect import inspect
from tfrecords_tools.validate import validate

_HEAVY = HeavyweightConfig(dim=4, units=(8, 4), members=1, cross_layers=1, cross_projection=2, cross_product_l1=1e-4)


def converted(folder: pathlib.Path, shape: odd.Shape) -> DataSet:
    odd.write_odd(folder, shape)
    convert(folder / "data", schema=folder / "schema.json", inputs=[str(folder / "log.parquet")])
    return DataSet.open(folder / "data")


def batch_of(data: DataSet, *, cross: bool = False) -> Batch:
    batch = next(iter(data.batches("train", batch_requests=8, cross=cross)))
    if batch.label:
        return batch
    return batch._replace(label={task: tf.fill([tf.size(batch.request)], 0.25) for task in data.schema.task_names})


def check_towers(data: DataSet, architecture: str) -> None:
    model = TwoTowerModel(data.schema, config=dataclasses.replace(SMALL, architecture=architecture, head_units=(4,)))
    model.make_variables()
    with tf.GradientTape() as tape:
        loss = model.compute_loss(batch_of(data), training=True)
    assert np.isfinite(loss)
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, dense_variables(model)) if g is not None]
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert any(np.any(gradient != 0) for gradient in gradients)


def check_ranker(data: DataSet) -> None:
    batch = batch_of(data, cross=True)
    ranker = HeavyweightRanker(data.schema, config=_HEAVY)
    ranker.start_from(collect([batch], schema=data.schema))
    assert np.isfinite(ranker.compute_loss(batch, training=True))
    assert ranker.compute_loss(data.empty_batch(cross=True)) == 0
    table = PairTable(data.schema)
    assert table(batch).shape == (tf.size(batch.request), len(table.columns))


@pytest.fixture(scope="module", params=odd.ODDEST, ids=str)
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return converted(tmp_path_factory.mktemp("odd"), request.param)


def test_they_are_sound_and_can_be_looked_at(data) -> None:
    assert validate(data.folder).problems == ()
    assert "Request r00" in inspect(data.folder)
    assert examine(data.folder).looked == "54 of 54 pairs of train, 18 of 18 pairs of eval"


def test_a_heavyweight_ranker_learns_from_them(data) -> None:
    check_ranker(data)


def test_towers_learn_from_them(data) -> None:
    for architecture in ("mtmd", "single_slice"):
        check_towers(data, architecture)


def test_every_architecture_learns_from_categories_alone(tmp_path) -> None:
    data = converted(tmp_path, odd.CATEGORIES_ONLY)
    for architecture in ARCHITECTURES[2:]:
        check_towers(data, architecture)


@pytest.mark.slow
@pytest.mark.parametrize("shape", odd.every_lack(), ids=str)
def test_no_lack_stops_a_ranker_or_a_tower(shape, tmp_path) -> None:
    data = converted(tmp_path, shape)
    assert validate(data.folder).problems == ()
    assert examine(data.folder).looked.startswith("54 of 54 pairs")
    check_ranker(data)
    for architecture in ARCHITECTURES:
        check_towers(data, architecture)


@pytest.mark.slow
@pytest.mark.parametrize("shape", odd.ODDEST, ids=str)
def test_from_logs_to_ranked_items(shape, tmp_path) -> None:
    from mtmd_tf.evaluation.run_evaluation import measure
    from mtmd_tf.exporting.export import export
    from mtmd_tf.heavyweight.labels.labeling import label
    from mtmd_tf.serving.embedding.embeddings import embed_items
    from mtmd_tf.serving.ranking.find import find_request
    from mtmd_tf.serving.ranking.ranker import Ranker
    from mtmd_tf.serving.ranking.report import report

    logs = converted(tmp_path, shape)
    period = Period.cut(logs.manifest, share=0.6, held_out=1)
    train = HeavyweightTrainConfig(epochs=1, batch_requests=8)
    label(logs, tmp_path / "labeled", run=tmp_path / "ranker", period=period, model=_HEAVY, train=train)
    data = DataSet.open(tmp_path / "labeled")
    model = TwoTowerModel(data.schema, config=SMALL)
    model.make_variables()
    assert "## ctr" in measure(model, data, run="odd", out=tmp_path / "run")
    export(model, tmp_path / "export")
    embed_items(tmp_path / "export", data.folder, tmp_path / "embeddings")
    ranker = Ranker.of(RankConfig(), exports=tmp_path / "export", embeddings=tmp_path / "embeddings")
    request = find_request(data.folder, surface=odd.SURFACES[0])
    assert f"Top 10 of {ranker.items.items} items" in report(ranker, request)
