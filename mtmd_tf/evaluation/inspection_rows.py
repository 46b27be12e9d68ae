"""Mean outputs of routers and gates, and distances of domains, as plain data (paper sections 2.1.2, 2.1.5)."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class RouterRow:
    """The weight of one expert for one task in one domain.

    Attributes:
        side: `query` or `item`.
        domain: A surface or product.
        task: Name of the task.
        expert: Such as `domain_shared`.
        rows: Over how many rows: requests or pairs.
        weight: Mean of the softmax; the experts of a task add up to 1.
    """

    side: str
    domain: str
    task: str
    expert: str
    rows: int
    weight: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class DistanceRow:
    """The distance of one part of a domain from what the tower's domains share.

    Attributes:
        side: `query` or `item`.
        domain: A surface or product.
        part: Such as `routing`.
        distance: Norm of the deviations over the norm of the base's weights; 0: the domain is as all are.
    """

    side: str
    domain: str
    part: str
    distance: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class GateRow:
    """The gate of one field in one domain.

    Attributes:
        side: `query` or `item`.
        domain: A surface or product.
        field: The feature's name.
        rows: Over how many rows: requests or pairs.
        gate: Mean gate, between 0 and 2; above 1 amplifies.
    """

    side: str
    domain: str
    field: str
    rows: int
    gate: float
