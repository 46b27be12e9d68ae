"""Settings of the training (paper section 3.1)."""

import dataclasses

from mtmd_tf.config.fields import ConfigError, check_fields, setting

FLOAT32, TF32, BFLOAT16 = PRECISIONS = ("float32", "tf32", "bfloat16")
COSINE, AVERAGED = SCHEDULES = ("cosine", "averaged")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a model is fitted."""

    epochs: int = setting(2, "passes over the training days; with --schedule=averaged, the fewest", minimum=1)
    schedule: str = setting(
        COSINE,
        "what ends a training: with cosine the rate falls to nothing over the epochs; with averaged it stays at its "
        "peak, weights are averaged over the later steps, and training goes on until the last quarter of the steps "
        "lowered the held-out loss by less than 1%, or to ten times the epochs (docs/adr/0048)",
        choices=SCHEDULES,
    )
    max_steps: int = setting(0, "stop after so many steps; 0 means no limit", minimum=0)
    batch_requests: int = setting(384, "requests a step; each brings all its candidates", minimum=1)
    learning_rate: float = setting(1e-3, "Adam's peak rate, for everything but embedding tables", minimum=0.0)
    embedding_learning_rate: float = setting(0.05, "Adagrad's rate for the embedding tables", minimum=0.0)
    embedding_accumulator: float = setting(
        1e-8, "where Adagrad's sums of squared gradients start; gradients of mean losses are far below 1", minimum=0.0
    )
    deviation_decay: float = setting(
        0.0,
        "how fast what a domain has learned for itself decays toward what the domains share: the rate times this "
        "share a step",
        minimum=0.0,
    )
    warmup_steps: int = setting(100, "steps over which the rate climbs from 0", minimum=0)
    clip_norm: float = setting(5.0, "largest global norm of the dense gradients; 0 does not clip", minimum=0.0)
    use_weights: bool = setting(
        False, "weigh pairs by the records' `weight` column in the loss; reports count every pair once"
    )
    shuffle_requests: int = setting(20_000, "requests in the shuffle buffer", minimum=1)
    sample_share: float = setting(
        1.0, "share of the training requests to learn from, the same ones in every epoch; above 0, at most 1"
    )
    skip_corrupt: bool = setting(
        False,
        "in training, skip the rest of a shard behind a corrupt record and count it; evaluations stop there",
    )
    held_out_days: int = setting(7, "last training days, held out to stop early by", minimum=1)
    eval_every: int = setting(0, "steps between evaluations on the held-out days; 0 means once an epoch", minimum=0)
    eval_requests: int = setting(10_000, "held-out requests of such an evaluation", minimum=1)
    checkpoint_every: int = setting(200, "steps between checkpoints", minimum=1)
    patience: int = setting(
        2, "stop after so many evaluations without a better held-out loss; 0 never stops early", minimum=0
    )
    precision: str = setting(
        FLOAT32,
        "what the matrix products of training round to; tf32 is for GPUs; weights, sums, losses, evaluations and "
        "exports are float32 in any case (docs/scaling.md)",
        choices=PRECISIONS,
    )
    seed: int = setting(0, "the one seed: every other is derived from it and a name", minimum=0)

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0.0 < self.sample_share <= 1.0:
            where = f"{type(self).__name__}.sample_share"
            raise ConfigError(f"{where} is {self.sample_share!r}; it must be above 0 and at most 1.")
