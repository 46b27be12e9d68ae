"""A query tower in TensorFlow Serving, called over gRPC or REST as a local one is (paper section 2.2)."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.querying.remote_rest import RestChannel
from mtmd_tf.serving.querying.wire import Address, Arrays, InputSpecs, complete
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.printable import listed


class Channel(Protocol):
    """One way to reach a server."""

    def specs(self) -> dict[str, InputSpecs]:
        """`{signature: {input: dtype and shape}}` of the model."""

    def predict(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """The outputs of a signature, `{name: [rows, ...]}`, for inputs `{name: [rows or 1, ...]}`."""


class RemoteQueryTower:
    """Embeds requests by a query tower that TensorFlow Serving holds.

    The first call asks the server what each signature takes; features that a call leaves out are then sent as missing,
    because the REST API wants every input by name.

    Args:
        address: `grpc://host:8500` or `http://host:8501`; with TLS, grpcs or https.
        model: Name of the model in models.config.
        timeout: Seconds that a whole call may take, where no `access` says so.
        version: Version of the export, as `ranker.json` has it; None asks for the newest that is loaded.
        access: Deadline, limit, certificates and headers.

    Raises:
        ServingError: An address of another kind, an access that does not suit it, or gRPC without its package.
    """

    def __init__(
        self,
        address: str,
        *,
        model: str = "query_tower",
        timeout: float = 5.0,
        version: int | None = None,
        access: Access | None = None,
    ) -> None:
        own = access or Access(timeout=timeout)
        self._address = Address.parse(address, model=model, version=version, access=own)
        self._channel = _open(self._address)
        self._specs: dict[str, InputSpecs] | None = None

    def __call__(self, features: Mapping[str, np.ndarray], *, surface: str) -> dict[str, np.ndarray]:
        """One signature's outputs: `{task: [rows, width]}`, `embedding` `[rows, width]` and `stamp` `[rows]`.

        Args:
            features: `{name: rows}` of raw values, as `mtmd_tf.serving.rows.to_inputs` makes them; what is left out is
                missing.
            surface: Surface of the requests.

        Raises:
            ServingError: An unknown surface or feature, a wrong value, or no answer; it says what to do.
        """
        if self._specs is None:
            self._specs = {name: specs for name, specs in self._channel.specs().items() if specs}  # no initialization
        if surface not in self._specs:
            raise ServingError(f"no surface {surface!r} at {self._address}; it has {listed(sorted(self._specs))}")
        inputs = complete(features, self._specs[surface], where=f"surface {surface} of {self._address}")
        outputs = self._channel.predict(surface, inputs)
        rows = len(next(iter(inputs.values())))
        for name, dimensions in (("embedding", 2), ("stamp", 1)):
            found = outputs[name].shape if name in outputs else None
            if found is None or len(found) != dimensions or found[0] != rows:
                shape = "none" if found is None else list(found)
                raise self._address.odd(f"{shape} for the output {name!r} of {rows} rows")
        return outputs


def _open(address: Address) -> Channel:
    if address.kind in ("http", "https"):
        return RestChannel(address)
    from mtmd_tf.serving.querying.remote_grpc import GrpcChannel  # with TensorFlow, which REST needs not

    return GrpcChannel(address)
