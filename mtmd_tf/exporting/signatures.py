"""The towers as SavedModel signatures: raw features in, embeddings per task out (paper section 2.2).

Every signature returns `{task: [rows, width]}` for the tasks of its domain, all of them side by side as `embedding`
`[rows, sum of widths]` (zeros where a task does not exist), and the version `stamp`, `[rows]`. Features are
optional: by the SignatureDef's `defaults` they are missing (mtmd_tf.serving.missing).
"""

import inspect
import pathlib
import types
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.embedding import side_by_side
from mtmd_tf.exporting.flat import FlatIndexer
from mtmd_tf.exporting.frozen_tower import FrozenTower
from mtmd_tf.exporting.inputs import default_of, tensor_spec
from mtmd_tf.features.indexing import SideIndexer, unpack_mask
from mtmd_tf.features.parsing import look_up, name_table
from mtmd_tf.features.refusal import require_finite
from mtmd_tf.serving.specification import DEFAULT, SERIALIZED
from mtmd_tf.sharing import folded
from mtmd_tf.towers import Embeddings
from tfrecords_tools.schema import Feature
from tfrecords_tools.specs import item_parsing_spec

_REQUIRED = inspect.Parameter.empty

Outputs = dict[str, tf.Tensor]


Signatures = dict[str, tf.types.experimental.PolymorphicFunction]


def build_signatures(
    tower: AnyTower, *, stamp: str, freeze: Callable[[AnyTower], FrozenTower] = FrozenTower
) -> tuple[tf.Module, Signatures]:
    """Traces a tower for serving.

    Args:
        tower: Tower with its variables made.
        stamp: Stamp of the export.
        freeze: Makes what the signatures call of the tower.

    Returns:
        What a SavedModel must hold (the variables and tables that the signatures reach, and no Keras), and the
        signatures: one per domain, `serving_default`, and `serialized` on the item side. A domain's own reaches the
        variables of its expert and of the shared one only.
    """
    module = tf.Module(name=tower.name)
    module.flat_indexer = FlatIndexer(tower.layout)
    module.indexer = SideIndexer(tower.layout) if tower.layout.side == "item" else None
    module.domain_table = name_table(tower.domains)
    module.stamp = tf.function(lambda: tf.constant(stamp), input_signature=[], autograph=False)
    with folded(tower) as variables:  # a base and its deviations are one weight to a server
        frozen = freeze(tower)
    signatures = _Builder(module, frozen, stamp=stamp).signatures()
    reached = {id(captured) for captured in frozen.captured}
    module.reached = [v for v in (*tower.weights, *variables) if id(v.handle) in reached]
    module.alive = types.SimpleNamespace(variables=variables)  # graphs hold them weakly; a namespace is not saved
    return module, signatures


def save_signatures(module: tf.Module, signatures: Signatures, folder: pathlib.Path) -> None:
    """Writes what `build_signatures` made as a SavedModel."""
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # nobody trains an exported tower
    tf.saved_model.save(module, str(folder), signatures=signatures, options=options)


class _Builder:
    """Makes the signatures; no part of the SavedModel, so that the Keras layers stay out of it."""

    def __init__(self, module: tf.Module, frozen: FrozenTower, *, stamp: str) -> None:
        self._flat_indexer, self._indexer, self._domain_table = module.flat_indexer, module.indexer, module.domain_table
        self._frozen, self._tower, self._stamp = frozen, frozen.tower, stamp
        self._layout, self._schema = frozen.tower.layout, frozen.tower.layout.schema
        self._features = self._schema.features_of(self._layout.side)
        self._key = "surface" if self._layout.side == "query" else "product"

    def signatures(self) -> Signatures:
        """All of them, by name."""
        signatures = {}
        for domain in self._tower.domains:
            own = self._schema.features_of(self._layout.side, domain=domain)
            signatures[domain] = _function(self._one_domain(domain), own)
        signatures[DEFAULT] = _function(self._routed, self._features, required=self._key)
        if self._layout.side == "item":
            signatures[SERIALIZED] = _function(self._serialized, (), required=SERIALIZED)
        return signatures

    def _one_domain(self, domain: str) -> Callable[..., Outputs]:
        def serve(**tensors: tf.Tensor) -> Outputs:
            return self._outputs(self._frozen.embed_domain(self._flat_indexer(tensors), domain))

        return serve

    def _routed(self, **tensors: tf.Tensor) -> Outputs:
        names = tensors.pop(self._key)
        domain = self._look_up(names)
        exists = [
            [feature in self._schema.features_of(self._layout.side, domain=name) for feature in self._layout.features]
            for name in self._tower.domains
        ]
        side = self._flat_indexer(tensors, key=names, exists=tf.gather(exists, domain))
        domain = tf.broadcast_to(domain, tf.shape(side.mask)[:1])
        return self._outputs(self._frozen(side, domain))

    def _serialized(self, serialized: tf.Tensor) -> Outputs:
        parsed = tf.io.parse_example(serialized, item_parsing_spec(self._schema))
        raw = {feature.name: parsed[feature.key] for feature in self._features}
        present = unpack_mask(parsed["item/mask"], features=len(self._features))
        side = require_finite(self._indexer(raw, present), self._layout)
        embeddings = self._frozen(side, self._look_up(parsed["item/product"], owner=parsed["item/id"]))
        return self._outputs(embeddings) | {"item_id": parsed["item/id"], "product": parsed["item/product"]}

    def _look_up(self, names: tf.Tensor, owner: tf.Tensor | None = None) -> tf.Tensor:
        owner = tf.strings.as_string(tf.range(tf.shape(names)[0])) if owner is None else owner
        return look_up(self._domain_table, names, names=self._tower.domains, what=self._key, owner=owner)

    def _outputs(self, embeddings: Embeddings) -> Outputs:
        embeddings = {task: tf.cast(embedding, tf.float32) for task, embedding in embeddings.items()}
        embedding = side_by_side(embeddings, self._tower.widths)
        return embeddings | {"embedding": embedding, "stamp": tf.fill(tf.shape(embedding)[:1], self._stamp)}


def _function(
    serve: Callable[..., Outputs], features: tuple[Feature, ...], *, required: str | None = None
) -> tf.types.experimental.PolymorphicFunction:
    """Of one input a feature, each with the default that `tf.saved_model.save` writes into the SignatureDef."""
    specs = {required: tf.TensorSpec([None], tf.string, name=required)} if required else {}
    specs |= {feature.name: tensor_spec(feature) for feature in features}
    defaults: dict[str, Any] = {feature.name: default_of(feature) for feature in features}

    def by_name(*tensors: tf.Tensor) -> Outputs:
        return serve(**dict(zip(specs, tensors, strict=True)))

    by_name.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=defaults.get(name, _REQUIRED))
            for name in specs
        ]
    )
    return tf.function(by_name, input_signature=list(specs.values()), autograph=False)
