"""What users do with the ads that they see, drawn from the true probabilities (paper section 2.3)."""

import numpy as np

from mtmd_tf.simulation.draws import uniforms_at
from tfrecords_tools.sources.adworld.schema import SCHEMA


def happened(truth: dict[str, np.ndarray], *, seed: int, request: np.ndarray, ad: np.ndarray) -> dict[str, np.ndarray]:
    """`{task: [impressions]}` bool; a child's event needs its parent's, and a task that does not exist has none.

    The draw belongs to request, ad and task: the same ad at the same request meets the same user in every arm.

    Args:
        truth: `{task: [impressions]}` probability given the parent's event, NaN where there is no task.
        seed: The seed of the simulation.
        request: `[impressions]` numbers of the requests.
        ad: `[impressions]` indices of the ads.
    """
    found: dict[str, np.ndarray] = {}
    for task in SCHEMA.tasks:
        own = uniforms_at(seed, "action", task.name, at=(request, ad)) < np.nan_to_num(truth[task.name])
        found[task.name] = own & found[task.parent] if task.parent else own
    return found
