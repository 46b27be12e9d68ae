"""Decides from the training days alone which ids have a table row of their own (docs/adr/0041)."""

from collections.abc import Sequence

from mtmd_tf.config import TrainConfig
from mtmd_tf.features.admission import Folded, RowCounts
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel

_READ_REQUESTS = 2048


def admit(model: TwoTowerModel, data: DataSet, *, config: TrainConfig, days: Sequence[str]) -> list[Folded]:
    """Counts every id in one pass over what the model will train on, and lets the rare ones share a row from now on.

    What stands for what is a variable of the model, so that checkpoints and exports carry it.

    Args:
        model: Model with its variables made, whose `min_count` is above 0.
        data: Data set whose split `train` is read.
        config: Share of the requests, and whether corrupt records are skipped.
        days: Days to train on.

    Raises:
        DataError: A record that breaks the data contract.
    """
    towers = (model.query_tower, model.item_tower)
    counts = [RowCounts(tower.layout) for tower in towers]
    sample = data.sampled(config.sample_share, seed=config.seed)
    at_once = data.manifest.at_once(_READ_REQUESTS)
    for batch in sample.batches("train", batch_requests=at_once, days=days, skip_corrupt=config.skip_corrupt):
        for count, side in zip(counts, (batch.query, batch.item), strict=True):
            count.add(side)
    found = []
    for tower, count in zip(towers, counts, strict=True):
        stands, folded = count.admitted(model.config.min_count)
        tower.encoder.stands_for.assign(stands)
        found += folded
    return found
