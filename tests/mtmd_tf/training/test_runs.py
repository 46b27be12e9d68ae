import dataclasses
import json
import math
import shutil

import pytest

from export import publish
from mtmd_tf import config as configs
from mtmd_tf.config import ARCHITECTURES, ConfigError, HeavyweightConfig, HeavyweightTrainConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import parameter_counts, runs
from mtmd_tf.training.journal import Journal
from tests.mtmd_tf.labeled import write_labeled
from tfrecords_tools.digests import with_digest


@pytest.fixture
def claimed(labeled, narrow, tmp_path):
    """A run that was claimed and then refused before its first step."""
    runs.claim(tmp_path / "run", DataSet.open(labeled), model=narrow, train=TrainConfig(seed=3))
    return tmp_path / "run"


@pytest.fixture
def run(claimed):
    """The same after its first step."""
    Journal(claimed, step=0).begin()
    return claimed


def test_a_run_remembers_what_it_was_asked_for(run, narrow):
    model = runs.new_model(run)
    assert model.config == narrow
    assert model.schema.name == "tiny"


def test_the_same_settings_go_on(run, labeled, narrow):
    runs.claim(run, DataSet.open(labeled), model=narrow, train=TrainConfig(seed=3))
    assert runs.new_model(run).config == narrow


def test_other_settings_are_refused(run, labeled, narrow):
    with pytest.raises(ConfigError, match=r"holds a run with seed=3, not 4; choose another --run"):
        runs.claim(run, DataSet.open(labeled), model=narrow, train=TrainConfig(seed=4))


def test_other_settings_start_anew_where_no_step_was_taken(claimed, labeled, narrow, capsys):
    data = DataSet.open(labeled, slice_name="search/standard")
    (claimed / "admission.json").touch()
    (claimed / "checkpoints").mkdir()  # as a training leaves it that is refused before its first step
    runs.claim(claimed, data, model=narrow, train=TrainConfig(seed=4))
    assert "was claimed for a run with slice='', not 'search/standard', that took no step" in capsys.readouterr().out
    assert configs.load(claimed / "config.json", "train", TrainConfig).seed == 4
    assert runs.open_data(claimed).slice == ("search", "standard")
    assert not (claimed / "admission.json").exists()
    runs.claim(claimed, data, model=narrow, train=TrainConfig(seed=4))
    assert not capsys.readouterr().out


@pytest.mark.parametrize("name", ["checkpoints/ckpt-3.index", "tensorboard/events", "metrics.jsonl", "fit.json"])
def test_nothing_that_came_of_a_step_is_claimed_anew(claimed, labeled, narrow, name):
    (claimed / name).parent.mkdir(exist_ok=True)
    (claimed / name).touch()
    before = {path: path.read_bytes() for path in claimed.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match=r"holds a run with seed=3, not 4; choose another --run or remove the folder"):
        runs.claim(claimed, DataSet.open(labeled), model=narrow, train=TrainConfig(seed=4))
    assert {path: path.read_bytes() for path in claimed.rglob("*") if path.is_file()} == before


def test_a_run_that_another_process_begins_is_left_alone(claimed):
    with (
        runs.alone(claimed),
        pytest.raises(ConfigError, match=r"another process is training in .*/run; wait for it or choose another --run"),
        runs.alone(claimed),
    ):
        pass


def test_other_data_is_told_before_the_settings_that_follow_from_it(run, narrow, tmp_path):
    other = DataSet.open(write_labeled(tmp_path / "other", requests=120))
    with pytest.raises(ConfigError, match=r"holds a run on the data of .*/data, not of .*/other; choose another --run"):
        runs.claim(run, other, model=narrow, train=TrainConfig(seed=4))


def test_long_lists_of_settings_are_cut(claimed, labeled, narrow):
    units = tuple(range(80, 16, -1))
    model = dataclasses.replace(narrow, deep_units=units)
    runs.claim(claimed, DataSet.open(labeled), model=model, train=TrainConfig())
    Journal(claimed, step=0).begin()
    with pytest.raises(
        ConfigError, match=r"with deep_units=\[80, 79, \.\.\., 17\] \(64 values\), not \[8\]; choose another --run"
    ):
        runs.claim(claimed, DataSet.open(labeled), model=narrow, train=TrainConfig())


@pytest.mark.parametrize("mark", ["manifest.json", "schema.json"])
def test_a_folder_of_another_command_is_left_alone(labeled, narrow, tmp_path, mark):
    (tmp_path / mark).write_text("its own")
    with pytest.raises(ConfigError, match=rf"{mark}.*; choose another --run"):
        runs.claim(tmp_path, DataSet.open(labeled), model=narrow, train=TrainConfig())
    with pytest.raises(ConfigError, match=rf"{mark}.*; choose another --out"):
        publish(tmp_path / "run", tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(mark, "its own")]


@pytest.mark.parametrize("name", ["config.json", "data.json"])
@pytest.mark.parametrize("edit", [lambda text: text.replace("8", "9"), lambda text: text[:-9], lambda _: "[]"])
def test_an_edited_run_is_refused_by_whatever_reads_it(run, labeled, narrow, name, edit):
    path = run / name
    before = path.read_text()
    path.write_text(edit(before).replace("tiny", "other"))
    if path.read_text() == before:
        path.write_text(before.replace('"folder": "', '"folder": "x'))
    for read in (lambda: runs.new_model(run), lambda: claim_again(run, labeled, narrow)):
        with pytest.raises(
            ConfigError, match=rf"^\S+{name} (was changed|is not JSON|holds no JSON object)[^\n]*restore it"
        ):
            read()


