"""What a request says of each item that it may rank: bids, and the numbers of a pair (section 2.3, docs/adr/0040)."""

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

import numpy as np

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.row_values import RowValues
from mtmd_tf.serving.rows import number_column
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.schema import Feature


def values_of(request: RankRequest, *, spec: RankerSpec, items: ScoringIndex) -> RowValues:
    """A checked request's values: of its candidates or, without candidates, of all items in the index's order.

    Raises:
        ServingError: Cross values of a feature that the export does not score by, of another length, that are no
            numbers, or of an item in whose slice the feature cannot exist.
    """
    bids = request.bids
    if bids is not None and request.candidates is not None:
        bids = np.asarray(bids, np.float32)
    return RowValues(bids=bids, cross=_cross(request, spec, items))


def unsaid(request: RankRequest, spec: RankerSpec, *, approximate: bool) -> tuple[str, ...]:
    """Sentences about score features that a ranking goes without."""
    if not spec.score_features:
        return ()
    given = {name for name, values in (request.cross or {}).items() if values is not None}
    found = [f.key for f in numbers_of(spec) if f.name not in given and f.exists_in(surface=request.surface)]
    said = (
        [f"no value of {', '.join(found)} is given, by which the export scores: missing for every item"]
        if found
        else []
    )
    if approximate and request.candidates is None:
        said.append("the approximate index finds items by the dot product alone, without the score features")
    return tuple(said)


def numbers_of(spec: RankerSpec) -> list[Feature]:
    """The score features of an export, as its schema has them."""
    schema = {feature.name: feature for feature in spec.schema.features_of("cross")}
    return [schema[feature.name] for feature in spec.score_features]


def _cross(request: RankRequest, spec: RankerSpec, items: ScoringIndex) -> tuple[np.ndarray, ...] | None:
    if not request.cross:
        return None
    names = [feature.name for feature in spec.score_features]
    unknown = [name for name in request.cross if name not in names]
    if unknown and not names:
        raise ServingError(f"cross values of {unknown[0]!r} are given, but the export has no score features")
    if unknown:
        raise ServingError(f"no score feature {unknown[0]!r}; the export has {names}")
    wanted = items.items if request.candidates is None else len(request.candidates)
    columns = {each: _column(each, request.cross.get(each.name), wanted) for each in numbers_of(spec)}
    _require_existing(columns, request, items)
    return tuple(columns.values())


def _column(feature: Feature, values: Sequence[Any] | np.ndarray | None, wanted: int) -> np.ndarray:
    if values is None:
        return np.full(wanted, np.nan, np.float32)
    if isinstance(values, str | bytes | Set) or not isinstance(values, Collection):
        raise ServingError(f"{feature.key}: a list of numbers, one for each of {wanted} items; it is {values!r:.80}")
    if len(values) != wanted:
        raise ServingError(f"{feature.key}: one number for each of {wanted} items; it has {len(values)}")
    return number_column(feature, values)


def _require_existing(columns: Mapping[Feature, np.ndarray], request: RankRequest, items: ScoringIndex) -> None:
    """Refuses a value where the record of a pair could have none: nothing like it was in the training."""
    barred = [
        (feature, product)
        for feature in columns
        for product in items.rows
        if not feature.exists_in(surface=request.surface, product=product)
    ]
    listed = request.candidates if barred else None
    product_of = None if listed is None else np.array(items.products_of(items.find(listed)))
    for feature, product in barred:
        own = items.rows[product]
        rows = np.arange(own.start, own.stop) if product_of is None else np.flatnonzero(product_of == product)
        given = rows[~np.isnan(columns[feature][rows])]
        if len(given):
            place = int(given[0])
            item = items.item_id[place].decode() if listed is None else listed[place]
            raise ServingError(
                f"{feature.key} does not exist on {request.surface} x {product}; leave it out (NaN) of item {item!r}"
            )
