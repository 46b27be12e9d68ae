"""Cuts logits into pieces, each of which a correction may stretch by a slope of its own (paper section 2.2)."""

import numpy as np
import tensorflow as tf

_SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85)  # of the pairs below each knot: rare events are at home in the lower half


def knots_of(logit: np.ndarray) -> np.ndarray:
    """`[knots]`, ascending, between which as many logits lie as everywhere else; zeros where there is no logit.

    Args:
        logit: `[pairs]`.
    """
    return np.quantile(logit, _SHARES) if len(logit) else np.zeros(len(_SHARES))


def pieces(logit: tf.Tensor, knots: tf.Tensor) -> tf.Tensor:
    """`[..., knots + 1]`: how far each logit goes through each piece; the pieces of a logit add up to it.

    Args:
        logit: `[...]`.
        knots: `[..., knots]`, ascending, of any shape that broadcasts; none leave the logit in one piece.
    """
    logit, knots = tf.convert_to_tensor(logit), tf.convert_to_tensor(knots)
    end = tf.fill([*knots.shape[:-1], 1], tf.constant(np.inf, knots.dtype))
    low, high = tf.concat([-end, knots], axis=-1), tf.concat([knots, end], axis=-1)
    start = tf.concat([tf.zeros_like(end), knots], axis=-1)
    return tf.maximum(tf.minimum(logit[..., tf.newaxis], high), low) - start
