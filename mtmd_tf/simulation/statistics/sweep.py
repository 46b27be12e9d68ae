"""The cut sweep: online measures against the number of ads that the lightweight ranker keeps (paper section 1)."""

import dataclasses
from collections.abc import Iterable, Sequence

from mtmd_tf.simulation.statistics.change import Level, level
from mtmd_tf.simulation.statistics.measures import Measure
from mtmd_tf.simulation.statistics.moments import Moments
from mtmd_tf.simulation.statistics.run_folder import RunFolder


@dataclasses.dataclass(frozen=True, kw_only=True)
class SweepPoint:
    """One measure of one arm at one cut.

    Attributes:
        arm: Name of the arm.
        kept: Ads that its lightweight ranker keeps.
        measure: Such as `CTR`.
        level: The measure with its interval; None where there is nothing to measure.
    """

    arm: str
    kept: int
    measure: str
    level: Level | None


def sweep(runs: Iterable[RunFolder], measures: Sequence[Measure]) -> list[SweepPoint]:
    """The points of all arms of all runs, by arm and cut; of an arm at one cut, whole worlds go before experiments.

    Raises:
        DataError: A broken users.parquet.
    """
    found: dict[tuple[str, int], Moments] = {}
    for run in sorted(runs, key=lambda run: not run.whole_worlds):
        if run.whole_worlds:
            arms = {arm: world.moments()[arm] for arm, world in run.worlds().items()}
        else:
            arms = run.user_table().moments()
        for arm, moments in arms.items():
            found.setdefault((arm, int(run.settings["keep"])), moments)
    return [
        SweepPoint(arm=arm, kept=kept, measure=measure.name, level=level(moments, measure))
        for (arm, kept), moments in sorted(found.items(), key=lambda each: each[0])
        for measure in measures
    ]


def least_kept(points: Sequence[SweepPoint], *, measure: Measure, arm: str, against: str) -> tuple[int, int] | None:
    """With how few ads an arm is as good as another at that one's deepest cut: `(kept by it, kept by the other)`.

    Args:
        points: The sweep.
        measure: The measure that counts.
        arm: The arm.
        against: The other arm.

    Returns:
        None where it never is.
    """
    own, other = (
        [
            (point.kept, point.level.value)
            for point in points
            if (point.arm, point.measure) == (name, measure.name) and point.level
        ]
        for name in (arm, against)
    )
    if not other:
        return None
    deepest, wanted = max(other)
    good = [kept for kept, value in own if (value <= wanted if measure.less_is_better else value >= wanted)]
    return (min(good), deepest) if good else None
