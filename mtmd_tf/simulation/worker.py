"""A process that prepares blocks: it is quiet before it loads anything that takes TensorFlow with it."""

import os
import pickle
from typing import TYPE_CHECKING

from tfrecords_tools.log_lines import log_plainly
from tfrecords_tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from mtmd_tf.simulation.blocks import Preparer

THREADS = "TF_NUM_INTRAOP_THREADS"
_own: "list[Preparer]" = []


def start(plan: bytes) -> None:
    """Makes the process ready for the blocks of a pickled plan."""
    os.environ[THREADS] = "1"  # the processes share the cores already
    log_plainly(verbose=False)
    quiet_tensorflow()
    from threadpoolctl import threadpool_limits

    from mtmd_tf.simulation.blocks import Preparer

    _own.append(Preparer(pickle.loads(plan)))
    threadpool_limits(limits=1, user_api="blas")


def prepare(span: bytes) -> bytes:
    """The pickled block of a pickled span."""
    return pickle.dumps(_own[0](pickle.loads(span)), protocol=pickle.HIGHEST_PROTOCOL)
