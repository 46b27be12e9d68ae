"""Candidates in, requests with features out; nothing of the predicted week or later is read but its plan."""

import numpy as np

from tfrecords_tools.requests import Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.sources.complete_journey.candidates import Candidates
from tfrecords_tools.sources.complete_journey.cross_features import CrossFeatures
from tfrecords_tools.sources.complete_journey.encoding import Encoder
from tfrecords_tools.sources.complete_journey.feature_list import WORDS
from tfrecords_tools.sources.complete_journey.item_features import ItemFeatures
from tfrecords_tools.sources.complete_journey.query_features import QueryFeatures
from tfrecords_tools.sources.complete_journey.tables import Tables


class Features:
    """All features of a data set, from the receipts before each week.

    Args:
        tables: Tables of the data.
        schema: Schema of the data set.
    """

    def __init__(self, tables: Tables, schema: Schema) -> None:
        self._schema, self._tables = schema, tables
        self._query, self._item, self._cross = QueryFeatures(tables), ItemFeatures(tables), CrossFeatures(tables)
        words = {
            feature.name: tables.names[WORDS.get(feature.name, feature.name)]
            for feature in schema.features
            if feature.dtype == "bytes"
        }
        self._encode = Encoder(schema, words)

    def requests(self, candidates: Candidates, *, event: dict[str, np.ndarray] | None = None) -> Requests:
        """The candidates of one week as requests, in their order, with events `{task: [pairs]}` if given."""
        request, surface = candidates.request, candidates.surface
        query, query_mask = self._encode("query", self._query(candidates), self._on("query", surface))
        cross, cross_mask = self._encode("cross", self._cross(candidates), self._on("cross", surface[request]))
        products, of_product = np.unique(candidates.product, return_inverse=True)
        items = self.items(products, week=candidates.week)
        names = [name.encode() for name in self._schema.surfaces]
        visits = zip(candidates.basket_id.tolist(), surface.tolist(), strict=True)
        ids = [b"%d-%s" % (basket, names[code]) for basket, code in visits]
        return Requests(
            request_id=np.array(ids, dtype=object),
            timestamp=candidates.second,
            surface=surface,
            lengths=candidates.lengths,
            query=query,
            query_mask=query_mask,
            item_id=items.item_id[of_product],
            product=items.product[of_product],
            item={name: column[of_product] for name, column in items.item.items()},
            item_mask=items.item_mask[of_product],
            cross=cross,
            cross_mask=cross_mask,
            event=event or {},
            weight=candidates.weight,
        )

    def items(self, products: np.ndarray, *, week: int) -> Items:
        """Products, `[items]` sorted distinct rows of the product table, with their features in `week`."""
        item, item_mask = self._encode("item", self._item(products, week), {})
        rows = self._tables.products.iloc[products]
        ids = np.array([b"%d" % product for product in rows.product_id.tolist()], dtype=object)
        return Items(item_id=ids, product=rows.brand.to_numpy().astype(np.int64), item=item, item_mask=item_mask)

    def _on(self, side: str, surface: np.ndarray) -> dict[str, np.ndarray]:
        return {
            feature.name: np.isin(surface, [self._schema.surfaces.index(name) for name in feature.surfaces])
            for feature in self._schema.features_of(side)
            if feature.surfaces is not None
        }
