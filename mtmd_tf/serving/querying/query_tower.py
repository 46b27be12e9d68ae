"""The query tower, in this process or in TensorFlow Serving over REST or gRPC (paper section 2.2)."""

import pathlib
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.error_messages import message_of

LOCAL = "local"
REMOTE = ("grpc://", "grpcs://", "http://", "https://")
ADDRESSES = (LOCAL, *(f"{start}HOST:PORT" for start in REMOTE))

_MODEL = "query_tower"


class QueryTower(Protocol):
    """Embeds requests of one surface."""

    def __call__(self, features: Mapping[str, np.ndarray], *, surface: str) -> dict[str, np.ndarray]:
        """`{output: [rows, ...]}` of the surface's signature: `embedding`, `stamp` and one a task.

        Args:
            features: Raw values by name, one array a feature (`mtmd_tf.serving.rows.to_inputs`).
            surface: Names the signature.

        Raises:
            ServingError: The tower cannot be reached, or refuses the request.
        """
        ...


class LocalQueryTower:
    """The SavedModel of an export, loaded here.

    Args:
        exports: Folder of the export.
        spec: Specification of the export.

    Raises:
        ServingError: It is missing, or carries another stamp than `spec`.
    """

    def __init__(self, exports: str | pathlib.Path, spec: RankerSpec) -> None:
        from mtmd_tf.serving.querying.session import open_tower

        folder = spec.require_graph(exports, _MODEL)
        self._tower = open_tower(folder, signature=spec.schema.surfaces[0], stamp=spec.stamp)

    def __call__(self, features: Mapping[str, np.ndarray], *, surface: str) -> dict[str, np.ndarray]:
        """The outputs `{name: [rows, ...]}` of a signature, as in `QueryTower`."""
        import tensorflow as tf  # loaded already, with the tower

        try:
            return self._tower(surface, features)
        except tf.errors.InvalidArgumentError as error:
            raise ServingError(f"the query tower refuses the request: {message_of(error)}") from error


def open_query_tower(
    address: str, *, exports: str | pathlib.Path, spec: RankerSpec, access: Access | None = None
) -> QueryTower:
    """The query tower at `address`, one of `ADDRESSES`; a server is asked for the version of `spec`, as `access` says.

    Raises:
        ServingError: Another kind of address, or a local tower that is missing or stale.
    """
    if address == LOCAL:
        return LocalQueryTower(exports, spec)
    if address.startswith(REMOTE):
        from mtmd_tf.serving.querying.client import RemoteQueryTower

        return RemoteQueryTower(address, model=_MODEL, version=spec.version, access=access)
    raise ServingError(f"no query tower at {address!r}; it is one of {list(ADDRESSES)}")
