"""Mean outputs of routers and gates on the evaluated rows, by domain (paper sections 2.1.2, 2.1.5)."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf import legacy
from mtmd_tf.config import EXPERTS
from mtmd_tf.evaluation.inspection_rows import GateRow, RouterRow
from mtmd_tf.gates import SqueezeExcite
from mtmd_tf.routing import Router
from mtmd_tf.towers import Tower

SIDES = ("query", "item")


class Inspection:
    """Sums the outputs of every router and every squeeze-and-excitation gate of an MTMD while the model runs.

    Args:
        model: A model; with towers of another architecture than MTMD there is nothing to inspect.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        towers = {side: getattr(model, f"{side}_tower", None) for side in SIDES}
        self._towers = {side: tower for side, tower in towers.items() if isinstance(tower, Tower)}
        self._sums: dict[str, np.ndarray] = {}
        self._rows: dict[str, int] = {}

    def run(self, batch: Any) -> tuple[Any, dict[str, tuple[tf.Tensor, tf.Tensor]]]:
        """The model's predictions, and `{path: (sum over the batch's rows, rows)}`; may be traced.

        A router's sum is `[tasks, experts]`, a gate's `[fields]`.
        """
        sums: dict[str, tuple[tf.Tensor, tf.Tensor]] = {}

        def hook(path: str, axis: int) -> Callable[[tf.Tensor], None]:
            def add(weights: tf.Tensor) -> None:
                sums[path] = tf.reduce_sum(weights, axis=axis), tf.shape(weights)[axis]

            return add

        with ExitStack() as stack:
            for path, layer in self._layers(Router).items():
                stack.enter_context(legacy.watched(layer, "weights_of", hook(path, 1)))
            for path, layer in self._layers(SqueezeExcite).items():
                stack.enter_context(legacy.watched(layer, "gate", hook(path, 0)))
            return self._model(batch), sums

    def add(self, sums: dict[str, tuple[tf.Tensor, tf.Tensor]]) -> None:
        """Adds the sums that `run` returned: `{path: ([tasks, experts] or [fields] sum over rows, rows)}`."""
        for path, (total, rows) in sums.items():
            self._sums[path] = self._sums.get(path, 0.0) + total.numpy().astype(np.float64)
            self._rows[path] = self._rows.get(path, 0) + int(rows)

    def routing(self) -> tuple[RouterRow, ...]:
        """Mean weight of each expert, for every task of every domain that had rows."""
        found = []
        for path, layer in self._layers(Router).items():
            if not self._rows.get(path):
                continue
            side, domain, _ = path.split("/")
            arguments = layer.get_config()
            names = EXPERTS if arguments["experts"] == len(EXPERTS) else map(str, range(arguments["experts"]))
            for task, weights in zip(arguments["tasks"], self._mean(path), strict=True):
                found += [
                    RouterRow(side=side, domain=domain, task=task, expert=expert, rows=self._rows[path], weight=weight)
                    for expert, weight in zip(names, weights.tolist(), strict=True)
                ]
        return tuple(found)

    def gates(self) -> tuple[GateRow, ...]:
        """Mean gate of each field of every domain that had rows."""
        found = []
        for path in self._layers(SqueezeExcite):
            if not self._rows.get(path):
                continue
            side, domain, _ = path.split("/")
            layout = self._towers[side].layout
            fields = [layout.features[field].name for field in layout.fields_of(domain)]
            found += [
                GateRow(side=side, domain=domain, field=field, rows=self._rows[path], gate=gate)
                for field, gate in zip(fields, self._mean(path).tolist(), strict=True)
            ]
        return tuple(found)

    def _mean(self, path: str) -> np.ndarray:
        return self._sums[path] / self._rows[path]

    def _layers(self, kind: Any) -> dict[str, Any]:
        return {
            f"{side}/{domain}/{layer.name}": layer
            for side, tower in self._towers.items()
            for domain, expert in tower.experts.items()
            for layer in expert.submodules
            if isinstance(layer, kind)
        }
