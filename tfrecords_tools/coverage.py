"""Which feature is present in which domain, as a table and as a picture (paper section 2.1.2)."""

import pathlib

import pandas as pd

from tfrecords_tools.files import atomically
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


def presence_table(manifest: Manifest, schema: Schema, *, side: str, split: str = "train") -> pd.DataFrame:
    """Share of rows with each feature (rows) in each domain (columns); NaN where the feature cannot exist."""
    names = [feature.name for feature in schema.features_of(side)]
    return pd.DataFrame(manifest.split(split)["presence"][side], index=names, columns=list(schema.domains_of(side)))


def draw_coverage(folder: str | pathlib.Path, figure: str | pathlib.Path, *, split: str = "train") -> pathlib.Path:
    """Draws the presence of every feature in every domain as a heat map.

    Returns:
        The figure's path.

    Raises:
        DataError: There is no manifest, or no such split.
    """
    from matplotlib.figure import Figure  # half a second to import

    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.days(split)  # refuses an unknown split
    tables = {side: presence_table(manifest, schema, side=side, split=split) for side in ("query", "item")}
    tables = {side: table for side, table in tables.items() if not table.empty}
    height = 2.2 + 0.26 * max([len(table) for table in tables.values()], default=1)
    drawing = Figure(figsize=(5.5 * max(len(tables), 1), height), layout="constrained")
    axes = drawing.subplots(1, max(len(tables), 1), squeeze=False)[0]
    for axis, (side, table) in zip(axes, tables.items(), strict=False):
        axis.set_facecolor("#d9d9d9")  # shows where there is no value: the feature cannot exist
        image = axis.imshow(table.to_numpy(dtype=float), vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axis.set_xticks(range(table.shape[1]), table.columns, rotation=30, ha="right")
        axis.set_yticks(range(table.shape[0]), table.index, fontsize=8)
        axis.set_title(f"{side} features x {'surface' if side == 'query' else 'product'}", fontsize=10)
    if tables:
        drawing.colorbar(image, ax=list(axes), label="share present")
    drawing.suptitle(f"Coverage of {manifest.folder.name}, {split} (gray: cannot exist)")
    path = pathlib.Path(figure)
    with atomically(path) as temporary:
        drawing.savefig(temporary, format=path.suffix[1:] or "png", dpi=130, metadata={"Software": None})
    return path
