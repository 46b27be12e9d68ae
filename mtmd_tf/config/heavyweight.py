"""Settings of the heavyweight ranker and of its training (paper section 1)."""

import dataclasses

from mtmd_tf.config.fields import ConfigError, check_fields, setting
from mtmd_tf.config.task import TaskConfig
from mtmd_tf.config.training import TrainConfig
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeavyweightConfig:
    """The heavyweight ranker, the teacher of every architecture (section 1)."""

    dim: int = setting(8, "width of one embedded field", minimum=1)
    bins: int = setting(16, "bins of the piecewise-linear encoding of each number", minimum=2)
    units: tuple[int, ...] = setting((128, 128, 64), "width of the crossing, then of each layer above it", minimum=1)
    cross_layers: int = setting(2, "DCN-v2 crossings", minimum=0)
    cross_projection: int = setting(32, "rank of each DCN-v2 crossing", minimum=1)
    members: int = setting(2, "networks over shared inputs whose logits are averaged", minimum=1)
    cross_product_l1: float = setting(
        0.0, "L1 penalty on a weight for each pair of a query's and an item's category; 0 for no weights", minimum=0.0
    )
    leaky_slope: float = setting(0.2, "negative slope of LeakyReLU", minimum=0.0)
    input_dropout: float = setting(0.1, "share of encoded features dropped in training", minimum=0.0)
    dropout: float = setting(0.2, "share of hidden units dropped in training", minimum=0.0)

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("input_dropout", "dropout"):
            if getattr(self, name) >= 1.0:
                raise ConfigError(f"HeavyweightConfig.{name} is {getattr(self, name)!r}; it must be below 1.")

    def tasks(self, schema: Schema) -> tuple[TaskConfig, ...]:
        """The schema's tasks, parents first."""
        return tuple(TaskConfig(name=t.name, parent=t.parent, embedding_dim=self.units[-1]) for t in schema.tasks)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeavyweightTrainConfig(TrainConfig):
    """How the heavyweight ranker is fitted: many small steps, ended by the days held out."""

    epochs: int = setting(
        6,
        "passes over the days to learn from; where these have fewer than 5,120 pairs, this, patience and "
        "embedding_accumulator follow from the data unless they are said",
        minimum=1,
    )
    batch_requests: int = setting(
        0, "requests a step; 0 takes as many as bring about 640 pairs, and at least 8 steps a pass", minimum=0
    )
    warmup_steps: int = setting(
        100, "steps over which the rate climbs from 0; a tenth of all steps where these are not more", minimum=0
    )
    learning_rate: float = setting(2e-3, "Adam's peak rate, for everything but embedding tables", minimum=0.0)
    embedding_accumulator: float = setting(0.1, "where Adagrad's sums of squared gradients start", minimum=0.0)
    held_out_days: int = setting(0, "last of the ranker's own days, held out; 0 takes a sixth of them", minimum=0)
    recalibrate_every: int = setting(
        1, "days between corrections of its logits by the events just before, as it labels; 0 never", minimum=0
    )
    recalibrate_window: int = setting(14, "days before such a correction that it is fitted to", minimum=1)
    recalibrate_shape_window: int = setting(
        56, "days before that its shape is fitted to: how far rare and common events are stretched", minimum=1
    )
