"""The version stamp: one name for weights, configuration and schema (paper section 2.2)."""

import dataclasses
import hashlib
import json

from mtmd_tf.model import MTMD


def stamp_of(model: MTMD) -> str:
    """16 hex digits that change whenever the schema, the configuration or a weight of a tower does."""
    digest = hashlib.sha256()
    digest.update(model.schema.fingerprint().encode())
    digest.update(json.dumps(dataclasses.asdict(model.config), sort_keys=True).encode())
    for tower in (model.query_tower, model.item_tower):
        for variable in tower.weights:
            value = variable.numpy()
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()[:16]
