"""The slices surface x product that metrics are kept for, and their roll-ups (paper Table 1)."""

import dataclasses
from collections.abc import Callable, Collection, Iterator

import numpy as np

from tfrecords_tools.schema import ALL

Exists = Callable[[str, str, str], bool] | Collection[tuple[str, str, str]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Slices:
    """Every surface x product, numbered with the product innermost.

    Attributes:
        surfaces: Names, in the order of their indices.
        products: Names, in the order of their indices.

    Raises:
        ValueError: A repeated name, none at all, or the name `all`, which is the roll-up's.
    """

    surfaces: tuple[str, ...]
    products: tuple[str, ...]

    def __post_init__(self) -> None:
        for what, names in (("surfaces", self.surfaces), ("products", self.products)):
            if not names or len(set(names)) != len(names):
                raise ValueError(f"{what} must be named once each, at least one; got {list(names)}")
            if ALL in names:
                raise ValueError(f"{what}: the name {ALL!r} is taken by the roll-up; got {list(names)}")

    @property
    def count(self) -> int:
        """How many slices there are."""
        return len(self.surfaces) * len(self.products)

    def number_of(self, *, surface: np.ndarray, product: np.ndarray) -> np.ndarray:
        """The slice number of each pair: `[pairs]` and `[pairs]` indices to `[pairs]`.

        Raises:
            ValueError: An index that names no surface or product.
        """
        for what, index, names in (("surface", surface, self.surfaces), ("product", product, self.products)):
            if index.size and not (index.min() >= 0 and index.max() < len(names)):
                raise ValueError(
                    f"{what} indices must be 0 to {len(names) - 1}, one of {list(names)}; "
                    f"got {int(index.min())} to {int(index.max())}"
                )
        return surface * len(self.products) + product

    def views(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """Each slice and roll-up as (surface, product, numbers `[slices]`); `all` comes after the names it sums."""
        number = np.arange(self.count).reshape(len(self.surfaces), len(self.products))
        for row, surface in enumerate((*self.surfaces, ALL)):
            for column, product in enumerate((*self.products, ALL)):
                chosen = number if surface == ALL else number[row : row + 1]
                yield surface, product, (chosen if product == ALL else chosen[:, column]).ravel()

    def existing(self, *, task: str, exists: Exists | None) -> np.ndarray:
        """Whether `task` exists in each slice: `[cells]` bool; everywhere where `exists` is None."""
        named = [(surface, product, task) for surface in self.surfaces for product in self.products]
        if exists is None:
            return np.ones(len(named), dtype=bool)
        return np.array([exists(*name) if callable(exists) else name in exists for name in named], dtype=bool)
