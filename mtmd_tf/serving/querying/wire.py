"""What gRPC and REST share: an address, the inputs of a signature, and values for missing features."""

import dataclasses
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mtmd_tf.serving.missing import MISSING
from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.printable import listed

Arrays = Mapping[str, np.ndarray]

KINDS = ("grpc", "grpcs", "http", "https")

_RULE = "an address is grpc://host:port (8500 in docs/serving.md) or http://host:port (8501); grpcs and https are TLS"
_LARGEST_SIZE = 1_000_000  # of an input's fixed sizes: what a server says decides how much is allocated here
_NUMPY = {"DT_STRING": object, "DT_INT64": np.int64, "DT_FLOAT": np.float32}
_MISSING = {"DT_STRING": MISSING["bytes"], "DT_INT64": MISSING["int64"], "DT_FLOAT": MISSING["float"]}


class InputSpec(NamedTuple):
    """One input: its type as TensorFlow Serving names it, such as `DT_FLOAT`, and its sizes, -1 where any will do."""

    dtype: str
    shape: tuple[int, ...]

    @classmethod
    def checked(cls, dtype: str, shape: tuple[int, ...]) -> "InputSpec":
        """What a server says of an input, if it can be one.

        Raises:
            ValueError: It cannot.
        """
        if dtype not in _NUMPY or not 1 <= len(shape) <= 2 or max(map(abs, shape)) > _LARGEST_SIZE:
            raise ValueError(f"{dtype} {shape} is no feature")
        return cls(dtype, shape)


InputSpecs = Mapping[str, InputSpec]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """Where a model is, and how long to wait for it.

    Attributes:
        kind: Kind of the address, one of `KINDS`; a final s means TLS.
        host: Host and port, as `host:port`.
        model: Name in models.config.
        version: Or None for the newest.
        access: How it is reached.
    """

    kind: str
    host: str
    model: str
    version: int | None
    access: Access

    @classmethod
    def parse(cls, address: str, *, model: str, version: int | None, access: Access) -> "Address":
        """Reads `grpc://host:port`, `http://host:port`, `grpcs://host:port` or `https://host:port`.

        Raises:
            ServingError: Neither, or an access that makes no sense for it.
        """
        try:
            parts = urllib.parse.urlsplit(address)
            known = parts.scheme in KINDS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError as error:
            raise ServingError(f"{_RULE}; it is {address!r}") from error
        if "@" in parts.netloc:
            raise ServingError(f"{_RULE}; a user and a password are headers, and no part of it")
        if not known or parts.path.strip("/") or parts.query or parts.fragment or not address.isprintable():
            raise ServingError(f"{_RULE}; it is {address!r}")
        access.require_sense(secure=parts.scheme in ("grpcs", "https"))
        return cls(kind=parts.scheme, host=parts.netloc, model=model, version=version, access=access)

    def __str__(self) -> str:
        version = "" if self.version is None else f" version {self.version}"
        return f"{self.model}{version} at {self.kind}://{self.host}"

    def unreachable(self, why: str) -> ServingError:
        """Nobody listens there."""
        return ServingError(f"no answer from {self}: {why}; is TensorFlow Serving up? (docs/serving.md)")

    def late(self) -> ServingError:
        """No answer in time."""
        seconds = f"{self.access.timeout:g} s"
        return ServingError(f"no whole answer from {self} in {seconds}; give a longer timeout or more servers")

    def untrusted(self, why: str) -> ServingError:
        """It shows a certificate that nobody vouches for."""
        return ServingError(f"the certificate of {self} is not trusted ({why}); name its authority's file (--tower_ca)")

    def too_large(self) -> ServingError:
        """More came than an embedding can be."""
        limit = f"{self.access.answer_bytes / 2**20:g} MB"
        return ServingError(f"the answer of {self} is larger than {limit}; is it the right server? (--tower_answer_mb)")

    def odd(self, what: str) -> ServingError:
        """It answered as TensorFlow Serving does not."""
        answer = " ".join(what.split())
        return ServingError(f"{self} answered with {answer}; is TensorFlow Serving at this address? (docs/serving.md)")

    def refused(self, why: str) -> ServingError:
        """The server answered, with an error."""
        return ServingError(f"{self} refused: {' '.join(why.split())}")


def complete(features: Arrays, specs: InputSpecs, *, where: str) -> dict[str, np.ndarray]:
    """All inputs of a signature, `{name: [rows or 1, ...]}`; those not in `features` are missing in every row.

    Raises:
        ServingError: An unknown feature, none at all, or features of different numbers of rows.
    """
    unknown = sorted(set(features) - set(specs))
    if unknown:
        raise ServingError(f"no feature {unknown[0]!r} on {where}; it has {listed(sorted(specs))}")
    rows = {len(array) for array in features.values()}
    if len(rows) != 1:
        raise ServingError(f"features of {where}: one array each, all of the same number of rows; it is {sorted(rows)}")
    (count,) = rows
    whole = {name: _missing(spec, count) for name, spec in specs.items() if name not in features}
    return whole | {name: np.asarray(array, _NUMPY[specs[name].dtype]) for name, array in features.items()}


def _missing(spec: InputSpec, rows: int) -> np.ndarray:
    shape = (rows, *(abs(size) for size in spec.shape[1:]))  # -1, any number of tokens: one, missing
    return np.full(shape, _MISSING[spec.dtype], _NUMPY[spec.dtype])
