"""MTMD: one lightweight ads ranker for many tasks and many domains, on TensorFlow's Keras 2.

`import mtmd_tf` takes milliseconds: submodules, and TensorFlow with them, load at first use.
"""

import importlib
import os
import pkgutil
import types

from mtmd_tf.legacy import choose_keras_2
from mtmd_tf.version import __version__ as __version__


def __dir__() -> list[str]:
    return sorted([*globals(), *_submodules()])


def __getattr__(name: str) -> types.ModuleType:
    if name in _submodules():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"No {name!r} in {__name__}; it has {_submodules()}.")


def _submodules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# The rows of a domain differ in number from batch to batch, and oneDNN prepares a matrix product anew for each number.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
choose_keras_2()
