"""A relative change and its interval: by hand, against a bootstrap over users, and against tea-tasting."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.simulation.statistics.change import Change, exact_change, paired_change, relative_change
from mtmd_tf.simulation.statistics.measures import COLUMNS, CONTROL, RATES, TREATMENT, VOLUMES
from mtmd_tf.simulation.statistics.moments import Moments
from mtmd_tf.simulation.statistics.user_table import UserTable
from tests.mtmd_tf.simulation.user_rows import user_rows

CPC, CTR, *_ = RATES
CLICKS = VOLUMES[0]


def arm(clicks, impressions, *, pre=None, users=None) -> Moments:
    before = pre if pre is not None else (np.zeros(len(clicks)), np.zeros(len(clicks)))
    columns = ("clicks", "impressions", "pre_clicks", "pre_impressions")
    return Moments.of(np.column_stack([clicks, impressions, *before]).astype(float), columns=columns, users=users)


@pytest.fixture(scope="module")
def users() -> UserTable:
    return UserTable.of(user_rows(800, lift=0.1))


def test_by_hand():
    """2 of 8 impressions clicked, then 3 of 8; each user has 4, so the variance is that of the users' own rates."""
    control, treatment = arm([0, 2], [4, 4]), arm([1, 2], [4, 4])
    change = relative_change(control, treatment, CTR)
    assert (change.control, change.treatment) == (0.25, 0.375)
    assert change.value == pytest.approx(0.5)
    # Rates 0 and 1/2: variance 1/8, of the mean 1/16, relative to 1/4 squared 1. Rates 1/4, 1/2: 1/64 / (9/64) = 1/9.
    reach = 1.959964 * math.sqrt(1.0 + 1.0 / 9.0)
    assert change.low == pytest.approx(1.5 * math.exp(-reach) - 1.0)
    assert change.high == pytest.approx(1.5 * math.exp(reach) - 1.0)


def test_a_user_whose_impressions_vary_counts_by_its_residual():
    """R = 3 / 6; residuals y - R x are 1/2, -1/2 and 0; mean x is 2: var(R) = (1/2 / 2) / 4 / 3 = 1/48."""
    control, treatment = arm([1, 1, 1], [1, 3, 2]), arm([1, 1, 1], [2, 2, 2])
    change = relative_change(control, treatment, CTR)
    reach = 1.959964 * math.sqrt(1.0 / 48.0 / 0.25)
    assert change.value == pytest.approx(0.0)
    assert change.high == pytest.approx(math.expm1(reach))
    assert change.p == 1.0


def test_the_interval_is_that_of_a_bootstrap_over_users(users):
    random = np.random.default_rng(1)
    for measure in RATES:
        halves = {name: users.sums()[users.arm == name] for name in ("control", "treatment")}
        at = [COLUMNS.index(name) for name in (measure.numerator, measure.denominator)]
        draws = {}
        for name, sums in halves.items():
            taken = random.multinomial(len(sums), np.full(len(sums), 1.0 / len(sums)), 2000) @ sums[:, at]
            draws[name] = taken[:, 0] / taken[:, 1]
        low, high = np.percentile(draws["treatment"] / draws["control"] - 1.0, [2.5, 97.5])
        moments = users.moments()
        change = relative_change(moments["control"], moments["treatment"], measure)
        assert [change.low, change.high] == pytest.approx([low, high], abs=0.1 * (high - low)), measure.name


