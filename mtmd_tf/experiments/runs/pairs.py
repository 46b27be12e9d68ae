"""The number of pairs to train on, in each slice and beyond."""

from mtmd_tf.slices import ANY
from tfrecords_tools.manifest import Manifest


def training_pairs(manifest: Manifest) -> dict[str, int]:
    """`{slice: pairs of the split train}` of every slice with pairs, of each product everywhere, and of "", all."""
    found = {
        f"{surface}/{product}": cell["pairs"]
        for surface, cells in manifest.split("train")["slices"].items()
        for product, cell in cells.items()
        if cell["pairs"]
    }
    products = dict.fromkeys(name.partition("/")[2] for name in found)
    of_product = {p: sum(count for name, count in found.items() if name.endswith(f"/{p}")) for p in products}
    return {**found, **{f"{ANY}/{product}": count for product, count in of_product.items()}, "": sum(found.values())}
