"""One prediction task and where it exists (paper section 2.3)."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One prediction task and where it exists (section 2.3).

    Attributes:
        name: Such as `ctr`.
        parent: The task whose event must happen first (`gctr` given `ctr`), or None.
        surfaces: Surfaces on which the task exists, or None for all.
        products: Products for which the task exists, or None for all (the paper's octr is not for shopping ads).
        description: One line for people.
    """

    name: str
    parent: str | None = None
    surfaces: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    description: str = ""

    def exists_in(self, *, surface: str, product: str) -> bool:
        """Whether the task exists in the slice `surface` x `product`."""
        on_surface = self.surfaces is None or surface in self.surfaces
        return on_surface and (self.products is None or product in self.products)
