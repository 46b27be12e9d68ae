"""The verb `items`: a catalog of ads, most of them shown in no log yet, as items to embed."""

import argparse
import pathlib


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.description = (
        "A data set of items alone, which `python -m mtmd_tf.jobs.embed_items --data` takes; one row of the files is "
        "one item, whose record has the same bytes as from a log."
    )
    parser.add_argument(
        "--schema", type=pathlib.Path, required=True, help="the schema of the data set that the towers learned from"
    )
    add_input(
        parser, of="with the columns item/id, item/product and item/<feature> as in a log (docs/data-contract.md)"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the folder of the items")
    parser.set_defaults(run=run, parser=parser)


def add_input(parser: argparse.ArgumentParser, *, of: str) -> None:
    """`--input`, whose files are described by `of`; said twice, both are read."""
    files = ".parquet and .csv files, folders of them, or patterns, each of which must match; "
    parser.add_argument("--input", nargs="+", action="extend", required=True, metavar="PATH", help=files + of)


def run(options: argparse.Namespace) -> int:
    """Writes the items, and says how many there are of each product."""
    from tfrecords_tools.catalog import write_catalog  # TensorFlow takes seconds, and a wrong flag should not wait

    items = write_catalog(options.out, schema=options.schema, inputs=options.input).items
    counts = ", ".join(f"{count:,} {product}" for product, count in items["products"].items())
    print(f"{options.out}: {items['items']:,} items ({counts})")
    return 0
