"""A share or a mean, where there may be nothing to take it from."""


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`; None where the whole is not above 0."""
    return part / whole if whole > 0 else None
