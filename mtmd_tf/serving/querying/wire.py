"""What gRPC and REST share: an address, a signature's inputs, and the missing ones filled in."""

import dataclasses
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mtmd_tf.serving.missing import MISSING
from mtmd_tf.serving.specification import ServingError

Arrays = Mapping[str, np.ndarray]

KINDS = ("grpc", "http", "https")

_RULE = "an address is grpc://host:port (8500 in docs/serving.md) or http://host:port (8501)"
_NUMPY = {"DT_STRING": object, "DT_INT64": np.int64, "DT_FLOAT": np.float32}
_MISSING = {"DT_STRING": MISSING["bytes"], "DT_INT64": MISSING["int64"], "DT_FLOAT": MISSING["float"]}


class InputSpec(NamedTuple):
    """One input: its type as TensorFlow Serving names it, such as `DT_FLOAT`, and its sizes, -1 where any will do."""

    dtype: str
    shape: tuple[int, ...]


InputSpecs = Mapping[str, InputSpec]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """Where a model is, and how long to wait for it.

    Attributes:
        kind: `grpc`, `http` or `https`.
        host: `host:port`.
        model: Name in models.config.
        version: Or None for the newest.
        timeout: Seconds.
    """

    kind: str
    host: str
    model: str
    version: int | None
    timeout: float

    @classmethod
    def parse(cls, address: str, *, model: str, version: int | None, timeout: float) -> "Address":
        """Reads `grpc://host:port`, `http://host:port` or `https://host:port`.

        Raises:
            ServingError: Neither.
        """
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in KINDS or not parts.netloc or parts.path.strip("/"):
            raise ServingError(f"{_RULE}; it is {address!r}")
        return cls(kind=parts.scheme, host=parts.netloc, model=model, version=version, timeout=timeout)

    def __str__(self) -> str:
        version = "" if self.version is None else f" version {self.version}"
        return f"{self.model}{version} at {self.kind}://{self.host}"

    def unreachable(self, why: str) -> ServingError:
        """Nobody listens there."""
        return ServingError(f"no answer from {self}: {why}; is TensorFlow Serving up? (docs/serving.md)")

    def late(self) -> ServingError:
        """No answer in time."""
        return ServingError(f"no answer from {self} in {self.timeout:g} s; give a longer timeout or more servers")

    def refused(self, why: str) -> ServingError:
        """The server answered, with an error."""
        return ServingError(f"{self} refused: {' '.join(why.split())}")


def complete(features: Arrays, specs: InputSpecs, *, where: str) -> dict[str, np.ndarray]:
    """All inputs of a signature, those that are not in `features` missing in every row.

    Raises:
        ServingError: An unknown feature, none at all, or features of different numbers of rows.
    """
    unknown = sorted(set(features) - set(specs))
    if unknown:
        raise ServingError(f"no feature {unknown[0]!r} on {where}; it has {sorted(specs)}")
    rows = {len(array) for array in features.values()}
    if len(rows) != 1:
        raise ServingError(f"features of {where}: one array each, all of the same number of rows; it is {sorted(rows)}")
    (count,) = rows
    whole = {name: _missing(spec, count) for name, spec in specs.items() if name not in features}
    return whole | {name: np.asarray(array, _NUMPY[specs[name].dtype]) for name, array in features.items()}


def _missing(spec: InputSpec, rows: int) -> np.ndarray:
    shape = (rows, *(abs(size) for size in spec.shape[1:]))  # -1, any number of tokens: one, missing
    return np.full(shape, _MISSING[spec.dtype], _NUMPY[spec.dtype])
