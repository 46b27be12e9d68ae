"""What the server of `tests.warm` imports before it is asked for anything: what trains, exports, embeds and ranks."""

import matplotlib.figure  # noqa: F401

import mtmd_tf.benchmarks.latency
import mtmd_tf.evaluation.run_evaluation
import mtmd_tf.exporting.export
import mtmd_tf.serving.embedding.embeddings
import mtmd_tf.serving.ranking.ranker
import mtmd_tf.training.fit
import mtmd_tf.training.probe
import mtmd_tf.training.runs  # noqa: F401
from tests import garbage

garbage.search_less()
