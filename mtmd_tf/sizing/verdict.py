"""Whether a training's end says that its settings did not fit the data, and what to try (docs/adr/0026)."""

from collections.abc import Sequence

Look = tuple[int, float]  # the step and the loss on the held-out days

_STILL_FALLING = 0.005  # a last look that gained less over the best before it says nothing of more epochs


def verdict(looks: Sequence[Look], *, steps: int, warmup_steps: int, stopped_early: bool) -> list[str]:
    """A sentence for what is wrong with how a training ended; none: nothing is.

    Args:
        looks: In order; none of a run from before they were written down.
        steps: Steps taken.
        warmup_steps: Of the schedule.
        stopped_early: Whether patience ran out.
    """
    if not looks:
        return []
    best, loss = min(looks, key=lambda look: look[1])
    if steps <= warmup_steps:
        return [
            f"The training took {steps:,} steps and the rate climbs over {warmup_steps:,}: it never left its warm-up. "
            f"Try --warmup_steps={steps // 10}, a smaller --batch_requests or more --epochs."
        ]
    if len(looks) == 1:
        return [
            f"The held-out days were looked at once, at step {best:,}: nothing says whether fewer or more steps are "
            "better. Try a smaller --look_every."
        ]
    if best == looks[0][0]:
        return [
            f"The best weights are those of the first look, at step {best:,} of {steps:,}: all that came after "
            "fits the training days alone. Try fewer --epochs, a lower --embedding_learning_rate or narrower "
            "--deep_units."
        ]
    if best <= warmup_steps:
        return [
            f"The best weights are those of step {best:,}, inside the warm-up of {warmup_steps:,} steps: the peak "
            "rate is too high. Try a lower --learning_rate."
        ]
    before = min(each for step, each in looks if step != best)
    if best == looks[-1][0] and not stopped_early and loss < (1.0 - _STILL_FALLING) * before:
        return [
            f"The best weights are those of the last look, {1.0 - loss / before:.1%} better than any "
            "before: more --epochs may help."
        ]
    return []
