"""TensorFlow Serving's PredictionService: predictions and signatures over gRPC."""

import math

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

from mtmd_tf.serving.querying.wire import Address, Arrays, InputSpec, InputSpecs
from mtmd_tf.serving.specification import ServingError

_ODD = (DecodeError, KeyError, TypeError, ValueError)  # what reading another answer runs into


class GrpcChannel:
    """Speaks the messages of the package tensorflow-serving-api.

    Args:
        address: Address of the server, of kind `grpc` or `grpcs`.

    Raises:
        ServingError: Certificates that cannot be read.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._metadata = [(name.lower(), value) for name, value in address.access.headers.items()]
        options = [("grpc.max_receive_message_length", address.access.answer_bytes)]
        if address.kind == "grpcs":
            channel = grpc.secure_channel(address.host, grpc.ssl_channel_credentials(*address.access.pem()), options)
        else:
            channel = grpc.insecure_channel(address.host, options)
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def specs(self) -> dict[str, InputSpecs]:
        """`{signature: {input: dtype and shape}}`."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        metadata = self._call(self._service.GetModelMetadata, request).metadata["signature_def"]
        signatures = get_model_metadata_pb2.SignatureDefMap()
        try:
            if not metadata.Unpack(signatures):
                raise ValueError("no signatures")
            return {
                name: {key: _spec(info) for key, info in signature.inputs.items()}
                for name, signature in signatures.signature_def.items()
                if not name.startswith("__")  # the loader's own
            }
        except _ODD as error:
            raise self._address.odd("metadata without signatures") from error

    def predict(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """The outputs of a signature, `{name: [rows, ...]}`, text as bytes."""
        request = predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature
        for name, array in inputs.items():
            tensor = tf.make_tensor_proto(array.tolist() if array.dtype == object else array, shape=array.shape)
            request.inputs[name].CopyFrom(tensor)
        answer = self._call(self._service.Predict, request)
        try:
            return {name: self._array(tensor) for name, tensor in answer.outputs.items()}
        except _ODD as error:
            raise self._address.odd("tensors that are none") from error

    def _array(self, tensor) -> np.ndarray:
        sizes = [dim.size for dim in tensor.tensor_shape.dim]
        if min(sizes, default=0) < 0 or 4 * math.prod(sizes) > self._address.access.answer_bytes:
            raise self._address.too_large()  # one number may stand for as many as the shape says
        return tf.make_ndarray(tensor)

    def _call(self, method, request):
        request.model_spec.name = self._address.model
        if self._address.version is not None:
            request.model_spec.version.value = self._address.version
        try:
            return method(request, timeout=self._address.access.timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._explain(error.code(), error.details()) from error

    def _explain(self, code, details: str) -> ServingError:
        if code is grpc.StatusCode.UNAVAILABLE:
            return self._address.unreachable(details)
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self._address.late()
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in (details or ""):
            return self._address.too_large()
        return self._address.refused(f"{code.name}: {(details or '')[:300]}")


def _spec(info) -> InputSpec:
    names = info.DESCRIPTOR.fields_by_name["dtype"].enum_type.values_by_number
    return InputSpec.checked(names[info.dtype].name, tuple(dim.size for dim in info.tensor_shape.dim))
