import dataclasses
import json

import numpy as np

from mtmd_tf.config import TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import runs
from mtmd_tf.training.beginning import begin
from mtmd_tf.training.checkpoints import restore_best, write_best

COUNTRIES = ("fr", "us")  # a third one, de, is out of the vocabulary


def test_ids_rare_on_the_days_to_train_on_share_a_row_that_a_checkpoint_carries(labeled, narrow, tmp_path, capsys):
    data, run = DataSet.open(labeled), tmp_path / "run"
    train = TrainConfig(held_out_days=2)  # of five: three are counted
    met = np.zeros(3, int)
    for batch in data.batches("train", batch_requests=50, days=data.manifest.days("train")[:3]):
        met += np.bincount(batch.query.tokens.numpy()[:, 0], minlength=3)
    least = int(met[:2].max())
    assert met[:2].min() < least
    rare = int(np.argmin(met[:2]))

    model = begin(run, data, model=dataclasses.replace(narrow, min_count=least), train=train)
    stands = model.query_tower.encoder.stands_for.numpy()
    assert stands[:3].tolist() == [2 if row == rare else row for row in range(3)]
    said = f"query/country: 1 of 3 ids share a row, {met[rare] / met.sum():.1%} of {met.sum()} values."
    assert f"--min_count={least}: {said}" in capsys.readouterr().out
    told = {each["feature"]: each for each in json.loads((run / "admission.json").read_text(encoding="utf-8"))}
    assert told["query/country"] == {
        "feature": "query/country",
        "ids": 3,
        "rare": 1,
        "values": int(met.sum()),
        "folded": int(met[rare]),
    }

    write_best(model, run)
    again = runs.new_model(run)
    again.make_variables()
    restore_best(again, run)
    np.testing.assert_array_equal(again.query_tower.encoder.stands_for.numpy(), stands)


def test_without_a_least_count_nothing_is_counted(labeled, narrow, tmp_path):
    model = begin(tmp_path / "run", DataSet.open(labeled), model=narrow, train=TrainConfig(held_out_days=2))
    assert not hasattr(model.query_tower.encoder, "stands_for")
    assert not (tmp_path / "run" / "admission.json").exists()
