"""The relative change of a ratio metric between two arms, with its interval, by the delta method.

A user's requests depend on each other, so the user is the unit. With sums over users Y and X, the ratio R = Y / X has
the gradient

    g[y] = 1 / mean(x),    g[x] = -R / mean(x),    var(R) = g' S g / users

where S is the covariance of (y, x) over users (Deng et al. 2018, "Applying the delta method in metric analytics"). The
logarithm of the ratio of two arms' R is nearly normal, also where R is a small rate; its interval is taken back by exp.
"""

import dataclasses
import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from mtmd_tf.simulation.statistics.measures import CONTROL, TREATMENT, Measure
from mtmd_tf.simulation.statistics.moments import Moments

CONFIDENCE = 0.95
_ROUNDING = 1e-12  # of the sum of a variance's parts; what is left below it is the order in which a processor adds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """Treatment / control - 1 of one measure.

    Attributes:
        value: The relative change; 0.02 is 2% more.
        low: Lower end of the interval.
        high: Upper end of the interval.
        p: Two-sided p-value of no change; below 0.05 exactly where the 95% interval leaves out 0.
        control: The measure in the control arm.
        treatment: The measure in the treatment arm.
    """

    value: float
    low: float
    high: float
    p: float
    control: float
    treatment: float

    def __format__(self, form: str) -> str:
        """`+4.2% [+2.6, +5.7]` for `.1f`."""
        value, low, high = (100.0 * end for end in (self.value, self.low, self.high))
        return f"{value:+{form}}% [{low:+{form}}, {high:+{form}}]"

    def holds(self, truth: float) -> bool:
        """Whether the interval contains the true change."""
        return self.low <= truth <= self.high


def relative_change(
    control: Moments, treatment: Moments, measure: Measure, *, adjusted: bool = False, confidence: float = CONFIDENCE
) -> Change | None:
    """The change of a measure from the control arm to the treatment arm.

    `adjusted` takes off what the arms already differed by in the pre-period (CUPED, Deng et al. 2013, on the linearized
    ratio): R - theta (R_pre - R_pre of both arms), theta being the slope of one linearized ratio on the other over the
    users of both arms. A measure without a pre-period stays as it is.

    Args:
        control: Moments of the control arm's users.
        treatment: Moments of the treatment arm's users.
        measure: The ratio.
        adjusted: Whether the pre-period is used; the moments then need its columns.
        confidence: Coverage of the interval.

    Returns:
        None where an arm has nothing above or below the line.
    """
    both = control + treatment
    slope = _slope(both, measure) if adjusted else 0.0
    levels, errors = [], []
    for arm in (control, treatment):
        ratio = _adjusted(arm, both, measure, slope=slope) if slope else _linear(arm, measure)
        if ratio is None or not ratio.value > 0.0:
            return None
        levels.append(ratio.value)
        errors.append(_variance(ratio.gradient, arm.covariance) / arm.users / ratio.value**2)
    return _change(levels[0], levels[1], error=math.sqrt(sum(errors)), confidence=confidence)


def paired_change(both: Moments, measure: Measure, *, confidence: float = CONFIDENCE) -> Change | None:
    """The change of a measure between two whole worlds, in which the same users live.

    What a user did in one world and in the other goes together, and the difference varies much less than either. The
    interval is that over other users of the same world.

    Args:
        both: Moments over the users, the columns of each world with the prefix `CONTROL` or `TREATMENT`.
        measure: The ratio.
        confidence: Coverage of the interval.

    Returns:
        None where a world has nothing above or below the line.
    """
    old, new = (_linear(both, measure.within(world)) for world in (CONTROL, TREATMENT))
    if old is None or new is None or not (old.value > 0.0 and new.value > 0.0):
        return None
    gradient = new.gradient / new.value - old.gradient / old.value
    error = math.sqrt(_variance(gradient, both.covariance) / both.users)
    return _change(old.value, new.value, error=error, confidence=confidence)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Level:
    """A measure in one arm.

    Attributes:
        value: The ratio.
        low: Lower end of its interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def level(arm: Moments, measure: Measure, *, confidence: float = CONFIDENCE) -> Level | None:
    """A measure in one arm with its interval by the delta method; None where there is nothing below the line."""
    ratio = _linear(arm, measure)
    if ratio is None:
        return None
    error = math.sqrt(_variance(ratio.gradient, arm.covariance) / arm.users)
    reach = stats.norm.ppf((1.0 + confidence) / 2.0) * error
    return Level(value=ratio.value, low=ratio.value - reach, high=ratio.value + reach)


def exact_change(control: Moments, treatment: Moments, measure: Measure) -> float | None:
    """The relative change between two whole populations, without any chance in it; None where a ratio is none or 0."""
    old, new = _linear(control, measure), _linear(treatment, measure)
    return None if old is None or new is None or not old.value else new.value / old.value - 1.0


def _change(control: float, treatment: float, *, error: float, confidence: float) -> Change:
    """The change with the standard error of its logarithm."""
    distance = math.log(treatment / control)
    reach = stats.norm.ppf((1.0 + confidence) / 2.0) * error
    return Change(
        value=math.expm1(distance),
        low=math.expm1(distance - reach),
        high=math.expm1(distance + reach),
        p=float(2.0 * stats.norm.sf(abs(distance) / error)) if error else float(distance == 0.0),
        control=control,
        treatment=treatment,
    )


class _Linear(NamedTuple):
    """A ratio and the `[columns]` derivative of it by the columns' means."""

    value: float
    gradient: np.ndarray


def _linear(arm: Moments, measure: Measure) -> _Linear | None:
    """None where there is nothing below the line."""
    gradient = np.zeros(len(arm.columns))
    above = float(arm.mean[arm.at(measure.numerator)])
    if measure.denominator is None:
        gradient[arm.at(measure.numerator)] = 1.0
        return _Linear(above, gradient)
    below = float(arm.mean[arm.at(measure.denominator)])
    if not below > 0.0:
        return None
    gradient[arm.at(measure.numerator)] = 1.0 / below
    gradient[arm.at(measure.denominator)] = -above / below**2
    return _Linear(above / below, gradient)


def _adjusted(arm: Moments, both: Moments, measure: Measure, *, slope: float) -> _Linear | None:
    now, before, usual = _linear(arm, measure), _linear(arm, measure.before()), _linear(both, measure.before())
    if now is None or before is None or usual is None:
        return None
    return _Linear(now.value - slope * (before.value - usual.value), now.gradient - slope * before.gradient)


def _slope(both: Moments, measure: Measure) -> float:
    """How much of a user's part in the measure the pre-period foretells; 0 where it says nothing."""
    now, before = _linear(both, measure), _linear(both, measure.before())
    if now is None or before is None:
        return 0.0
    variance = _variance(before.gradient, both.covariance)
    return float(now.gradient @ both.covariance @ before.gradient) / variance if variance > 0.0 else 0.0


def _variance(gradient: np.ndarray, covariance: np.ndarray) -> float:
    """g' S g of `[columns]` and `[columns, columns]`; exactly 0 where its parts cancel, as between equal worlds."""
    size = np.abs(gradient)
    found = float(gradient @ covariance @ gradient)
    return found if found > _ROUNDING * float(size @ np.abs(covariance) @ size) else 0.0
