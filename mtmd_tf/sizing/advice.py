"""Whether the end of a training says that its settings did not fit the data, and what to try (docs/adr/0026)."""

from collections.abc import Sequence

from mtmd_tf.config import AVERAGED

Evaluation = tuple[int, float]  # the step and the loss on the held-out days

_STILL_FALLING = 0.005  # a last evaluation that gained less over the best before it says nothing of more epochs


def advice(
    evaluations: Sequence[Evaluation],
    *,
    steps: int,
    warmup_steps: int,
    stopped_early: bool,
    widths: str = "deep_units",
    open_end: bool = False,
    max_steps: int = 0,
) -> list[str]:
    """A sentence for what is wrong with how a training ended; none where nothing is.

    Args:
        evaluations: Losses of the evaluation steps, in order.
        steps: Number of steps taken.
        warmup_steps: Warm-up of the schedule.
        stopped_early: Whether it ended before its limit, because nothing more was gained.
        widths: Name of the setting of the model's widths.
        open_end: Whether the schedule finds its own end.
        max_steps: The limit of steps that was said; 0 for none.
    """
    if not evaluations:
        return []
    best, loss = min(evaluations, key=lambda evaluation: evaluation[1])
    if steps <= warmup_steps:
        return [
            f"The training took {steps:,} steps and the rate climbs over {warmup_steps:,}: it never left its warm-up. "
            f"Try --warmup_steps={steps // 10}, a smaller --batch_requests or more --epochs."
        ]
    if len(evaluations) == 1:
        return [
            f"The training was evaluated once on the held-out days, at step {best:,}: nothing says whether fewer or "
            "more steps are better. Try a smaller --eval_every."
        ]
    if best == evaluations[0][0]:
        return [
            f"The best weights are those of the first evaluation, at step {best:,} of {steps:,}: all that came after "
            "fits the training days alone. Try fewer --epochs, a lower --embedding_learning_rate or narrower "
            f"--{widths}."
        ]
    if best <= warmup_steps:
        return [
            f"The best weights are those of step {best:,}, inside the warm-up of {warmup_steps:,} steps: the peak "
            "rate is too high. Try a lower --learning_rate."
        ]
    before = min(each for step, each in evaluations if step != best)
    if best == evaluations[-1][0] and not stopped_early and loss < (1.0 - _STILL_FALLING) * before:
        more = f"--schedule={AVERAGED} with more --epochs" if open_end else "more --epochs"
        more = "a larger --max_steps" if steps == max_steps else more
        return [
            f"The best weights are those of the last evaluation, {1.0 - loss / before:.1%} better than any "
            f"before: {more} may help."
        ]
    return []