def claim_again(run, labeled, narrow):
    runs.claim(run, DataSet.open(labeled), model=narrow, train=TrainConfig(seed=3))


def test_what_follows_from_the_data_is_known_before_a_step(run):
    assert runs.known_before(run) == []
    origin = json.loads((run / "data.json").read_text())
    del origin["digest"]
    origin["trained"]["home"]["shopping"] = {"ctr": 0}
    (run / "data.json").write_text(json.dumps(with_digest(origin)))
    [said] = runs.known_before(run)
    assert said.startswith("home x shopping has no labeled training pair: ")
    assert runs.warnings(run) == [said]


def test_a_heavyweight_ranker_has_no_towers_to_load(labeled, tmp_path):
    runs.claim(tmp_path / "hw", DataSet.open(labeled), heavyweight=HeavyweightConfig(), train=HeavyweightTrainConfig())
    (tmp_path / "hw" / "fit.json").touch()
    with pytest.raises(ConfigError, match=r"hw holds a heavyweight ranker, of mtmd_tf.jobs.label; name a run of train"):
        runs.load_model(tmp_path / "hw")


def test_an_unfinished_run_has_no_model(run):
    with pytest.raises(ConfigError, match=r"holds no finished training; run train.py with --run="):
        runs.load_model(run)


def test_a_run_from_before_a_setting_existed_goes_on_with_its_default(run, labeled, narrow):
    plain = json.loads((run / "config.json").read_text())
    del plain["model"]["architecture"], plain["digest"]  # there was none either
    (run / "config.json").write_text(json.dumps(plain))
    runs.claim(run, DataSet.open(labeled), model=narrow, train=TrainConfig(seed=3))
    other = dataclasses.replace(narrow, architecture="single_slice")
    with pytest.raises(
        ConfigError, match=r"holds a run with architecture='mtmd', not 'single_slice'; choose another --run"
    ):
        runs.claim(run, DataSet.open(labeled), model=other, train=TrainConfig(seed=3))


def test_a_run_remembers_its_slice_and_starts_from_its_labels(labeled, narrow, tmp_path):
    data = DataSet.open(labeled, slice_name="search/standard")
    runs.claim(tmp_path, data, model=narrow, train=TrainConfig())
    assert runs.open_data(tmp_path).slice == ("search", "standard")
    start = json.loads((tmp_path / "data.json").read_text())["prior"]["standard"]
    assert start["ctr"] == pytest.approx(math.log(0.4 / 0.6), abs=1e-4)  # home's labels, 0.1, have no say


def test_one_product_on_all_surfaces_starts_from_the_labels_of_all_surfaces(run, labeled, narrow, tmp_path):
    data = DataSet.open(labeled, slice_name="*/standard")
    runs.claim(tmp_path / "product", data, model=narrow, train=TrainConfig())
    assert runs.open_data(tmp_path / "product").slice == ("*", "standard")
    product, whole = (json.loads((each / "data.json").read_text()) for each in (tmp_path / "product", run))
    assert product["prior"]["standard"] == whole["prior"]["standard"]


def test_another_slice_is_refused(run, labeled, narrow):
    data = DataSet.open(labeled, slice_name="search/standard")
    with pytest.raises(ConfigError, match=r"holds a run with slice='', not 'search/standard'; choose another --run"):
        runs.claim(run, data, model=narrow, train=TrainConfig(seed=3))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_summary_counts_every_parameter_once(architecture, labeled, narrow, tmp_path):
    config = dataclasses.replace(narrow, architecture=architecture)
    runs.claim(tmp_path, DataSet.open(labeled), model=config, train=TrainConfig())
    model = runs.new_model(tmp_path)
    model.make_variables()
    last = parameter_counts.summary(model).splitlines()[-1].split()
    towers = [*model.query_tower.weights, *model.item_tower.weights]
    embedding = sum(table.shape.num_elements() for table in model.embedding_variables)
    assert last[0] == "all"
    assert list(parameter_counts.parameters(model).values()) == [int(number.replace(",", "")) for number in last[1:]]
    assert int(last[1].replace(",", "")) == embedding
    assert int(last[2].replace(",", "")) == sum(w.shape.num_elements() for w in towers) - embedding


def test_other_data_where_the_runs_own_was_must_be_asked_for(narrow, tmp_path):
    data = write_labeled(tmp_path / "data")
    runs.claim(tmp_path / "run", DataSet.open(data), model=narrow, train=TrainConfig())
    shutil.rmtree(data)
    with pytest.raises(
        ConfigError, match=r"run was trained on .*data, where no data set is now, seen from /.*; say --data"
    ):
        runs.open_data(tmp_path / "run")
    write_labeled(data, requests=120)
    with pytest.raises(ConfigError, match=r"data holds other data than what .*run was trained on; say --data=.*data"):
        runs.open_data(tmp_path / "run")
    assert runs.open_data(tmp_path / "run", str(data)).manifest.requests("train") == 100
