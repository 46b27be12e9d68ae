"""One raw feature and the rules it keeps (paper section 2.1.1)."""

import dataclasses

from tfrecords_tools import tables
from tfrecords_tools.schema_rules import require, require_choice, require_names

SIDES = ("query", "item", "cross")
KINDS = ("categorical", "continuous", "ragged", "dense")
DTYPES = ("bytes", "int64", "float")
COMBINERS = ("mean", "sum")

_RESERVED = ("id", "product", "mask", "lengths")
_MOST_NUMBERS = 65_536  # of a dense vector: every record holds one for each candidate


@dataclasses.dataclass(frozen=True, kw_only=True)
class Feature:
    """One raw feature and the domains in which it can exist.

    Attributes:
        name: Unique within its side.
        side: `query` (once a request), `item` (one per candidate, a property of the item alone) or `cross` (one per
            candidate, of both sides together; no tower reads it, but the heavyweight ranker and a score's linear term).
        kind: `categorical` (one token), `continuous` (one float), `ragged` (many tokens) or `dense` (a vector).
        dtype: `bytes` or `int64` for tokens, `float` for numbers.
        surfaces: Surfaces in which the feature can exist (query and cross features), or None for all.
        products: Products in which the feature can exist (item and cross features), or None for all.
        vocabulary: The known tokens, most important first; any other token shares one out-of-vocabulary row.
        hash_buckets: Rows of the table where there is no vocabulary.
        count_like: Whether a continuous feature is a count or an amount, so that `log1p` tames it; it must be >= 0.
        size: Length of a dense vector.
        combiner: How a ragged feature's embeddings are pooled.
        descriptor: Whether the shallow experts read it (section 2.1.3: high-level categorical features only).
        description: One line for people.
    """

    name: str
    side: str
    kind: str
    dtype: str
    surfaces: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    vocabulary: tuple[str | int, ...] | None = None
    hash_buckets: int | None = None
    count_like: bool = False
    size: int | None = None
    combiner: str = "mean"
    descriptor: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        where = f"feature {self.side}/{self.name}"
        require_choice(self.side, SIDES, f"{where}: side")
        require_names([self.name], f"{self.side} feature")
        require(self.name not in _RESERVED, f"{where}: the names {list(_RESERVED)} are taken by the record itself")
        require_choice(self.kind, KINDS, f"{where}: kind")
        require_choice(self.dtype, DTYPES, f"{where}: dtype")
        require_choice(self.combiner, COMBINERS, f"{where}: combiner")
        if self.kind in ("categorical", "ragged"):
            require(self.dtype != "float", f"{where}: tokens are bytes or int64, not float")
            one_of = (self.vocabulary is None) != (self.hash_buckets is None)
            require(one_of, f"{where}: give either a vocabulary or hash_buckets")
            if self.vocabulary is not None:
                tables.require_tokens(self.vocabulary, dtype=self.dtype, where=where)
            else:
                require((self.hash_buckets or 0) > 0, f"{where}: hash_buckets must be positive")
            tables.require_rows(self.table_rows, where)
        else:
            require(self.dtype == "float", f"{where}: a {self.kind} feature is float")
            require(self.vocabulary is None and self.hash_buckets is None, f"{where}: only tokens have a table")
        require(
            (self.kind == "dense") == (self.size is not None),
            f"{where}: size belongs to dense features, and only to them",
        )
        require(self.size is None or self.size > 0, f"{where}: size must be positive")
        require((self.size or 0) <= _MOST_NUMBERS, f"{where}: size is at most {_MOST_NUMBERS:,}; it is {self.size}")
        require(not self.count_like or self.kind == "continuous", f"{where}: count_like belongs to continuous features")
        require(not self.descriptor or self.kind == "categorical", f"{where}: a descriptor is categorical")
        require(self.side != "item" or self.surfaces is None, f"{where}: an item knows no surface; restrict products")
        require(self.side != "query" or self.products is None, f"{where}: a query knows no product; restrict surfaces")
        require(self.side != "cross" or self.kind != "ragged", f"{where}: a cross feature holds one value or a vector")

    @property
    def key(self) -> str:
        """The record's key, such as `query/age`."""
        return f"{self.side}/{self.name}"

    @property
    def table_rows(self) -> int:
        """Rows of the embedding table, the out-of-vocabulary row included; 0 for numbers."""
        if self.vocabulary is not None:
            return len(self.vocabulary) + 1
        return self.hash_buckets or 0

    def exists_in(self, *, surface: str | None = None, product: str | None = None) -> bool:
        """Whether the feature can exist on `surface` and for `product` (None: any)."""
        on_surface = surface is None or self.surfaces is None or surface in self.surfaces
        return on_surface and (product is None or self.products is None or product in self.products)
