import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.calibration.spline import spline_basis
from mtmd_tf.heavyweight.labels import finished, labeling, origin
from mtmd_tf.heavyweight.labels.output import Output
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.training import runs
from tests.mtmd_tf.killed import Killed
from tests.tfrecords_tools.test_shards import folder_bytes
from tfrecords_tools.locks import alone_in

MODEL = HeavyweightConfig(dim=4, bins=4, units=(8, 8), cross_layers=1, cross_projection=2, members=1)
TRAIN = HeavyweightTrainConfig(epochs=1, batch_requests=16, warmup_steps=1, shuffle_requests=100, eval_every=3)


def label(source: pathlib.Path, folder: pathlib.Path, **options) -> dict:
    data = DataSet.open(source)
    period = Period.cut(data.manifest, share=0.6)
    options = {"model": MODEL, "train": TRAIN, "run": folder / "run", **options}
    return labeling.label(data, folder / "out", period=period, **options)


@pytest.fixture(scope="module")
def done(labeled, tmp_path_factory) -> tuple[dict, pathlib.Path]:
    """A job from start to end: its report and the folder of its run and its labeled data."""
    folder = tmp_path_factory.mktemp("done")
    return label(labeled, folder), folder


def test_labels_are_the_rankers_own_scores_of_the_days_that_it_has_not_seen(labeled, tmp_path):
    folder = tmp_path
    label(labeled, folder, train=dataclasses.replace(TRAIN, recalibrate_every=0))
    out, data = DataSet.open(folder / "out"), DataSet.open(labeled)
    assert out.manifest.days("train") == ("2017-03-04", "2017-03-05")
    assert out.manifest.days("eval") == ("2017-03-06",)
    period = Period.cut(data.manifest, share=0.6)
    ranker, _ = labeling.trained(data, run=folder / "run", period=period, model=MODEL, train=TRAIN)
    batch = next(out.batches("eval", batch_requests=1000, cross=True))
    for task, probability in ranker(batch).items():
        exists = np.ones(len(batch.product), bool) if task == "ctr" else batch.product.numpy() == 0
        wanted = tf.exp(probability.yes).numpy()[exists]
        np.testing.assert_allclose(batch.label[task].numpy()[exists], wanted, atol=1e-6)
        assert np.isnan(batch.label[task].numpy()[~exists]).all()


def test_two_processes_do_not_label_with_one_ranker(labeled, tmp_path):
    with (
        alone_in(tmp_path, doing="labeling", other="--run", raises=ConfigError, name=labeling._LOCK),
        pytest.raises(ConfigError, match=r"another process is labeling in .*; wait for it or choose another --run"),
    ):
        label(labeled, tmp_path / "other", run=tmp_path)


def test_days_held_out_without_an_event_are_refused_before_the_run_is_claimed(labeled, tmp_path, monkeypatch):
    whole = DataSet.batches

    def unseen(self, split, **options):
        for batch in whole(self, split, **options):
            none = {task: tf.fill(tf.shape(event), float("nan")) for task, event in batch.event.items()}
            yield batch._replace(event=none) if options["days"][0] == "2017-03-03" else batch

    monkeypatch.setattr(DataSet, "batches", unseen)
    with pytest.raises(
        ConfigError, match=r"on the days held out, 2017-03-03 to .* has an observed event .*_days=2 leaves"
    ):
        label(labeled, tmp_path)
    assert not (tmp_path / "run/config.json").exists()


def test_labels_follow_the_events_of_the_days_before(done, labeled):
    _, folder = done
    found = json.loads((folder / "run" / "recalibration.json").read_text())
    assert found["first_days"] == ["2017-03-04", "2017-03-05", "2017-03-06"]
    own, out = DataSet.open(labeled), DataSet.open(folder / "out")
    ranker, _ = labeling.trained(
        own, run=folder / "run", period=Period.cut(own.manifest, share=0.6), model=MODEL, train=TRAIN
    )
    batch = next(out.batches("eval", batch_requests=1000, cross=True))
    logit, slice_index = ranker.logits(batch)["ctr"].numpy(), ranker.slice_index(batch).numpy()
    through = spline_basis(logit, np.array(found["knots"][0], np.float32)).numpy()
    corrected = through @ np.array(found["slopes"][2][0]) + np.array(found["shift"][2])[slice_index, 0]
    np.testing.assert_allclose(batch.label["ctr"].numpy(), 1 / (1 + np.exp(-corrected)), atol=1e-6)


