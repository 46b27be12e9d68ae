"""Which arm of an experiment a user belongs to: a hash of the user's number and the experiment's salt."""

from collections.abc import Sequence

import numpy as np

from mtmd_tf.simulation.draws import uniforms_at


def arm_of(user: np.ndarray, salt: str, shares: Sequence[float]) -> np.ndarray:
    """`[users]` int64, the index of each user's arm; another salt gives an assignment that is independent of this one.

    Args:
        user: `[users]` numbers of users, at least 0.
        salt: Name of the experiment.
        shares: Share of the users of each arm; they sum to 1.
    """
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))[:-1]
    return np.searchsorted(edges, uniforms_at(0, "assignment", salt, at=(user,)), side="right").astype(np.int64)
