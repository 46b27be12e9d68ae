"""Every setting, by whose it is; the defaults are the paper's numbers where the paper gives one."""

from mtmd_tf.config.distribution import GPU, HOST, MIRRORED, MULTI_WORKER, NONE, DistributionConfig
from mtmd_tf.config.fields import ConfigError
from mtmd_tf.config.heavyweight import HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.config.model import (
    ALIGNMENTS,
    ARCHITECTURES,
    BIAS_UNITS,
    EXPERTS,
    FLOOR,
    GATE_ACTIVATIONS,
    NORMALIZATIONS,
    ModelConfig,
)
from mtmd_tf.config.serving import STORAGES, AuditConfig, RankConfig
from mtmd_tf.config.simulation import SimulationConfig
from mtmd_tf.config.skew import SkewConfig
from mtmd_tf.config.stored import (
    RESTORE,
    arguments,
    build,
    load,
    load_all,
    older,
    plain,
    save,
)
from mtmd_tf.config.task import TaskConfig
from mtmd_tf.config.training import AVERAGED, BFLOAT16, COSINE, FLOAT32, PRECISIONS, TF32, TrainConfig

__all__ = [
    "ALIGNMENTS",
    "ARCHITECTURES",
    "AVERAGED",
    "BFLOAT16",
    "BIAS_UNITS",
    "COSINE",
    "EXPERTS",
    "FLOAT32",
    "FLOOR",
    "GATE_ACTIVATIONS",
    "GPU",
    "HOST",
    "MIRRORED",
    "MULTI_WORKER",
    "NONE",
    "NORMALIZATIONS",
    "PRECISIONS",
    "RESTORE",
    "STORAGES",
    "TF32",
    "AuditConfig",
    "ConfigError",
    "DistributionConfig",
    "HeavyweightConfig",
    "HeavyweightTrainConfig",
    "ModelConfig",
    "RankConfig",
    "SimulationConfig",
    "SkewConfig",
    "TaskConfig",
    "TrainConfig",
    "arguments",
    "build",
    "load",
    "load_all",
    "older",
    "plain",
    "save",
]
