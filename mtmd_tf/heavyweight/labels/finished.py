"""The ranker of a run that has labeled a data set, for other data."""

import pathlib
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.labeler import Labeler
from mtmd_tf.heavyweight.labels.labeling import CALIBRATION, trained
from mtmd_tf.heavyweight.labels.origin import period_of, require_own_schema
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.training import runs

Score = Callable[[Batch], Mapping[str, np.ndarray]]  # `{task: [pairs]}`, increasing with the probability


def uncorrected(run: pathlib.Path, data: DataSet) -> Score:
    """The ranker of a run that has labeled `data`, its logits not corrected by the events of the days before.

    Raises:
        ConfigError: Its training is not finished.
    """
    ranker, _ = _finished(run, data)

    @tf.function(input_signature=[batch_spec(data.empty_batch(cross=True))], autograph=False)
    def score(batch: Batch) -> dict[str, tf.Tensor]:
        return {task: probability.yes for task, probability in ranker(batch).items()}

    return lambda batch: {task: column.numpy() for task, column in score(batch).items()}


def labeler_of(run: pathlib.Path, data: DataSet) -> Labeler:
    """The ranker of a run that has labeled `data`, for later requests of any kind; its logits are not corrected.

    The requests hold their items' features, also where the records of `data` are compact.

    Raises:
        ConfigError: Its training is not finished.
    """
    ranker, period = _finished(run, data)
    return Labeler(ranker, seen=period.seen, partition=data.manifest.partition)


def _finished(run: pathlib.Path, data: DataSet) -> tuple[HeavyweightRanker, Period]:
    if not (run / CALIBRATION).exists():
        raise ConfigError(f"{run} holds no finished ranker; run python -m mtmd_tf.jobs.label --run={run} first.")
    path, period = run / runs.CONFIG, period_of(run)
    require_own_schema(run, data)
    model = configs.load(path, "heavyweight", HeavyweightConfig)
    train = configs.load(path, "train", HeavyweightTrainConfig)
    return trained(data, run=run, period=period, model=model, train=train)[0], period
