"""The final embedding of a task: deep and shallow parts side by side (paper section 2.1.5)."""

import math
from collections.abc import Mapping

import tensorflow as tf

from mtmd_tf.blocks import Linear
from mtmd_tf.checks import require_choice, require_rank
from mtmd_tf.gradients import joined, repeated, rows_of, squeezed
from mtmd_tf.sharing import Sharing


def side_by_side(embeddings: Mapping[str, tf.Tensor], widths: Mapping[str, int]) -> tf.Tensor:
    """`{task: [rows, width]}` to `[rows, all widths]`, in the order of `widths`; zeros where a task is missing."""
    rows = next(iter(embeddings.values()))
    missing = {task: tf.zeros([rows_of(rows), width]) for task, width in widths.items() if task not in embeddings}
    return joined([{**embeddings, **missing}[task] for task in widths], 1)


def by_task(embedding: tf.Tensor, widths: Mapping[str, int]) -> dict[str, tf.Tensor]:
    """The inverse of `side_by_side`: `[rows, all widths]` to `{task: [rows, width]}`."""
    return dict(zip(widths, tf.split(embedding, list(widths.values()), axis=1), strict=True))


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class TaskEmbedding(tf.keras.layers.Layer):
    """Projects the crossed vector to `emb_deep` and concatenates `emb_shallow`.

        embedding = [W x + c ; shallow ; bias, 1]     on the query side
        embedding = [W x + c ; shallow ; 1, bias]     on the item side

    so that dot(query, item) = dot(deep, deep) + (dot(shallow, shallow) + bias + bias): the shallow part calibrates the
    deep one, and serving needs nothing but the dot. The last two coordinates count as shallow.

    Args:
        units: Width of the deep part.
        side: `query` or `item`.
        bias: Initial bias of this side, in logits.
        seed: The kernel's seed.

    Input shape:  crossed `[rows, inputs]`, shallow `[rows, shallow units]`
    Output shape: `[rows, units + shallow units + 2]`
    """

    def __init__(self, units: int, *, side: str, bias: float = 0.0, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        require_choice(side, ("query", "item"), what="side")
        self._side = side
        self._initial_bias = bias
        # Two such vectors have a dot product of standard deviation about 1/4: the first logits are near the prior.
        self._project = Linear([side], units=units, seed=seed, scale=0.25 / math.sqrt(units), name="project")

    def make_base(self, inputs: int) -> None:
        """Makes the projection alone, for others to deviate from, of so many inputs."""
        self._project(tf.zeros([0, inputs]))

    def deviate(self, base: "TaskEmbedding", *, sharing: Sharing) -> None:
        """From now on, before it is built, the projection is `base`'s plus a deviation; the bias stays its own."""
        self._project.deviate(base._project, sharing=sharing)

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the bias, one number."""
        self._bias = self.add_weight("bias", shape=[], initializer=tf.keras.initializers.Constant(self._initial_bias))
        super().build(shape)

    def call(self, crossed: tf.Tensor, shallow: tf.Tensor) -> tf.Tensor:
        """Composes the embedding."""
        require_rank(crossed, 2, name="crossed")
        require_rank(shallow, 2, name="shallow")
        pair = [self._bias, 1.0] if self._side == "query" else [1.0, self._bias]
        bias = repeated(tf.stack(pair), rows_of(crossed))  # [rows, 2]
        return joined([squeezed(self._project(crossed), 0), shallow, bias], 1)