@pytest.mark.parametrize("adjusted", [False, True])
def test_it_is_that_of_tea_tasting(users, adjusted):
    tea_tasting = pytest.importorskip("tea_tasting")
    names = [*COLUMNS, *(f"pre_{name}" for name in COLUMNS)]
    data = pd.DataFrame(users.sums(), columns=names).assign(variant=np.where(users.arm == "treatment", 1, 0))
    moments = users.moments()
    for measure in RATES:
        before = (measure.before().numerator, measure.before().denominator) if adjusted else (None, None)
        metric = tea_tasting.RatioOfMeans(measure.numerator, measure.denominator, *before, use_t=False)
        theirs = tea_tasting.Experiment(metric=metric).analyze(data)["metric"]
        ours = relative_change(moments["control"], moments["treatment"], measure, adjusted=adjusted)
        wanted = [theirs.control, theirs.treatment, theirs.rel_effect_size]
        wanted += [theirs.rel_effect_size_ci_lower, theirs.rel_effect_size_ci_upper]
        assert [ours.control, ours.treatment, ours.value, ours.low, ours.high] == pytest.approx(wanted, abs=1e-6)
        assert ours.p == pytest.approx(theirs.pvalue, abs=0.01)  # theirs tests the difference, ours the ratio


def test_p_and_interval_agree(users):
    moments = users.moments()
    for measure in (*RATES, *VOLUMES):
        change = relative_change(moments["control"], moments["treatment"], measure)
        inside = relative_change(moments["control"], moments["treatment"], measure, confidence=1.0 - change.p + 1e-6)
        outside = relative_change(moments["control"], moments["treatment"], measure, confidence=1.0 - change.p - 1e-6)
        assert inside.holds(0.0)
        assert not outside.holds(0.0)


ACTIONS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=2, max_size=20)


@settings(deadline=None)
@given(ACTIONS, ACTIONS)
def test_arms_that_change_places_give_the_reciprocal(some, others):
    left, right = (arm(*np.array(each).T) for each in (some, others))
    there, back = relative_change(left, right, CTR), relative_change(right, left, CTR)
    if there is None:
        assert back is None
        return
    assert 1.0 + back.value == pytest.approx(1.0 / (1.0 + there.value))
    assert 1.0 + back.low == pytest.approx(1.0 / (1.0 + there.high))
    assert back.p == pytest.approx(there.p, abs=1e-9)


def test_without_a_click_there_is_no_change():
    assert relative_change(arm([0, 0], [4, 4]), arm([1, 2], [4, 4]), CTR) is None
    assert relative_change(arm([0, 0], [0, 0]), arm([1, 2], [4, 4]), CTR) is None


def test_a_measure_a_user_counts_those_without_a_row():
    """4 clicks of 4 users, then 6 clicks of 4 users, two of them without a row."""
    change = relative_change(arm([1, 1, 1, 1], [4, 4, 4, 4]), arm([3, 3], [4, 4], users=4), CLICKS)
    assert (change.control, change.treatment) == (1.0, 1.5)


def test_the_pre_period_narrows_the_interval_and_keeps_the_estimate_unbiased():
    plain, adjusted = [], []
    random = np.random.default_rng(0)
    for _ in range(200):
        arms = []
        for lift in (0.0, 0.1):
            rate = random.beta(4.0, 16.0, 200)
            impressions, before = random.poisson(40.0, (2, 200))
            clicks = random.binomial(impressions, np.minimum(rate * (1.0 + lift), 1.0))
            arms.append(arm(clicks, impressions, pre=(random.binomial(before, rate), before)))
        plain.append(relative_change(*arms, CTR))
        adjusted.append(relative_change(*arms, CTR, adjusted=True))
    widths = [(new.high - new.low) / (old.high - old.low) for old, new in zip(plain, adjusted, strict=True)]
    assert max(widths) < 0.95
    values = np.array([change.value for change in adjusted])
    assert abs(values.mean() - 0.1) < 3.0 * values.std(ddof=1) / math.sqrt(len(values))
    assert values.std() < 0.9 * np.std([change.value for change in plain])
    assert sum(change.holds(0.1) for change in adjusted) >= 180


