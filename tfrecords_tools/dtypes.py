"""The dtypes of a schema in NumPy and in Arrow (`parsing.TENSOR_TYPES`: in TensorFlow)."""

from typing import Any

import numpy as np
import pyarrow as pa

NUMPY_TYPES: dict[str, Any] = {"bytes": object, "int64": np.int64, "float": np.float32}
ARROW_TYPES: dict[str, pa.DataType] = {"bytes": pa.binary(), "int64": pa.int64(), "float": pa.float32()}
