"""Any manifest gives valid settings; what is said stays; more data never gives narrower networks."""

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.config import ARCHITECTURES, AVERAGED, COSINE, ConfigError, ModelConfig
from mtmd_tf.sizing.dense import dense_weights
from mtmd_tf.sizing.facts import Domain, Facts, Side
from mtmd_tf.sizing.rule import AUTO, said, sized

_COUNTS = st.integers(1, 40)
_DOMAINS = st.lists(st.builds(Domain, fields=_COUNTS, descriptors=_COUNTS, tasks=st.integers(1, 8)), min_size=1)
_SIDES = st.builds(
    lambda domains, rows: Side(fields=max(d.fields for d in domains), table_rows=rows, domains=tuple(domains)),
    _DOMAINS,
    st.integers(0, 10**8),
)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    days = draw(st.lists(st.integers(1, 10**7), min_size=2, max_size=60))
    pairs = draw(st.integers(1, sum(days)))
    return Facts(
        requests=draw(st.integers(1, pairs)),
        pairs=pairs,
        items=draw(st.integers(1, 10**7)),
        partition_pairs=tuple(days),
        query=draw(_SIDES),
        item=draw(_SIDES),
    )


def _steps(found, of: Facts) -> float:
    share = 1 - of.held_out_share(found.train.held_out_days)
    return found.train.epochs * max(1, math.ceil(share * of.requests / found.train.batch_requests))


@settings(max_examples=40, deadline=None)
@given(facts(), st.sampled_from(ARCHITECTURES), st.sampled_from(["sum", "concat"]))
def test_any_data_gives_settings_that_can_be_trained(of, architecture, composition):
    found = sized(of, model={"architecture": architecture, "composition": composition}, train={})
    train, steps = found.train, _steps(found, of)
    assert set(found.reasons) == AUTO
    assert 1 <= train.held_out_days < of.partitions
    assert train.batch_requests <= of.requests
    assert train.warmup_steps <= steps / 10
    assert 1 <= train.eval_every <= steps
    assert (train.schedule, train.patience) == (AVERAGED, 0)
    assert 5e-4 <= train.learning_rate <= 2e-3
    assert found.model.deep_units[0] == 32 or dense_weights(found.model, of) <= 128 * of.pairs


@settings(max_examples=40, deadline=None)
@given(facts(), st.integers(2, 50))
def test_more_data_never_gives_a_narrower_network_or_a_smaller_step(of, times):
    more = dataclasses.replace(
        of,
        pairs=times * of.pairs,
        requests=times * of.requests,
        partition_pairs=tuple(times * each for each in of.partition_pairs),
    )
    few, many = sized(of, model={}, train={}), sized(more, model={}, train={})
    for name in ("deep_units", "shallow_units", "router_units", "cross_projection"):
        assert getattr(many.model, name) >= getattr(few.model, name)
    assert many.train.batch_requests >= few.train.batch_requests
    assert many.train.embedding_learning_rate >= few.train.embedding_learning_rate
    assert many.train.held_out_days <= few.train.held_out_days


@pytest.mark.parametrize("said_of_it", [{"epochs": 3}, {"patience": 2}])
def test_an_end_that_is_said_is_a_cosines(said_of_it):
    found = sized(_facts(20_000), model={}, train=said_of_it)
    assert found.train.schedule == COSINE
    assert found.reasons["schedule"] == "epochs or patience were said"
    assert found.train.patience >= 1
    open_end = sized(_facts(20_000), model={}, train={**said_of_it, "schedule": AVERAGED})
    assert (open_end.train.schedule, open_end.train.patience) == (AVERAGED, said_of_it.get("patience", 0))


_SAID = st.sampled_from([-3, -0.5, 0, 1, 2, 7, 1000, 0.5, float("nan"), (), (0,), (3,), (7, 5), "many", None])


