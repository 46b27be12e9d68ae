import dataclasses
import fcntl
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training import FitResult, fit
from tests.mtmd_tf.killed import Killed, KilledInThe
from tests.mtmd_tf.labeled import weights_of, write_labeled

CONFIG = TrainConfig(
    epochs=2,
    batch_requests=32,
    warmup_steps=2,
    learning_rate=0.01,
    shuffle_requests=100,
    eval_every=4,
    checkpoint_every=3,
    patience=0,
    seed=7,
)


class Mortal(KilledInThe):
    """Killed when the second epoch, step 6, begins."""

    epoch = 1


def train(
    folder: pathlib.Path,
    run: pathlib.Path,
    narrow: ModelConfig,
    *,
    config: TrainConfig = CONFIG,
    kind: type[DataSet] = DataSet,
) -> tuple[TwoTowerModel, FitResult]:
    data = kind.open(folder)
    model = TwoTowerModel(data.schema, config=narrow, seed=config.seed)
    days = data.manifest.days("train")
    return model, fit(model, data, config=config, run=run, days=days[:-1], held_out_days=days[-1:])


@pytest.fixture(scope="session")
def quick(narrow) -> ModelConfig:
    """Of few operations, for what the training does whatever the model."""
    return dataclasses.replace(narrow, architecture="shared_bottom")


@pytest.fixture(scope="module")
def undisturbed(labeled, narrow, tmp_path_factory) -> tuple[TwoTowerModel, FitResult, pathlib.Path]:
    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    model, result = train(labeled, run, narrow)
    return model, result, run


