"""The part of a data set that a model is trained on alone, surface x product (paper section 3.2)."""

from tfrecords_tools.printable import listed
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema

ANY = "*"  # no schema can name a domain so


def slice_named(name: str, schema: Schema) -> tuple[str, str]:
    """`home_feed/standard` as (surface, product); either may be `*`, all of that side: `*/shopping`, `home_feed/*`.

    Raises:
        DataError: The schema has no such slice; it lists them.
    """
    one_side = [*((ANY, product) for product in schema.products), *((surface, ANY) for surface in schema.surfaces)]
    slices = {"/".join(pair): pair for pair in (*schema.slices, *one_side)}
    if name not in slices:
        raise DataError(f"no slice {name!r} in schema {schema.name!r}; it has {listed(slices)}")
    return slices[name]


def covers(chosen: tuple[str, str] | None, *, surface: str, product: str) -> bool:
    """Whether `surface` x `product` is part of a chosen slice; None is all of them."""
    return chosen is None or (chosen[0] in (ANY, surface) and chosen[1] in (ANY, product))