def test_the_adjustment_takes_off_what_the_arms_differed_by_before():
    """Each user does in the test what it did before: without an effect the adjusted change is none, and certain."""
    did = ([0, 1, 2, 1], [4, 4, 4, 4]), ([1, 2, 3, 2], [4, 4, 4, 4])
    control, treatment = (arm(*each, pre=each) for each in did)
    assert relative_change(control, treatment, CTR).value == pytest.approx(1.0)
    assert relative_change(control, treatment, CTR, adjusted=True).value == pytest.approx(0.0, abs=1e-12)


def test_a_pre_period_in_which_nothing_happened_changes_nothing():
    control, treatment = arm([0, 2], [4, 4]), arm([1, 2], [4, 4])
    assert relative_change(control, treatment, CTR, adjusted=True) == relative_change(control, treatment, CTR)


def test_two_whole_populations_have_an_exact_change():
    assert exact_change(arm([1, 1], [4, 4]), arm([1, 2], [4, 4]), CTR) == pytest.approx(0.5)
    assert exact_change(arm([0, 0], [4, 4]), arm([1, 2], [4, 4]), CTR) is None


def two_worlds(old, new) -> Moments:
    columns = [prefix + name for prefix in (CONTROL, TREATMENT) for name in ("clicks", "impressions")]
    return Moments.of(np.column_stack([*old, *new]).astype(float), columns=columns)


def test_two_worlds_by_hand():
    """Users who see 4 ads click 1 and 1, then 1 and 2: the log changes by clicks, 0 / 2 and 1 / 3, less their part.

    R goes from 2/8 to 3/8. A user's share of ln R' - ln R is c' / 3 - c / 2, which is 1/3 - 1/2 and 2/3 - 1/2: apart by
    1/3, so that the standard error of their sum is 1/3.
    """
    change = paired_change(two_worlds(([1, 1], [4, 4]), ([1, 2], [4, 4])), CTR)
    assert change.value == pytest.approx(0.5)
    assert change.high == pytest.approx(1.5 * math.exp(1.959964 / 3.0) - 1.0)


def test_two_worlds_have_the_interval_of_a_bootstrap_over_their_users():
    random = np.random.default_rng(0)
    impressions = random.poisson(20.0, 500)
    clicks = random.binomial(impressions, random.beta(4.0, 16.0, 500))
    more = clicks + random.binomial(impressions - clicks, 0.02)
    change = paired_change(two_worlds((clicks, impressions), (more, impressions)), CTR)
    taken = random.multinomial(500, np.full(500, 1.0 / 500), 4000)
    low, high = np.percentile((taken @ more) / (taken @ clicks) - 1.0, [2.5, 97.5])
    assert [change.low, change.high] == pytest.approx([low, high], abs=0.1 * (high - low))
    assert change.high - change.low < 0.5 * np.diff(_apart(clicks, more, impressions))


def _apart(clicks, more, impressions) -> list[float]:
    """The interval that strangers would give."""
    change = relative_change(arm(clicks, impressions), arm(more, impressions), CTR)
    return [change.low, change.high]


def test_two_worlds_without_a_difference_have_none_for_sure():
    same = ([1, 2, 0], [4, 4, 3])
    change = paired_change(two_worlds(same, same), CTR)
    assert (change.value, change.low, change.high, change.p) == (0.0, 0.0, 0.0, 1.0)
    assert paired_change(two_worlds(([0, 0], [4, 4]), ([1, 2], [4, 4])), CTR) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50)), min_size=2, max_size=30))
def test_equal_worlds_have_no_interval_whatever_is_in_them(users):
    """Rounding is not a difference; which digits it leaves depends on the processor."""
    same = tuple(zip(*users, strict=True))
    change = paired_change(two_worlds(same, same), CTR)
    assert change is None or (change.value, change.low, change.high, change.p) == (0.0, 0.0, 0.0, 1.0)


def test_it_is_printed_in_percent():
    change = Change(value=0.0241, low=0.012, high=0.0362, p=0.001, control=0.1, treatment=0.10241)
    assert f"{change:.2f}" == "+2.41% [+1.20, +3.62]"
