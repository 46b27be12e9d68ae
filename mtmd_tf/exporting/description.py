"""Describes a model for `ranker.json`, and stamps it: the stamp names all that changes a probability (section 2.2)."""

import hashlib
import json
from collections.abc import Mapping

from mtmd_tf.config import ModelConfig, older, plain
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.specification import RankerSpec, TaskSlice
from mtmd_tf.trained import Trained

_LATER = (
    "min_count",
    "max_table_rows",
    "score_features",
)  # settings that exports of before did not have: without them, their stamps hold


def describe(
    model: TwoTowerModel,
    *,
    stamp: str,
    version: int,
    trained: Trained | None = None,
    last_day: str = "",
    usual: Mapping[str, list[str]] | None = None,
) -> RankerSpec:
    """What a ranker must know of the towers of `model`.

    Args:
        model: Model with its variables made.
        stamp: Stamp of the export.
        version: The towers' version folder.
        trained: The labeled training pairs of each slice and task; None where they are not known.
        last_day: The last day that has shaped the model; "" where it is not known.
        usual: `{surface: query features that nearly all training requests had}`; None where they are not known.
    """
    tower, tasks, start = model.query_tower, [], 0
    for task, width in tower.widths.items():
        deep = tower.deep_widths[task]
        tasks.append(TaskSlice(name=task, parent=model.parents[task], start=start, deep=deep, shallow=width - deep))
        start += width
    return RankerSpec(
        stamp=stamp,
        version=version,
        schema=model.schema,
        tasks=tuple(tasks),
        constrained={surface: model.config.constrains(surface) for surface in model.schema.surfaces},
        trained=trained,
        score_features=model.described_term(),
        last_day=last_day,
        usual=usual,
    )


def stamp_of(model: TwoTowerModel) -> str:
    """16 hex digits that change with the schema, the configuration, a weight of a tower, or what a ranker makes of it.

    The last is how an embedding is cut into tasks, which task is whose parent and where the constraint holds:
    ranker.json says it, and a ranker that read something else would give other probabilities of the same embeddings.
    """
    digest = hashlib.sha256()
    digest.update(model.schema.fingerprint().encode())
    before = older(ModelConfig)
    config = {name: own for name, own in plain(model.config).items() if name not in _LATER or own != before[name]}
    digest.update(json.dumps(config, sort_keys=True).encode())
    digest.update(json.dumps(describe(model, stamp="", version=0).meaning(), sort_keys=True).encode())
    for tower in (model.query_tower, model.item_tower):
        for variable in tower.weights:
            value = variable.numpy()
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()[:16]