@settings(max_examples=80, deadline=None)
@given(facts(), st.dictionaries(st.sampled_from(sorted(AUTO | {"sample_share", "max_steps", "composition"})), _SAID))
def test_whatever_is_said_is_taken_or_refused_by_name(of, values):
    model = {name: value for name, value in values.items() if name in ModelConfig.__dataclass_fields__}
    train = {name: value for name, value in values.items() if name not in model}
    try:
        found = sized(of, model=model, train=train)
    except ConfigError as error:
        message = str(error)
        assert any(name in message for name in values)
        return
    assert {**dataclasses.asdict(found.model), **dataclasses.asdict(found.train)}.items() >= values.items()
    assert found.reasons.keys() == AUTO - values.keys()


def _facts(pairs: int, *, days: int = 14, candidates: int = 10) -> Facts:
    side = Side(fields=30, table_rows=50_000, domains=(Domain(fields=30, descriptors=6, tasks=3),) * 3)
    return Facts(
        requests=max(1, pairs // candidates),
        pairs=pairs,
        items=2_000,
        partition_pairs=(pairs // days,) * days,
        query=side,
        item=side,
    )


def test_a_small_log_gets_a_small_model_and_a_short_warm_up():
    found = sized(_facts(20_029, days=6), model={}, train={})
    assert dense_weights(found.model, _facts(20_029)) < 128 * 20_029
    assert found.train.held_out_days == 1
    assert sized(_facts(260), model={}, train={"epochs": 1, "batch_requests": 1}).train.warmup_steps <= 2


def test_a_platforms_log_gets_the_papers_network():
    assert sized(_facts(30_000_000), model={}, train={}).model.deep_units == (512, 256, 128, 128)


@pytest.mark.parametrize("days", [2, 3, 6])
def test_a_log_of_a_few_partitions_holds_out_one_and_learns_from_the_others(days):
    assert sized(_facts(20_000, days=days), model={}, train={}).train.held_out_days == 1


@pytest.mark.parametrize(
    ("pairs", "held_out"),
    [
        ((5_000, 5_000, 5), 2),  # the third day ends a minute after midnight
        ((5_000, 5_000, 500), 1),
        ((5, 5, 10_000), 1),  # nothing can be done here; doctor says so
        ((9_000,) * 8 + (3, 3), 3),
        ((9, 3), 1),
    ],
)
def test_a_day_of_a_few_pairs_is_not_held_out_alone(pairs, held_out):
    of = dataclasses.replace(_facts(sum(pairs)), partition_pairs=pairs)
    assert sized(of, model={}, train={}).train.held_out_days == held_out


def test_what_is_said_stays_and_the_rest_follows_from_it():
    found = sized(_facts(100_000), model={"deep_units": (24, 12)}, train={"epochs": 2, "batch_requests": 500})
    assert (found.model.deep_units, found.model.cross_projection) == ((24, 12), 6)
    assert (found.train.epochs, found.train.batch_requests) == (2, 500)
    assert found.train.warmup_steps == 2 * 19 // 10  # a tenth of two passes of 9,285 requests
    assert "epochs" not in found.reasons
    assert "deep_units" not in found.reasons


def test_settings_taken_apart_and_put_together_are_the_same():
    found = sized(_facts(100_000), model={"dim": 8}, train={"epochs": 2})
    names = {"dim", "epochs"}
    assert sized(_facts(100_000), model=said(found.model, names), train=said(found.train, names)) == found


def test_a_wrong_value_is_refused_as_it_always_was():
    with pytest.raises(ConfigError, match=r"TrainConfig\.epochs is 0; it must be at least 1\."):
        sized(_facts(1000), model={}, train={"epochs": 0})


def test_reasons_are_printed_a_line_each():
    text = str(sized(_facts(20_000), model={}, train={"epochs": 3}))
    assert text.startswith("Settings that follow from the data (say one to change it):\n  --deep_units=")
    assert len(text.splitlines()) == len(AUTO)
    assert "--epochs" not in text
