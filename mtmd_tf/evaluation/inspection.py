"""What routers and gates do on the rows that are evaluated: mean weights by domain (paper sections 2.1.2, 2.1.5)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.config import EXPERTS
from mtmd_tf.evaluation.inspection_rows import GateRow, RouterRow
from mtmd_tf.gates import SqueezeExcite
from mtmd_tf.routing import Router
from mtmd_tf.towers import Tower

SIDES = ("query", "item")


class Inspection:
    """Sums what every router and every squeeze-and-excitation gate of an MTMD says while the model runs.

    Args:
        model: Model to inspect; one of another architecture, without a `Tower`, has nothing to inspect.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        towers = {side: getattr(model, f"{side}_tower", None) for side in SIDES}
        self._towers = {side: tower for side, tower in towers.items() if isinstance(tower, Tower)}
        self._sums: dict[str, np.ndarray] = {}
        self._rows: dict[str, int] = {}

    def run(self, batch: Any) -> tuple[Any, dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        """The model's predictions, and `{place: (sum [...] over the batch's rows, rows [])}`; may be traced."""
        heard: dict[str, tuple[tf.Tensor, tf.Tensor]] = {}

        def listener(place: str, axis: int) -> Callable[[tf.Tensor], None]:
            def hear(weights: tf.Tensor) -> None:
                heard[place] = tf.reduce_sum(weights, axis=axis), tf.shape(weights)[axis]

            return hear

        with ExitStack() as stack:
            for place, layer in self._layers(Router).items():
                stack.enter_context(_overheard(layer, "weights_of", listener(place, 1)))
            for place, layer in self._layers(SqueezeExcite).items():
                stack.enter_context(_overheard(layer, "gate", listener(place, 0)))
            return self._model(batch), heard

    def add(self, heard: dict[str, tuple[tf.Tensor, tf.Tensor]]) -> None:
        """Adds the sums `[...]` and rows `[]` that `run` gave."""
        for place, (total, rows) in heard.items():
            self._sums[place] = self._sums.get(place, 0.0) + total.numpy().astype(np.float64)
            self._rows[place] = self._rows.get(place, 0) + int(rows)

    def routing(self) -> tuple[RouterRow, ...]:
        """Every domain that had rows: its tasks and their experts."""
        found = []
        for place, layer in self._layers(Router).items():
            if not self._rows.get(place):
                continue
            side, domain, _ = place.split("/")
            arguments = layer.get_config()
            names = EXPERTS if arguments["experts"] == len(EXPERTS) else map(str, range(arguments["experts"]))
            for task, weights in zip(arguments["tasks"], self._mean(place), strict=True):
                found += [
                    RouterRow(side=side, domain=domain, task=task, expert=expert, rows=self._rows[place], weight=weight)
                    for expert, weight in zip(names, weights.tolist(), strict=True)
                ]
        return tuple(found)

    def gates(self) -> tuple[GateRow, ...]:
        """Every domain that had rows: its fields."""
        found = []
        for place in self._layers(SqueezeExcite):
            if not self._rows.get(place):
                continue
            side, domain, _ = place.split("/")
            layout = self._towers[side].layout
            fields = [layout.features[field].name for field in layout.fields_of(domain)]
            found += [
                GateRow(side=side, domain=domain, field=field, rows=self._rows[place], gate=gate)
                for field, gate in zip(fields, self._mean(place).tolist(), strict=True)
            ]
        return tuple(found)

    def _mean(self, place: str) -> np.ndarray:
        return self._sums[place] / self._rows[place]

    def _layers(self, kind: Any) -> dict[str, Any]:
        return {
            f"{side}/{domain}/{layer.name}": layer
            for side, tower in self._towers.items()
            for domain, expert in tower.experts.items()
            for layer in expert.submodules
            if isinstance(layer, kind)
        }


@contextmanager
def _overheard(layer: tf.keras.layers.Layer, method: str, hear: Callable[[tf.Tensor], None]) -> Iterator[None]:
    """While it lasts, `hear` gets whatever the layer's method returns."""
    original = getattr(layer, method)

    def overheard(*args: Any) -> tf.Tensor:
        result = original(*args)
        hear(result)
        return result

    object.__setattr__(layer, method, overheard)  # past Keras, which would track it
    try:
        yield
    finally:
        object.__delattr__(layer, method)
