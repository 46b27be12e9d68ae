"""Do the statistics tell the truth? A/A splits must find nothing, and a planted change must lie in its interval."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import stats

from mtmd_tf.config import ConfigError
from mtmd_tf.seeds import derive_seed
from mtmd_tf.simulation.statistics.change import Change, relative_change
from mtmd_tf.simulation.statistics.holm import holm
from mtmd_tf.simulation.statistics.measures import RATES, VOLUMES, Measure
from mtmd_tf.simulation.statistics.moments import Moments
from mtmd_tf.simulation.statistics.sample_ratio import ALARM, sample_ratio
from mtmd_tf.simulation.statistics.user_table import SUMS, UserTable

MEASURES = (*RATES, *VOLUMES)

Assign = Callable[[np.ndarray, str], np.ndarray]  # `[users]` ids and a salt to `[users]` bool: the treatment


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class AgainstItself:
    """What A/A splits of one world found.

    Attributes:
        p_values: `{measure: [splits]}` p-values of no change.
        sample_ratio: `[splits]` p-values of the sample-ratio check.
        uniform: `{measure: p-value}` of uniform p-values by Kolmogorov-Smirnov, after Holm over the measures.
        false_alarms: `{measure: share of the splits with p < 0.05}`; 0.05 is right.
        alarms: Number of sample-ratio alarms.
        alarms_p: Chance of so many alarms or more, if the splits are fair.
    """

    p_values: Mapping[str, np.ndarray]
    sample_ratio: np.ndarray
    uniform: Mapping[str, float]
    false_alarms: Mapping[str, float]
    alarms: int
    alarms_p: float

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the statistics at 5%."""
        return min(self.uniform.values()) > 0.05 and self.alarms_p > 0.05


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Planted:
    """What replays with a planted change of clicks found.

    Attributes:
        truth: `{measure: planted relative change}`.
        changes: `{measure: the change that each replay measured}`.
    """

    truth: Mapping[str, float]
    changes: Mapping[str, Sequence[Change]]

    def covered(self, measure: str) -> int:
        """How many intervals contain the planted change."""
        return sum(change.holds(self.truth[measure]) for change in self.changes[measure])


def against_itself(
    users: UserTable, assign: Assign, *, salts: Sequence[str], measures: Sequence[Measure] = MEASURES
) -> AgainstItself:
    """Splits the users of one world by each salt and compares the halves, which differ by chance only.

    Args:
        users: A world of one arm.
        assign: Puts users into the treatment by a salt; halves are expected.
        salts: Salts of the splits.
        measures: Measures to compare; those that a split cannot measure are left out.

    Raises:
        ConfigError: A world of several arms, or with nothing to measure.
    """
    sums = _sums(users)
    p_values: dict[str, list[float]] = {measure.name: [] for measure in measures}
    ratios = []
    for salt in salts:
        treated = assign(users.users, salt)
        control, treatment = (Moments.of(sums[rows], columns=SUMS) for rows in (~treated, treated))
        ratios.append(sample_ratio({"control": control.users, "treatment": treatment.users}).p)
        for measure in measures:
            if change := relative_change(control, treatment, measure, adjusted=True):
                p_values[measure.name].append(change.p)
    p_values = {name: values for name, values in p_values.items() if len(values) == len(ratios)}
    if not p_values:
        raise ConfigError("no measure exists in both halves of every split; give a world with clicks.")
    uniform = holm([float(stats.kstest(values, "uniform").pvalue) for values in p_values.values()])
    alarms = int(np.sum(np.array(ratios) < ALARM))
    return AgainstItself(
        p_values={name: np.array(values) for name, values in p_values.items()},
        sample_ratio=np.array(ratios),
        uniform={name: p for name, p in zip(p_values, uniform, strict=True) if p is not None},
        false_alarms={name: float(np.mean(np.array(values) < 0.05)) for name, values in p_values.items()},
        alarms=alarms,
        alarms_p=float(stats.binomtest(alarms, len(ratios), ALARM, alternative="greater").pvalue),
    )


def planted(
    users: UserTable, assign: Assign, *, salts: Sequence[str], lost: float, seed: int = 0, adjusted: bool = True
) -> Planted:
    """Takes a share of the control's clicks away, click by click, and measures what the treatment then gains.

    With a share `lost`, CTR and clicks change by 1 / (1 - lost) - 1 and CPC by -lost, whatever the world.

    Args:
        users: A world of one arm.
        assign: Puts users into the treatment by a salt.
        salts: A salt for each replay.
        lost: Chance of a control's click to be taken away, above 0 and below 1.
        seed: Seed of that chance.
        adjusted: Whether the pre-period is used.

    Raises:
        ConfigError: A world of several arms, or a share out of range.
    """
    if not 0.0 < lost < 1.0:
        raise ConfigError(f"the share of clicks to take away must be above 0 and below 1, got {lost}.")
    sums = _sums(users)
    clicks = SUMS.index("clicks")
    truth = {"CTR": lost / (1.0 - lost), "clicks": lost / (1.0 - lost), "CPC": -lost}
    changes: dict[str, list[Change]] = {name: [] for name in truth}
    for salt in salts:
        random = np.random.default_rng(derive_seed(seed, f"planted/{salt}"))
        treated = assign(users.users, salt)
        thinned = sums[~treated]
        thinned[:, clicks] = random.binomial(thinned[:, clicks].astype(np.int64), 1.0 - lost)
        control, treatment = Moments.of(thinned, columns=SUMS), Moments.of(sums[treated], columns=SUMS)
        for measure in MEASURES:
            if measure.name in truth:
                change = relative_change(control, treatment, measure, adjusted=adjusted)
                if change is None:
                    raise ConfigError(f"{measure.name} does not exist in both halves; give a world with more clicks.")
                changes[measure.name].append(change)
    return Planted(truth=truth, changes=changes)


def _sums(users: UserTable) -> np.ndarray:
    """`[users, columns]` of a world of one arm."""
    if len(users.assigned) != 1:
        raise ConfigError(f"an A/A check needs a world of one arm; this one has {', '.join(users.assigned)}.")
    return users.sums()
