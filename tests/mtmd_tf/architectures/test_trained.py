"""Every architecture from training to ranking, by the steps of train.py, export.py and the ranker."""

import dataclasses

import numpy as np
import pytest

from export import publish
from mtmd_tf.config import TrainConfig
from mtmd_tf.exporting.parity import TOLERANCE
from mtmd_tf.features.reading import DataSet
from mtmd_tf.serving.embedding.embeddings import embed_items
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.training import fit, requirements, runs
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema

TRAIN = TrainConfig(epochs=1, batch_requests=64, held_out_days=1, patience=0)


@pytest.mark.parametrize("architecture", ["shared_bottom", "mmoe", "ple", "mmoe_dcn"])
def test_it_is_trained_exported_and_ranks_by_what_it_predicts(architecture, labeled, narrow, tmp_path):
    data, run = DataSet.open(labeled), tmp_path / "run"
    runs.claim(
        run,
        data,
        model=dataclasses.replace(narrow, architecture=architecture, deep_units=(8, 4), extraction_levels=2),
        train=TRAIN,
    )
    model = runs.new_model(run)
    model.make_variables()
    days, held_out = requirements.split_days(data, held_out=1)
    assert fit(model, data, config=TRAIN, run=run, days=days, held_out_days=held_out).steps == 3  # 160 requests
    done = publish(run, tmp_path / "exports")
    assert max(done.differences.values()) <= TOLERANCE
    embed_items(tmp_path / "exports", labeled, tmp_path / "embeddings", workers=1)
    ranking = Ranker(tmp_path / "exports", tmp_path / "embeddings").rank(
        "home", r2_features(), candidates=R2_ITEMS, utility="ctr"
    )
    wanted = dict(zip(R2_ITEMS, r2_probabilities(model), strict=True))
    assert list(ranking.item_id) == sorted(wanted, key=lambda item: -wanted[item])
    np.testing.assert_allclose(ranking.probability["ctr"], [wanted[item] for item in ranking.item_id], rtol=1e-5)


R2, R2_ITEMS = 2, ["a", "b", "d"]  # the tiny requests' third, on home


def r2_features() -> dict:
    requests = tiny_requests()
    return to_rows(tiny_schema().features_of("query"), requests.query, requests.query_mask)[R2]


def r2_probabilities(model) -> np.ndarray:
    batch = to_batch(tiny_requests(), schema=tiny_schema())
    return np.exp(model(batch)["ctr"].yes)[batch.request == R2]
