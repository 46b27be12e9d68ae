"""Tests of mtmd_tf/training/targets.py: five training days, of which some have no label, event or weight."""

import dataclasses

import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import fit, targets
from tests.mtmd_tf.distribution import tiny_model

DAYS = tuple(f"2017-03-0{day}" for day in range(1, 6))


@pytest.fixture(scope="module")
def whole(labeled):
    return DataSet.open(labeled)


@pytest.fixture(scope="module")
def known(whole):
    """Makes a data set in which `column` is known on some days alone, and `fill` on the others."""
    read = {day: list(whole.batches("train", batch_requests=100, days=[day])) for day in DAYS}

    def without(batch, column, fill):
        none = tf.nest.map_structure(lambda values: tf.fill(tf.shape(values), fill), getattr(batch, column))
        return batch._replace(**{column: none})

    def make(days, *, column="label", fill=float("nan"), columns=(), **fields):
        class Known(DataSet):
            def batches(self, split, **options):
                for day in options["days"]:
                    yield from (batch if day in days else without(batch, column, fill) for batch in read.get(day, ()))

        manifest = dataclasses.replace(whole.manifest, columns=(*whole.manifest.columns, *columns))
        return Known(**{"folder": whole.folder, "schema": whole.schema, "manifest": manifest, **fields})

    return make


def require(data, *, held_out=2, config=None, **options):
    config, options = config or TrainConfig(), {"tasks": ["ctr", "gctr"], **options}
    targets.require_targets(data, config=config, days=DAYS[:-held_out], held_out_days=DAYS[-held_out:], **options)


def test_one_label_on_either_side_is_enough(whole, known):
    require(whole)
    require(known([DAYS[0], DAYS[-1]]))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (
            DAYS[:2],
            r"^no pair of \S+ on the days held out, 2017-03-04 to 2017-03-05, has a label to learn from; 2 days, "
            r"2017-03-01 to 2017-03-02, have some: --held_out_days=4 leaves some on both sides\.$",
        ),
        (
            DAYS[3:],
            r"^no pair of \S+ on the days to train on, 2017-03-01 to 2017-03-03, has a label to learn from; 2 days, "
            r"2017-03-04 to 2017-03-05, have some: --held_out_days=1 leaves some on both sides\.$",
        ),
        (DAYS[:1], r"held out, .*; 2017-03-01 alone has some, and one day cannot be on both sides: label more of them"),
        ((), r"to train on, .*; none of these 5 days has one: label the data set anew\.$"),
    ],
)
def test_a_side_without_a_label_is_told_where_there_are_some(known, days, said):
    with pytest.raises(ConfigError, match=said):
        require(known(days))


def test_what_is_advised_is_accepted(known):
    require(known(DAYS[:2]), held_out=4)
    require(known(DAYS[3:]), held_out=1)


def test_a_slice_without_a_label_is_known_from_the_manifest(labeled, monkeypatch):
    data = DataSet.open(labeled, slice_name="search/standard")
    splits = {"train": {"slices": {**data.manifest.splits["train"]["slices"], "search": {}}}}
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, splits=splits))
    monkeypatch.setattr(DataSet, "batches", None)
    said = r"^no pair of the slice search/standard of \S+ in the training split has a label; train on all slices, or on"
    with pytest.raises(ConfigError, match=said):
        require(data)


def test_a_slice_without_a_request_on_one_side_is_told_so(whole, known):
    class Early(type(known(DAYS))):
        def batches(self, split, *, days, **options):
            return super().batches(split, days=[day for day in days if day < DAYS[3]], **options)

    data = Early(folder=whole.folder, schema=whole.schema, manifest=whole.manifest, slice=("search", "standard"))
    said = r"^the slice search/standard of \S+ has no request on the days held out, .*; 3 days, .*--held_out_days=3 lea"
    with pytest.raises(ConfigError, match=said):
        require(data)


def test_a_sample_that_misses_what_there_is_may_be_larger(whole):
    with pytest.raises(
        ConfigError, match=r"^a share of 1e-09 of .* on the days to train on, .*; raise --sample_share=1e"
    ):
        require(whole, config=TrainConfig(sample_share=1e-9))


def test_weights_are_a_column_with_some_above_0(whole, known):
    config = TrainConfig(use_weights=True)
    with pytest.raises(
        ConfigError, match=r"no column `weight` for --use_weights to weigh pairs by; .* without --use_w"
    ):
        require(whole, config=config)
    said = (
        r"held out, .* has a label and, as --use_weights asks, a weight above 0 to learn from; .*, or train without --u"
    )
    with pytest.raises(ConfigError, match=said):
        require(known(DAYS[:3], column="weight", fill=0.0, columns=["weight"]), config=config)


def test_a_heavyweight_ranker_needs_events(known):
    data = known(DAYS[:3], column="event")
    require(data)
    with pytest.raises(ConfigError, match=r"on the days held out, .*, has an observed event to learn from; 3 days,"):
        require(data, column=targets.EVENT)


def test_a_training_leaves_no_trace_before_its_first_step(known, tmp_path):
    class Learner(tiny_model.TinyModel):
        learns_from, parents = "label", ("ctr", "gctr")

    options = {"config": tiny_model.CONFIG, "days": DAYS[:-1], "held_out_days": DAYS[-1:]}
    with pytest.raises(ConfigError, match=r"on the days held out, 2017-03-05 to 2017-03-05, has a label .*_days=4"):
        fit(Learner(), known(DAYS[:2]), run=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match=r"on the days held out, .* has a label to learn from\.$"):  # by an evaluation
        fit(Learner(), known(DAYS[:2]), run=tmp_path / "run", checked=True, **options)
    assert (tmp_path / "run").exists()
