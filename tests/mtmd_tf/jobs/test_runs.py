import pytest

from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.jobs import runs, summary


@pytest.fixture
def run(labelled, narrow, tmp_path):
    runs.claim(tmp_path / "run", DataSet.open(labelled), model=narrow, train=TrainConfig(seed=3))
    return tmp_path / "run"


def test_a_run_remembers_what_it_was_asked_for(run, narrow):
    model = runs.new_model(run)
    assert model.config == narrow
    assert model.schema.name == "tiny"


def test_the_same_settings_go_on(run, labelled, narrow):
    runs.claim(run, DataSet.open(labelled), model=narrow, train=TrainConfig(seed=3))
    assert runs.new_model(run).config == narrow


def test_other_settings_are_refused(run, labelled, narrow):
    with pytest.raises(ConfigError, match=r"holds a run with seed=3, not 4; choose another --run"):
        runs.claim(run, DataSet.open(labelled), model=narrow, train=TrainConfig(seed=4))


def test_an_unfinished_run_has_no_model(run):
    with pytest.raises(ConfigError, match=r"holds no finished training; run train.py with --run="):
        runs.load_model(run)


def test_the_last_days_are_held_out(labelled):
    days, held_out = runs.split_days(DataSet.open(labelled), held_out=2)
    assert (days[-1], held_out) == ("2017-03-03", ["2017-03-04", "2017-03-05"])


def test_some_day_must_be_left(labelled):
    with pytest.raises(ConfigError, match=r"has 5 training days; --held_out_days=5 leaves none"):
        runs.split_days(DataSet.open(labelled), held_out=5)


def test_an_unknown_surface_lists_the_surfaces(labelled):
    with pytest.raises(ConfigError, match=r"no surface 'feed' in .*; it has \['home', 'search'\]"):
        runs.require_surface(DataSet.open(labelled), "feed")


def test_the_summary_counts_every_parameter_once(run):
    model = runs.new_model(run)
    model.make_variables()
    last = summary.summary(model).splitlines()[-1].split()
    towers = [*model.query_tower.weights, *model.item_tower.weights]
    embedding = sum(table.shape.num_elements() for table in model.embedding_variables)
    assert last[0] == "all"
    assert int(last[1].replace(",", "")) == embedding
    assert int(last[2].replace(",", "")) == sum(w.shape.num_elements() for w in towers) - embedding
