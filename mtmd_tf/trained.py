"""What a model has learned from: labeled pairs by slice and task, and usual features (paper section 2.1.1)."""

from collections import Counter
from collections.abc import Collection, Mapping

from mtmd_tf.slices import covers
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.printable import few
from tfrecords_tools.schema import Schema

Trained = Mapping[str, Mapping[str, Mapping[str, int]]]  # {surface: {product: {task: labeled training pairs}}}
USUAL = 0.99  # share of a surface's training requests with a feature; a request without it is told so from here on


def trained_pairs(
    manifest: Manifest, schema: Schema, *, tasks: Collection[str], chosen: tuple[str, str] | None = None
) -> dict[str, dict[str, dict[str, int]]]:
    """`{surface: {product: {task: labeled pairs}}}` of the split train, for every task that exists in a slice.

    Args:
        manifest: Manifest whose split `train` is counted, held-out days included.
        schema: Schema of the data set.
        tasks: Names of the tasks that the model learns.
        chosen: The slice that it learns, as `slices.covers` takes it; elsewhere it has learned from nothing.
    """
    slices = manifest.split("train")["slices"]

    def labeled(surface: str, product: str, task: str) -> int:
        if not covers(chosen, surface=surface, product=product):
            return 0
        return slices.get(surface, {}).get(product, {}).get("tasks", {}).get(task, {}).get("labeled", 0)

    return {
        surface: {
            product: {
                task: labeled(surface, product, task) for task in tasks if schema.task_exists(surface, product, task)
            }
            for product in schema.products
        }
        for surface in schema.surfaces
    }


def usual_features(manifest: Manifest) -> dict[str, list[str]]:
    """`{surface: query features}` that nearly every request of the split train has there, by `USUAL`."""
    presence = manifest.split("train")["presence"]["query"]
    return {surface: [name for name, share in own.items() if share >= USUAL] for surface, own in presence.items()}


def untrained(trained: Trained, *, chosen: tuple[str, str] | None = None) -> list[str]:
    """Sentences about slices, or tasks of slices, that a model has not seen a label of; none: every one was seen.

    Slices that lack the same tasks share a sentence, as a schema of many surfaces and products has hundreds.

    Args:
        trained: Result of `trained_pairs`.
        chosen: The slice that the model is for, as `slices.covers` takes it; others are not named.
    """
    slices: dict[str, list[str]] = {}
    for surface, products in trained.items():
        for product, pairs in products.items():
            if not pairs or not covers(chosen, surface=surface, product=product):
                continue
            missing = [task for task, count in pairs.items() if count == 0]
            if missing:
                every = len(missing) == len(pairs)
                lacking = "labeled training pair" if every else f"training label of {', '.join(missing)}"
                slices.setdefault(lacking, []).append(f"{surface} x {product}")
    return [
        f"{few(names)} {'have' if len(names) > 1 else 'has'} no {lacking}: {_STARTS_AT}"
        for lacking, names in slices.items()
    ]


def untrained_products(trained: Trained) -> dict[str, list[str]]:
    """`{product: tasks}` of which a model has not seen a label of the product, whatever the surface.

    Args:
        trained: Result of `trained_pairs`.
    """
    pairs: dict[str, Counter[str]] = {}
    for products in trained.values():
        for product, counts in products.items():
            pairs.setdefault(product, Counter()).update(counts)
    missing = {product: [task for task, count in counts.items() if not count] for product, counts in pairs.items()}
    return {product: tasks for product, tasks in missing.items() if tasks}


_STARTS_AT = "what is predicted there is a guess from the other slices, to be ranked only with care."
