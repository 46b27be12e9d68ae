"""The version stamp: one name for all that changes a probability (paper section 2.2)."""

import dataclasses
import hashlib
import json

from mtmd_tf.model import MTMD
from mtmd_tf.serving.specification import RankerSpec


def stamp_of(model: MTMD) -> str:
    """16 hex digits that change with the schema, the configuration, a weight of a tower, or what a ranker makes of it.

    The last is how an embedding is cut into tasks, which task is whose parent and where the constraint holds:
    ranker.json says it, and a ranker that read something else would give other probabilities of the same embeddings.
    """
    digest = hashlib.sha256()
    digest.update(model.schema.fingerprint().encode())
    digest.update(json.dumps(dataclasses.asdict(model.config), sort_keys=True).encode())
    ranked = RankerSpec.of_model(model, stamp="", version=0)
    digest.update(json.dumps(ranked.meaning(), sort_keys=True).encode())
    for tower in (model.query_tower, model.item_tower):
        for variable in tower.weights:
            value = variable.numpy()
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()[:16]
