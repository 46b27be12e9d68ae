"""What the query tower costs behind gRPC, beside a signature of the same inputs that computes nothing (section 2.2)."""

import contextlib
import pathlib
import time
from collections.abc import Iterator, Mapping
from concurrent import futures
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from mtmd_tf.benchmarks.tower_speed import NO_OP
from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.querying.remote_grpc import GrpcChannel
from mtmd_tf.serving.querying.session import SavedModelSession
from mtmd_tf.serving.querying.wire import Address

_WARM_CALLS = 5
_TIMEOUT = 60.0  # seconds: a first call prepares its signature


def measure_over_grpc(
    folder: pathlib.Path, *, surface: str, inputs: Mapping[str, np.ndarray], calls: int
) -> tuple[np.ndarray, np.ndarray]:
    """Asks a server on this machine's loopback through the package's own client, both signatures in turn.

    Args:
        folder: SavedModel of `tower_speed.save_towers` with the tower's own signatures.
        surface: Surface of the request.
        inputs: `{input: [1, ...]}` of the request.
        calls: Timed, of each signature.

    Returns:
        Milliseconds `[calls]` of the surface's own signature, and of the one that computes nothing.
    """
    found: dict[str, list[float]] = {surface: [], f"{NO_OP}_{surface}": []}
    with _serving(SavedModelSession(folder)) as channel:
        for call in range(-_WARM_CALLS, calls):
            for signature, milliseconds in found.items():
                begun = time.perf_counter()
                channel.predict(signature, inputs)
                if call >= 0:
                    milliseconds.append(1e3 * (time.perf_counter() - begun))
    own, nothing = (np.array(each) for each in found.values())
    return own, nothing


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """TensorFlow Serving's Predict, answered by a session in this process."""

    def __init__(self, tower: SavedModelSession) -> None:
        self._tower = tower

    def Predict(self, request: Any, context: Any) -> Any:
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        for name, array in self._tower(request.model_spec.signature_name, inputs).items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return response


@contextlib.contextmanager
def _serving(tower: SavedModelSession) -> Iterator[GrpcChannel]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Service(tower), server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        address = Address.parse(
            f"grpc://localhost:{port}", model="query_tower", version=None, access=Access(timeout=_TIMEOUT)
        )
        yield GrpcChannel(address)
    finally:
        server.stop(None)
