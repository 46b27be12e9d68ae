"""The piecewise-linear basis in which a correction stretches logits (paper section 2.2)."""

import numpy as np
import tensorflow as tf

_SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85)  # of the pairs below each knot: rare events lie in the lower half


def knots_of(logit: np.ndarray) -> np.ndarray:
    """Ascending knots, `[knots]`, at fixed quantiles of the logits; zeros where there is no logit.

    Args:
        logit: Logits, `[pairs]`.
    """
    return np.quantile(logit, _SHARES) if len(logit) else np.zeros(len(_SHARES))


def basis_of(logit: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """`spline_basis` without TensorFlow, which takes ten times as long where it is called for every day.

    Args:
        logit: Logits, `[pairs]`.
        knots: `[knots]`, ascending; none make one segment.

    Returns:
        `[pairs, knots + 1]`, of the type of the logits.
    """
    low, high = np.concatenate([[-np.inf], knots]), np.concatenate([knots, [np.inf]])
    start = np.concatenate([[0.0], knots])
    return (np.clip(logit[:, np.newaxis], low, high) - start).astype(logit.dtype)


def spline_basis(logit: tf.Tensor, knots: tf.Tensor) -> tf.Tensor:
    """The part of each logit in each segment between knots, `[..., knots + 1]`; the parts add up to the logit.

    Args:
        logit: Logits, `[...]`.
        knots: `[..., knots]`, ascending, of any shape that broadcasts; none make one segment.
    """
    logit, knots = tf.convert_to_tensor(logit), tf.convert_to_tensor(knots)
    end = tf.fill([*knots.shape[:-1], 1], tf.constant(np.inf, knots.dtype))
    low, high = tf.concat([-end, knots], axis=-1), tf.concat([knots, end], axis=-1)
    start = tf.concat([tf.zeros_like(end), knots], axis=-1)
    return tf.maximum(tf.minimum(logit[..., tf.newaxis], high), low) - start
