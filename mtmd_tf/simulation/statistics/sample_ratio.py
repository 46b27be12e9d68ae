"""The sample-ratio check: whether the arms have as many users as the design gave them (chi-squared)."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from scipy import stats

from mtmd_tf.config import ConfigError

ALARM = 0.001  # p-values below it; an experiment is looked at once, and a healthy one alarms once in a thousand


@dataclasses.dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """Users of the arms beside the shares they were to have.

    Attributes:
        users: `{arm: users}`.
        shares: `{arm: share of all users by design}`.
        p: P-value of the chi-squared test.
    """

    users: Mapping[str, int]
    shares: Mapping[str, float]
    p: float

    @property
    def alarm(self) -> bool:
        """Whether the split is not the design's, so that no figure of the experiment can be trusted."""
        return self.p < ALARM

    def sentence(self) -> str:
        """One line for people."""
        total = sum(self.users.values())
        found = ", ".join(f"{arm} {count:,} of {self.shares[arm] * total:,.0f}" for arm, count in self.users.items())
        if self.alarm:
            return (
                f"SAMPLE-RATIO ALARM: the users are not split as designed ({found}; p = {self.p:.1g}). Trust no figure."
            )
        return f"The users are split as designed ({found}; chi-squared p = {self.p:.2g}, alarm below {ALARM})."


def sample_ratio(users: Mapping[str, int], *, shares: Mapping[str, float] = MappingProxyType({})) -> SampleRatio:
    """The check of an experiment's arms.

    Args:
        users: `{arm: users}`, two arms or more.
        shares: `{arm: share}` by design; they are scaled to sum to 1. Empty for equal shares.

    Raises:
        ConfigError: Fewer than two arms, no user, or shares of other arms or below 0.
    """
    shares = dict(shares) or dict.fromkeys(users, 1.0)
    if len(users) < 2 or not sum(users.values()):
        raise ConfigError(f"a sample-ratio check needs two arms with users; it has {dict(users)}.")
    if set(shares) != set(users) or not all(share > 0.0 for share in shares.values()):
        raise ConfigError(f"each arm of {sorted(users)} needs a share above 0; the shares are {shares}.")
    whole, total = sum(shares.values()), sum(users.values())
    shares = {arm: shares[arm] / whole for arm in users}
    expected = [share * total for share in shares.values()]
    return SampleRatio(users=dict(users), shares=shares, p=float(stats.chisquare([*users.values()], expected).pvalue))
