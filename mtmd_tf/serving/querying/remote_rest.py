"""TensorFlow Serving's REST API: predictions in columns, and signatures, over HTTP."""

import base64
import http.client
import json
import ssl
from typing import Any

import numpy as np

from mtmd_tf.serving.querying.http_call import Answer, TooLarge, call
from mtmd_tf.serving.querying.wire import Address, Arrays, InputSpec, InputSpecs

_ODD = (KeyError, TypeError, ValueError, AttributeError, OverflowError)  # what reading another JSON runs into
_SHOWN = 60


class RestChannel:
    """Speaks JSON; NaN stands in it as it is, which TensorFlow Serving reads.

    Args:
        address: Address of the server, of kind `http` or `https`.

    Raises:
        ServingError: Certificates that cannot be read.
    """

    def __init__(self, address: Address) -> None:
        version = "" if address.version is None else f"/versions/{address.version}"
        self._address, self._path = address, f"/v1/models/{address.model}{version}"
        self._context = address.access.tls_context() if address.kind == "https" else None

    def specs(self) -> dict[str, InputSpecs]:
        """`{signature: {input: dtype and shape}}`."""
        plain = self._call(f"{self._path}/metadata")
        try:
            signatures = plain["metadata"]["signature_def"]["signature_def"]
            return {
                name: {key: _spec(info) for key, info in signature.get("inputs", {}).items()}
                for name, signature in signatures.items()
            }
        except _ODD as error:
            raise self._address.odd(f"JSON without signatures, {_start(plain)}") from error

    def predict(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """The outputs of a signature, `{name: [rows, ...]}`, text as bytes."""
        columns = {name: _plain(array.tolist()) for name, array in inputs.items()}
        plain = self._call(f"{self._path}:predict", {"signature_name": signature, "inputs": columns})
        try:
            return {name: _array(values) for name, values in plain["outputs"].items()}
        except _ODD as error:
            raise self._address.odd(f"JSON without outputs in columns, {_start(plain)}") from error

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        address = self._address
        try:
            answer = call(address.host, path, data, access=address.access, context=self._context)
        except TimeoutError as error:
            raise address.late() from error
        except TooLarge as error:
            raise address.too_large() from error
        except ssl.SSLCertVerificationError as error:
            raise address.untrusted(error.verify_message) from error
        except ssl.SSLError as error:
            raise address.unreachable(f"no TLS there ({error.reason or 'it ended'})") from error
        except OSError as error:
            raise address.unreachable(error.strerror or "the connection ended") from error
        except http.client.IncompleteRead as error:
            raise address.odd(f"half an answer: it broke off after {len(error.partial):,} bytes") from error
        except http.client.HTTPException as error:
            raise address.odd("what is no HTTP") from error
        return self._read(answer)

    def _read(self, answer: Answer) -> Any:
        if answer.location:
            raise self._address.refused(f"{answer.status}: it redirects to {answer.location[:_SHOWN]}")
        try:
            plain = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            start = answer.content[:_SHOWN].decode(errors="replace")
            raise self._address.odd(f"{answer.kind} and no whole JSON ({answer.status}), {_start(start)}") from error
        if answer.status != http.client.OK:
            error_text = plain.get("error") if isinstance(plain, dict) else None
            raise self._address.refused(f"{answer.status}: {str(error_text or _start(plain))[:300]}")
        return plain


def _start(plain: Any) -> str:
    return f"which starts {repr(plain)[:_SHOWN]}"


def _spec(info: dict[str, Any]) -> InputSpec:
    return InputSpec.checked(info["dtype"], tuple(int(dim["size"]) for dim in info["tensor_shape"]["dim"]))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"b64": base64.b64encode(value).decode()}
    return value


def _array(values: list) -> np.ndarray:
    if values and all(isinstance(value, str) for value in values):
        return np.array([text.encode() for text in values], dtype=object)
    array = np.array(values)
    if array.dtype.kind not in "fiu":
        raise ValueError("neither text nor numbers")
    return array.astype(np.float32)
