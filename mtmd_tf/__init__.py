"""MTMD: one lightweight ads ranker for many tasks and many domains, on TensorFlow's Keras 2.

The house from the roof down. A line imports only from lines below it, modules of one line (`|`) not from one another;
docs/architecture.md says what each holds.

    jobs                                                          flags and commands
    experiments | simulation                                      the paper's offline tables | its online tables
    benchmarks                                                    speed
    evaluation | exporting | heavyweight                          reports | two SavedModels | labels
    training                                                      a labeled data set to a run
    distribution
    sizing | model                                                settings from the data | two towers, a dot product
    alignment | tasks | metrics | reporting | serving | cross_term
    architectures                                                 other networks behind the towers' interface
    towers
    domain_expert                                                 the stages of one domain:
    embedding | crossing | routing | experts | adaptation | tower_arguments
    features | gates                                              shards to batches to fields
    blocks | normalization
    layer_norm
    norm_blocks
    sharing | domains
    low_rank
    gradients
    execution | replicas
    config                                                        all settings
    trained | fit_result | score_features
    checks | seeds | slices | legacy | version

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
