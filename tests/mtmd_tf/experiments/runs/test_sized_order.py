"""A table's models have settings of the size of what each learns, but for what was said."""

import pytest

from mtmd_tf.experiments.architectures.plan import arms as architectures
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.runs.sized_order import on_data
from mtmd_tf.experiments.table1.comparison import arms
from mtmd_tf.sizing.facts import NOMINAL
from mtmd_tf.sizing.rule import sized
from tests.mtmd_tf.experiments.finished import an_order
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


@pytest.fixture
def order(labeled):
    def make(model=None, train=None, **options):
        model, train = model or {}, train or {}
        nominal = sized(NOMINAL, model=model, train=train)
        plain = an_order(reference=(nominal.model, nominal.train), said=frozenset((*model, *train)), **options)
        return on_data(plain, Manifest.load(labeled), Schema.load(labeled))

    return make


def test_one_model_and_those_of_its_slices_have_each_their_own(order):
    one, replaced = arms(order(train={"patience": 2}))
    [whole], slices = one.runs[0], replaced.runs[0]
    assert len(slices) == 4
    for run in slices:
        assert run.train.batch_requests < whole.train.batch_requests
        assert (run.train.held_out_days, run.train.patience) == (whole.train.held_out_days, 2)
        assert run.model.root_embedding == whole.model.root_embedding + whole.model.shallow_width


def test_what_is_said_of_the_baseline_alone_holds_for_each_of_its_models(order):
    one, replaced = arms(order(baseline="--epochs=3 --batch_requests=5"))
    assert {(run.train.epochs, run.train.batch_requests) for run in replaced.runs[0]} == {(3, 5)}
    assert one.runs[0][0].train.batch_requests != 5


def test_architectures_follow_the_same_rule(order):
    found = {each.name: each.runs[0][0] for each in architectures(order(overrides={"ple": "--epochs=4"}))}
    epochs = {name: run.train.epochs for name, run in found.items() if "split" not in name and name != BASELINE}
    assert {count for name, count in epochs.items() if name != "ple"} == {epochs["mtmd"]} != {4}
    assert epochs["ple"] == 4
