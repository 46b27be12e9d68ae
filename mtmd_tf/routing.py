"""Expert routing: how much each expert counts, row by row and task by task (paper section 2.1.5)."""

from collections.abc import Sequence

import tensorflow as tf

from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.checks import require_choice
from mtmd_tf.gradients import Gradient, joined, summed, written_out
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Indices, Sharing


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Router(tf.keras.layers.Layer):
    """Weighs experts by a softmax, one router a task, and composes them.

        weight = softmax(W FFN(x))
        y      = sum_e weight_e expert_e        (`composition="sum"`)
        y      = [weight_e expert_e for e]      (`composition="concat"`)

    Args:
        tasks: Names of the tasks, with one router each.
        experts: How many there are; the last layer, linear, has as many units.
        units: Widths of the hidden layers.
        composition: `sum` or `concat`.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.

    Input shape:  x `[rows, inputs]` or `[tasks, rows, inputs]`; experts, each `[tasks or 1, rows, units]`
    Output shape: `[tasks, rows, units]`, or `[tasks, rows, experts * units]`
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        experts: int,
        units: Sequence[int] = (128, 64),
        composition: str = "sum",
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_choice(composition, ("sum", "concat"), what="composition")
        self._count, self._composition = experts, composition
        self._hidden = FeedForward(
            tasks,
            units=units,
            slope=slope,
            normalization=normalization,
            seed=derive_seed(seed, "hidden"),
            name="hidden",
        )
        # Small, so that every expert counts about the same at first.
        self._last = Linear(tasks, units=experts, scale=0.01, seed=derive_seed(seed, "last"), name="last")

    def make_base(self, inputs: int) -> None:
        """Makes the linear maps alone, for others to deviate from, of so many inputs."""
        self._last(tf.zeros([0, self._hidden.make_base(inputs)]))

    def deviate(self, base: "Router", *, sharing: Sharing, inputs: Indices = None) -> None:
        """From now on, before it is built, every router is `base`'s of the same task plus a deviation.

        Args:
            base: Built before this layer is.
            sharing: How the domains of the tower share weights.
            inputs: Positions of the domain's inputs among those of the base.
        """
        self._hidden.deviate(base._hidden, sharing=sharing, inputs=inputs)
        self._last.deviate(base._last, sharing=sharing)

    def weights_of(self, inputs: tf.Tensor, blocks: tf.Tensor | None = None) -> tf.Tensor:
        """`[tasks, rows, experts]`, positive, each row summing to 1; blocks as of `FeedForward`."""
        return tf.nn.softmax(self._last(self._hidden(inputs, blocks=blocks)))

    def call(self, inputs: tf.Tensor, experts: Sequence[tf.Tensor], blocks: tf.Tensor | None = None) -> tf.Tensor:
        """Composes the experts' outputs; raises ValueError for another number of experts than it was made for."""
        if len(experts) != self._count:
            raise ValueError(f"{self.name}: made for {self._count} experts, got {len(experts)}.")
        weights = tf.split(self.weights_of(inputs, blocks), len(experts), axis=2)  # each [tasks, rows, 1]
        weighted = [_times(weight, expert) for weight, expert in zip(weights, experts, strict=True)]
        return tf.add_n(weighted) if self._composition == "sum" else joined(weighted, 2)


def _times(weight: tf.Tensor, expert: tf.Tensor) -> tf.Tensor:
    """Weights `[tasks, rows, 1]` times an expert's rows `[tasks or 1, rows, units]`."""
    shared = expert.shape[0] == 1 and weight.shape[0] != 1

    def run(weight: tf.Tensor, expert: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            d_expert = upstream * weight
            d_weight = summed(upstream * expert, 2, keepdims=True)
            return [d_weight, summed(d_expert, 0, keepdims=True) if shared else d_expert]

        return weight * expert, gradient

    return written_out(run, weight, expert)