def test_the_ranker_before_the_correction_scores_by_itself(done, labeled):
    _, folder = done
    own, out = DataSet.open(labeled), DataSet.open(folder / "out")
    batch = next(out.batches("eval", batch_requests=1000, cross=True))
    score = finished.uncorrected(folder / "run", own)(batch)
    ranker, _ = labeling.trained(
        own, run=folder / "run", period=Period.cut(own.manifest, share=0.6), model=MODEL, train=TRAIN
    )
    for task, probability in ranker(batch).items():
        np.testing.assert_allclose(score[task], probability.yes.numpy(), atol=1e-6)
    assert np.abs(np.exp(score["ctr"]) - batch.label["ctr"].numpy()).max() > 1e-3  # the labels are corrected


def test_a_run_without_a_finished_ranker_scores_nothing(labeled, tmp_path):
    with pytest.raises(ConfigError, match=r"holds no finished ranker; run python -m mtmd_tf\.jobs\.label --run="):
        finished.uncorrected(tmp_path, DataSet.open(labeled))


def test_the_report_says_how_labels_compare_with_events(done):
    report, folder = done
    assert json.loads((folder / "run" / "heavyweight.json").read_text()) == report
    assert report["period"]["held_out"] == ["2017-03-03"]
    assert report["labels"] == DataSet.open(folder / "out").manifest.fingerprint()
    assert report["settings"][:2] == ["--dim=4", "--bins=4"]
    for split in report["splits"].values():
        assert split["above_parent"] == 0
    ctr = next(row for row in report["splits"]["train"]["rows"] if (row["surface"], row["task"]) == ("search", "ctr"))
    assert ctr["events"] > 0
    assert 0 < ctr["calibration"] < 5


def test_a_recipe_takes_the_labels_that_it_made_though_settings_followed_from_the_days(done):
    report, folder = done
    asked = configs.arguments(MODEL, TRAIN)
    assert report["settings"] != asked  # few pairs: accumulator, epochs and patience followed
    origin.require_settings(folder / "out", asked)
    with pytest.raises(ConfigError, match=r"was labeled by a ranker with .*, --label says"):
        origin.require_settings(folder / "out", [*asked, "--clip_norm=7.0"])


def test_run_again_it_trains_and_labels_nothing(done, labeled, monkeypatch):
    report, folder = done
    monkeypatch.setattr(labeling.Labeler, "__call__", lambda *_: pytest.fail("it labeled again"))
    monkeypatch.setattr(labeling, "collect", lambda *_, **__: pytest.fail("it trained again"))
    assert label(labeled, folder) == report


@pytest.mark.parametrize("step", ["calibration_of", "recalibrate", "copy_with_labels", "measure_labels"])
def test_killed_at_any_stage_it_ends_as_if_it_had_not_been(step, done, labeled, tmp_path, monkeypatch):
    _, folder = done
    shutil.copytree(folder / "run", tmp_path / "run")
    (tmp_path / "run" / "heavyweight.json").unlink()
    (tmp_path / "run" / "calibration.json").unlink()
    (tmp_path / "run" / "recalibration.json").unlink()

    def killed(*_, **__) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(labeling, step, killed)
        with pytest.raises(Killed):
            label(labeled, tmp_path)
    label(labeled, tmp_path)
    assert folder_bytes(tmp_path / "out") == folder_bytes(folder / "out")
    for name in ("calibration.json", "recalibration.json", "heavyweight.json"):
        assert (tmp_path / "run" / name).read_text() == (folder / "run" / name).read_text()


def test_a_run_of_other_settings_is_not_mixed_with(done, labeled):
    _, folder = done
    with pytest.raises(ConfigError, match="holds a run with members=1, not 2"):
        label(labeled, folder, model=dataclasses.replace(MODEL, members=2))


def test_a_run_of_another_version_is_refused(done, labeled, tmp_path):
    _, folder = done
    shutil.copytree(folder / "run", tmp_path / "run")
    path = tmp_path / "run" / "recalibration.json"
    before = json.loads(path.read_text())
    path.write_text(json.dumps({"first_days": before["first_days"], "scale": [], "shift": []}))
    with pytest.raises(ConfigError, match=r"recalibration.json is of another version of this package; remove .*/run"):
        label(labeled, tmp_path)


def test_cross_features_can_be_left_out(done, labeled, tmp_path):
    _, folder = done
    shutil.copytree(folder / "run", tmp_path / "run")
    label(labeled, tmp_path, output=Output(drop_cross=True))
    assert DataSet.open(tmp_path / "out").schema.features_of("cross") == ()


def test_a_ranker_that_never_left_its_warm_up_is_told_so(done, tmp_path):
    report, folder = done
    run = shutil.copytree(folder / "run", tmp_path / "run")
    period = Period(**report["period"])
    configs.save(
        run / "config.json", heavyweight=MODEL, train=dataclasses.replace(TRAIN, warmup_steps=99), period=period
    )
    [said] = runs.warnings(run, train=HeavyweightTrainConfig, widths="units")
    steps = report["fit"]["steps"]
    assert said.startswith(f"The training took {steps} steps and the rate climbs over 99: it never left its warm-up.")
