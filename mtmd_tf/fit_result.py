"""How a training ended, for those who read it without TensorFlow."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class FitResult:
    """How a training ended.

    Attributes:
        steps: Number of steps taken.
        best_step: Step whose weights the model holds now.
        held_out_loss: Loss on the held-out days at that step.
        stopped_early: Whether it ended before its limit: patience ran out, or an open end saw no more gain.
        pairs: Pairs trained on, repeats counted.
        seconds: Time of the training steps and their reading, over all runs of an interrupted training, without
            evaluations.
        cpu_seconds: Processor time of the same.
    """

    steps: int
    best_step: int
    held_out_loss: float
    stopped_early: bool
    pairs: int
    seconds: float
    cpu_seconds: float
