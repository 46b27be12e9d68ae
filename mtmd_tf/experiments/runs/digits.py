"""The number of digits in the results."""


def short(value: float) -> float:
    """Seven digits: the rest is noise."""
    return float(f"{value:.7g}")
