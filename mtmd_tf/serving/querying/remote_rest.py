"""TensorFlow Serving's REST API: predictions in columns, and signatures, over HTTP."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import numpy as np

from mtmd_tf.serving.querying.wire import Address, Arrays, InputSpec, InputSpecs


class RestChannel:
    """Speaks JSON; NaN stands in it as it is, which TensorFlow Serving reads.

    Args:
        address: Of kind `http` or `https`.
    """

    def __init__(self, address: Address) -> None:
        version = "" if address.version is None else f"/versions/{address.version}"
        self._address, self._url = address, f"{address.kind}://{address.host}/v1/models/{address.model}{version}"

    def specs(self) -> dict[str, InputSpecs]:
        """`{signature: {input: dtype and shape}}`."""
        signatures = self._call(f"{self._url}/metadata")["metadata"]["signature_def"]["signature_def"]
        return {
            name: {key: _spec(info) for key, info in signature.get("inputs", {}).items()}
            for name, signature in signatures.items()
        }

    def predict(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """The signature's outputs, text as bytes."""
        columns = {name: _plain(array.tolist()) for name, array in inputs.items()}
        answer = self._call(f"{self._url}:predict", {"signature_name": signature, "inputs": columns})
        return {name: _array(values) for name, values in answer["outputs"].items()}

    def _call(self, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(url, data, timeout=self._address.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise self._address.refused(f"{error.code}: {_message(error.read())}") from error
        except TimeoutError as error:
            raise self._address.late() from error
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise self._address.late() from error
            raise self._address.unreachable(str(reason)) from error


def _spec(info: dict[str, Any]) -> InputSpec:
    return InputSpec(info["dtype"], tuple(int(dim["size"]) for dim in info["tensor_shape"]["dim"]))


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
    array = np.array(values)
    if array.dtype.kind == "U":
        return np.array([text.encode() for text in values], dtype=object)
    return array.astype(np.float32)


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]
