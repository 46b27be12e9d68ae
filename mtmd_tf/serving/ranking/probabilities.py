"""Logits to marginal probabilities outside TensorFlow, by the formula of ranker.json (paper section 2.3)."""

from collections.abc import Mapping

import numpy as np


def log_sigmoid(logit: np.ndarray) -> np.ndarray:
    """ln(1 / (1 + e^-logit)), `[...]`, exact at any logit: min(logit, 0) - log1p(e^-|logit|)."""
    return np.minimum(logit, 0.0) - np.log1p(np.exp(-np.abs(logit)))


def log_marginals(
    logits: Mapping[str, np.ndarray], *, parents: Mapping[str, str | None], constrained: bool
) -> dict[str, np.ndarray]:
    """`{task: ln p}`; where the constraint holds, ln p[child] = ln sigmoid(logit) + ln p[parent].

    `mtmd_tf.tasks.constrain` says the same in TensorFlow, and ln(1 - p) besides, which only a loss needs.

    Args:
        logits: `{task: [items]}`, parents before children.
        parents: `{task: parent or None}`.
        constrained: Whether the surface is.
    """
    marginals: dict[str, np.ndarray] = {}
    for task, logit in logits.items():
        own, parent = log_sigmoid(logit), parents[task]
        marginals[task] = own + marginals[parent] if constrained and parent is not None else own
    return marginals


def marginals(
    logits: Mapping[str, np.ndarray], *, parents: Mapping[str, str | None], constrained: bool
) -> dict[str, np.ndarray]:
    """`{task: p}` in the logits' own precision, for a whole corpus: `exp(log_marginals)` at a third of its time.

    A probability below the smallest of the type, that of a logit under -88 in float32, is 0.

    Args:
        logits: `{task: [...]}`, parents before children.
        parents: `{task: parent or None}`.
        constrained: Whether the surface is.
    """
    found: dict[str, np.ndarray] = {}
    for task, logit in logits.items():
        probability, parent = _sigmoid(logit), parents[task]
        if constrained and parent is not None:
            probability *= found[parent]
        found[task] = probability
    return found


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    probability = np.negative(logit)
    with np.errstate(over="ignore"):  # e^88 is infinite in float32, and its reciprocal the 0 that is meant
        np.exp(probability, out=probability)
    probability += 1
    return np.reciprocal(probability, out=probability)
