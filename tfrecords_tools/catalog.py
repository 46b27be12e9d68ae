"""Turns an item catalog and a schema into a data set of items alone, for the ads that no log has shown yet."""

import itertools
import pathlib
from collections.abc import Iterator, Sequence

from tfrecords_tools import folder
from tfrecords_tools.checks import check_items
from tfrecords_tools.logs.catalog import Catalog
from tfrecords_tools.logs.catalog_items import CatalogItems
from tfrecords_tools.logs.inputs import digests, distinct, find_logs, require_unchanged, states
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parts import shard_cuts, write_item_shards
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import Items
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_towers import require_towers


def write_catalog(out: str | pathlib.Path, *, schema: str | pathlib.Path, inputs: Sequence[str]) -> Manifest:
    """Writes the item corpus of files with one row for each item, and a manifest without splits (docs/adr/0053).

    The columns are `item/id`, `item/product` and `item/<feature>`, in the types and texts of a log
    (docs/data-contract.md). An item has the bytes that `convert` gives it, and the shards are cut alike. The files are
    one Arrow table in memory; items become Python objects shard by shard. An interrupted call starts again.

    Args:
        out: The data set's folder: a new or empty one. A complete one of the same files and schema is left alone.
        schema: The schema file, or a folder that has one: that of the data set which the towers were trained on.
        inputs: Paths, folders or glob patterns of .parquet and .csv files (`inputs.find_logs`).

    Raises:
        DataError: Files that break the data contract; it names file, row and column. No row, an item with two rows that
            differ, or a folder that holds something else.
        SchemaError: No schema, or one that contradicts itself.
    """
    loaded, out = Schema.load(schema), pathlib.Path(out)
    require_towers(loaded)
    found = find_logs(inputs)
    before, known = states(found), digests(found)
    catalog = Catalog.open(distinct(found, known), schema=loaded)
    source = {"name": "items", "arguments": {"files": [[path.name, known[path]] for path in catalog.paths]}}
    with folder.building(out, schema=loaded, source=source) as done:
        if done is not None:
            return done
        items = CatalogItems(catalog)
        cuts = shard_cuts(len(items))
        blocks = progress_bar(_checked(items, cuts, loaded), total=len(cuts) - 1, desc=out.name, unit=" shards")
        written = write_item_shards(out, schema=loaded, blocks=blocks, files=len(cuts) - 1)
        require_unchanged(before)
        return folder.seal(
            loaded,
            Manifest(
                folder=out,
                schema_fingerprint=loaded.fingerprint(),
                source=source,
                columns=(),
                splits={},
                items=written,
                statistics={},
            ),
        )


def _checked(items: CatalogItems, cuts: Sequence[int], schema: Schema) -> Iterator[Items]:
    for start, stop in itertools.pairwise(cuts):
        block = items.block(start, stop)
        check_items(schema, block)
        yield block
