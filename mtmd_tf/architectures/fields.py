"""Feature pre-processing of towers that know no domain experts: one row of numbers (paper section 3.2)."""

import tensorflow as tf

from mtmd_tf.adaptation import ContinuousFields
from mtmd_tf.checks import require_rank
from mtmd_tf.normalization import make_norm
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class FlatFields(tf.keras.layers.Layer):
    """All fields of a side in one row, with the mask and the domain.

        y = [fields ; mask ; onehot(domain)]

    Numbers are normalized over the rows of all domains together, and a learned default stands where a field is missing:
    MTMD's adaptation without what is each domain's own. The surface or product is an input like any other.

    Args:
        dim: Width of a field.
        domains: How many there are.
        moments: Moments by which numbers are normalized (`normalization.make_norm`).
        seed: Initial weights are derived from it and their names.

    Input shape:  mask `[rows, fields]`, embedded `[rows, embedded fields, dim]`, numbers `[rows, continuous fields]`,
                  domain `[rows]` int32
    Output shape: `[rows, fields * dim + fields + domains]`
    """

    def __init__(self, dim: int, *, domains: int, moments: str = "batch", seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._dim, self._domains = dim, domains
        self._normalize = make_norm(moments, name="normalize")
        self._direct = ContinuousFields(dim, seed=derive_seed(seed, "direct"), name="direct")

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the default of each missing field; `shape` is the mask's."""
        self._defaults = self.add_weight("defaults", shape=[shape[1], self._dim], initializer="zeros")
        super().build(shape)

    def call(
        self, mask: tf.Tensor, embedded: tf.Tensor, numbers: tf.Tensor, domain: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Flattens rows of all domains."""
        require_rank(mask, 2, name="mask")
        require_rank(embedded, 3, name="embedded")
        require_rank(domain, 1, name="domain")
        present = mask[:, embedded.shape[1] :]
        directed = self._direct(self._normalize(numbers, present, training=training))  # [rows, continuous fields, dim]
        fields = tf.concat([embedded, directed], axis=1)  # [rows, fields, dim]
        fields = tf.where(mask[:, :, None] > 0, fields, self._defaults)
        flat = tf.reshape(fields, [-1, fields.shape[1] * fields.shape[2]])
        return tf.concat([flat, mask, tf.one_hot(domain, self._domains)], axis=1)
