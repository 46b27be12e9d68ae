import numpy as np
import pytest
from scipy.stats import chi2

from mtmd_tf.heavyweight.labels.certainty import EventSums, calibration_interval, count_limits, significantly_off


@pytest.mark.parametrize("count", [5, 30, 1000])
def test_limits_of_a_count_are_near_the_exact_ones(count):
    exact = chi2.ppf(0.025, 2 * count) / 2, chi2.ppf(0.975, 2 * count + 2) / 2
    assert count_limits(count) == pytest.approx(exact, rel=0.01)


def test_thirty_events_cannot_be_known_to_5_percent():
    low, high = calibration_interval(30, 36, 30, 0, 0)  # labels 1.2 of the events
    assert (low, high) == pytest.approx((1.2 * 30 / 42.8, 1.2 * 30 / 20.2), rel=0.05)
    assert not significantly_off(low, high)


def test_three_thousand_events_can():
    low, high = calibration_interval(3000, 3600, 3000, 0, 0)
    assert 1.1 < low < 1.2 < high < 1.3
    assert significantly_off(low, high)


def test_no_event_leaves_the_upper_end_open():
    low, high = calibration_interval(0, 10, 0, 0, 0.1)
    assert low == pytest.approx(10 / 3.69, rel=0.01)
    assert high is None
    assert significantly_off(low, high)


def test_labels_of_nothing_have_no_interval():
    assert calibration_interval(3, 0, 3, 0, 0) == (None, None)
    assert not significantly_off(None, None)


@pytest.mark.parametrize(
    ("low", "high", "off"), [(0.8, 0.94, True), (0.8, 0.96, False), (1.04, 1.2, False), (1.06, 1.2, True)]
)
def test_off_is_an_interval_wholly_outside_5_percent(low, high, off):
    assert significantly_off(low, high) is off


def sums_of(event: np.ndarray, *, product: np.ndarray | None = None) -> EventSums:
    """`event` is `[requests, candidates]`, on one surface; every label is the mean event."""
    sums = EventSums(surfaces=1, products=2)
    requests, candidates = event.shape
    sums.update(
        surface=np.zeros(requests, np.int64),
        request=np.repeat(np.arange(requests), candidates),
        product=np.zeros(event.size, np.int64) if product is None else product,
        label=np.full(event.size, event.mean()),
        event=event.ravel(),
    )
    return sums


def width(sums: EventSums, product: int | None) -> float:
    low, high = sums.interval(surfaces=[0], product=product)
    assert low < 1 < high
    return high - low


def test_events_that_come_together_are_known_less_well():
    event = (np.random.default_rng(0).random([2000, 1]) < 0.1).astype(np.int64)
    apart = np.zeros([2000, 4], np.int64)
    apart.ravel()[:] = np.random.default_rng(0).permutation(np.repeat(event, 4))
    together = np.repeat(event, 4, axis=1)
    assert width(sums_of(together), 0) == pytest.approx(
        2 * width(sums_of(apart), 0), rel=0.15
    )  # sqrt of 4 in a request


def test_all_products_take_a_request_together():
    event = np.repeat((np.random.default_rng(0).random([2000, 1]) < 0.1).astype(np.int64), 2, axis=1)
    sums = sums_of(event, product=np.tile([0, 1], 2000))
    assert width(sums, None) == pytest.approx(width(sums, 0), rel=0.1)  # the second product adds no evidence
