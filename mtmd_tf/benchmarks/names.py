"""What the benchmark measures, by name, without what takes seconds to import."""

from collections.abc import Mapping

SECTIONS = ("training", "serving", "labels")
CURVES: Mapping[str, tuple[float, ...]] = {  # sizes of `synthetic.Size` and their values
    "surfaces": (1, 2, 4, 8, 16),
    "tasks": (1, 2, 4, 8),
    "candidates": (1, 3, 10, 30, 100, 1000),
    "fields": (12, 24, 48, 100, 200),
    "pairs": (256, 1024, 4096, 16_384),
    "skew": (0.0, 1.0, 2.0, 4.0),
    "vocabulary": (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000),
}