def test_it_counts_what_it_trained_on(undisturbed, labeled):
    _, result, _ = undisturbed
    manifest = DataSet.open(labeled).manifest
    requests = sum(shard.requests for shard in manifest.shards("train", days=manifest.days("train")[:-1]))
    assert result.steps == 2 * -(-requests // 32)
    assert result.pairs == 2 * 4 * requests
    assert not result.stopped_early


def test_it_learns_the_surface_that_is_clicked_more(undisturbed, labeled):
    model, _, _ = undisturbed
    batch = next(DataSet.open(labeled).batches("eval", batch_requests=40))
    probability = tf.exp(model(batch)["ctr"].yes).numpy()
    search = batch.surface.numpy()[batch.request.numpy()] == model.schema.surfaces.index("search")
    assert probability[search].mean() > 1.5 * probability[~search].mean()


def test_same_seed_same_weights_from_compact_records_too(undisturbed, narrow, tmp_path):
    compact, result = train(write_labeled(tmp_path / "compact", compact=True), tmp_path / "run", narrow)
    assert DataSet.open(tmp_path / "compact").manifest.compact
    assert (result.steps, result.pairs, result.held_out_loss) == (
        undisturbed[1].steps,
        undisturbed[1].pairs,
        undisturbed[1].held_out_loss,
    )
    for one, other in zip(weights_of(undisturbed[0]), weights_of(compact), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_killed_training_goes_on_where_it_was(undisturbed, labeled, narrow, tmp_path, capsys):
    run = tmp_path / "killed"
    with pytest.raises(Killed):
        train(labeled, run, narrow, kind=Mortal)
    assert not (run / "fit.json").exists()
    model, result = train(labeled, run, narrow)
    assert "Going on from step 4" in capsys.readouterr().out
    assert result.steps == undisturbed[1].steps
    for one, other in zip(weights_of(undisturbed[0]), weights_of(model), strict=True):
        np.testing.assert_array_equal(one, other)
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    before = [json.loads(line)["step"] for line in (undisturbed[2] / "metrics.jsonl").read_text().splitlines()]
    assert steps == before


def test_a_finished_training_is_only_restored(undisturbed, labeled, narrow):
    model, result = train(labeled, undisturbed[2], narrow)
    assert result == undisturbed[1]
    for one, other in zip(weights_of(undisturbed[0]), weights_of(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_bfloat16_ends_where_float32_does_and_leaves_float32_weights(undisturbed, labeled, narrow, tmp_path):
    model, result = train(labeled, tmp_path / "run", narrow, config=dataclasses.replace(CONFIG, precision="bfloat16"))
    # Measured: +3%, and 0% and +1% with seeds 8 and 9; the seeds themselves are 0.0088, 0.0062 and 0.0145.
    assert result.held_out_loss == pytest.approx(undisturbed[1].held_out_loss, rel=0.1)
    differ = False
    for one, other in zip(weights_of(undisturbed[0]), weights_of(model), strict=True):
        assert other.dtype == one.dtype
        assert np.isfinite(other).all()
        differ |= not np.array_equal(one, other)
    assert differ


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU here")
def test_tf32_is_refused_where_it_would_be_float32(labeled, narrow, tmp_path):
    with pytest.raises(ConfigError, match="--precision=tf32, and TensorFlow finds no GPU here; install mtmd-tf"):
        train(labeled, tmp_path / "run", narrow, config=dataclasses.replace(CONFIG, precision="tf32"))


def test_it_stops_when_the_held_out_loss_no_longer_falls(labeled, quick, tmp_path):
    hopeless = dataclasses.replace(CONFIG, learning_rate=0.0, embedding_learning_rate=0.0, eval_every=1, patience=2)
    _, result = train(labeled, tmp_path / "run", quick, config=hopeless)
    # Weights stand still but normalization's statistics move, so the loss may fall by chance for a while.
    assert result.stopped_early
    assert result.steps == result.best_step + 2


def test_a_day_is_trained_on_or_held_out(labeled, narrow, tmp_path):
    data = DataSet.open(labeled)
    day = data.manifest.days("train")[0]
    with pytest.raises(ConfigError, match=f"days \\['{day}'\\] are both trained on and held out"):
        fit(
            TwoTowerModel(data.schema, config=narrow),
            data,
            config=CONFIG,
            run=tmp_path,
            days=[day],
            held_out_days=[day],
        )


def test_a_loss_that_is_not_finite_ends_the_training_with_advice(labeled, quick, tmp_path):
    hopeless = dataclasses.replace(CONFIG, learning_rate=1e30, clip_norm=1e30, warmup_steps=0)
    with pytest.raises(
        ConfigError, match=r"the loss is (nan|inf) at step \d+: training diverged. Lower --learning_rate"
    ):
        train(labeled, tmp_path / "run", quick, config=hopeless)
    assert not (tmp_path / "run" / "fit.json").exists()


def test_weights_that_are_not_finite_at_an_evaluation_end_the_training_with_advice(labeled, quick, tmp_path):
    config = dataclasses.replace(CONFIG, max_steps=1, learning_rate=1e30, clip_norm=0.0, warmup_steps=1)
    with pytest.raises(ConfigError, match=r"the loss is nan at step 1: training diverged"):
        train(labeled, tmp_path / "run", quick, config=config)


def test_a_folder_in_which_another_process_trains_is_refused(labeled, quick, tmp_path):
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match=r"another process is training in .*/run; wait for it or choose"):
            train(labeled, tmp_path / "run", quick)


def test_held_out_days_without_a_label_are_refused(labeled, quick, tmp_path):
    class Unlabeled(DataSet):
        """Labels of the days to train on alone."""

        def batches(self, split, **options):
            for batch in super().batches(split, **options):
                none = {task: tf.fill(tf.shape(label), float("nan")) for task, label in batch.label.items()}
                yield batch if options["days"][0] == "2017-03-01" else batch._replace(label=none)

    with pytest.raises(ConfigError, match=r"no pair of .* on the days held out, 2017-03-0\d to .*, has a label"):
        train(labeled, tmp_path / "run", quick, kind=Unlabeled)


def test_no_clipping_is_not_clipping_to_nothing(labeled, quick, tmp_path):
    config = dataclasses.replace(CONFIG, max_steps=2, clip_norm=0.0)
    loose = dataclasses.replace(CONFIG, max_steps=2, clip_norm=1e9)
    free, unbounded = (
        weights_of(train(labeled, tmp_path / str(each.clip_norm), quick, config=each)[0]) for each in (config, loose)
    )
    for one, other in zip(free, unbounded, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_baseline_is_trained_on_its_slice_alone(labeled, narrow, tmp_path):
    data = DataSet.open(labeled, slice_name="search/standard")
    days = data.manifest.days("train")
    model = TwoTowerModel(data.schema, config=dataclasses.replace(narrow, architecture="single_slice"), seed=1)
    config = dataclasses.replace(CONFIG, epochs=1)
    result = fit(model, data, config=config, run=tmp_path, days=days[:-1], held_out_days=days[-1:])
    batches = list(data.batches("train", batch_requests=32, days=days[:-1]))
    assert result.steps == len(batches)
    assert result.pairs == sum(len(batch.product) for batch in batches)
    assert {row for batch in batches for row in batch.surface.numpy()} == {1}


def test_a_share_of_the_requests_is_trained_on_and_all_held_out_ones_are_evaluated(
    labeled, quick, tmp_path, monkeypatch
):
    read = []

    class Watched(DataSet):
        def batches(self, split, **options):
            for batch in super().batches(split, **options):
                read.append((options["days"][-1], options.get("epoch"), batch))
                yield batch

    config = dataclasses.replace(CONFIG, sample_share=0.5, eval_every=0)
    _, result = train(labeled, tmp_path / "run", quick, config=config, kind=Watched)
    data = DataSet.open(labeled)
    days = data.manifest.days("train")
    passes = [
        [name for day, turn, batch in read if day == days[-2] and turn == epoch for name in batch.request_id.numpy()]
        for epoch in (0, 1)
    ]
    wanted = data.sampled(0.5, seed=CONFIG.seed).requests("train", days=days[:-1])
    assert len(passes[0]) == len(passes[1]) == wanted
    assert 0 < wanted < data.requests("train", days=days[:-1])
    assert set(passes[0]) == set(passes[1])
    assert result.steps == 2 * -(-wanted // 32)
    assert result.pairs == 2 * 4 * wanted
    evaluated = [name for day, turn, batch in read if day == days[-1] for name in batch.request_id.numpy()]
    assert len(set(evaluated)) == data.requests("train", days=days[-1:])


def test_a_share_without_a_request_is_refused(labeled, quick, tmp_path):
    tiny = dataclasses.replace(CONFIG, sample_share=1e-9)
    with pytest.raises(ConfigError, match=r"a share of 1e-09 of .* has no request on the days to train on or on those"):
        train(labeled, tmp_path / "run", quick, config=tiny)


def test_a_slice_without_a_request_is_refused(labeled, narrow, tmp_path, monkeypatch):
    data = DataSet.open(labeled, slice_name="search/standard")
    monkeypatch.setattr(DataSet, "requests", lambda *_, **__: 0)
    with pytest.raises(ConfigError, match=r"the slice search/standard of .* has no request on the days to train on or"):
        fit(
            TwoTowerModel(data.schema, config=narrow),
            data,
            config=CONFIG,
            run=tmp_path,
            days=["a"],
            held_out_days=["b"],
        )


def test_weights_are_asked_of_the_data(labeled, narrow, tmp_path):
    with pytest.raises(ConfigError, match=r"has no column `weight` for --use_weights to weigh pairs by"):
        train(labeled, tmp_path, narrow, config=TrainConfig(use_weights=True))
