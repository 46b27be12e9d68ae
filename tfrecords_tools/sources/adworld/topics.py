"""The latent topic space that users, queries, seed pins and ads share."""

import dataclasses

import numpy as np

from tfrecords_tools.sources.adworld.names import (
    CATEGORIES,
    DEVICES,
    FORMATS,
    LANDING_TYPES,
    SEGMENTS,
    TERMS_PER_CATEGORY,
)
from tfrecords_tools.sources.adworld.seeds import generator

TOPIC_SIZE = 16
STYLE_SIZE = 4


def unit(vectors: np.ndarray) -> np.ndarray:
    """`vectors`, `[..., size]`, scaled to length 1 along the last axis."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def near(centers: np.ndarray, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors around unit `centers`, `[..., size]`; `spread` is the length of the noise."""
    return unit(centers + rng.normal(0.0, spread / np.sqrt(centers.shape[-1]), centers.shape))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Topics:
    """What holds for everybody: topic geometry and tastes that follow from category, hour, device or segment.

    Attributes:
        centroid: `[categories, TOPIC_SIZE]` unit vectors.
        term: `[terms, TOPIC_SIZE]` unit vectors, `TERMS_PER_CATEGORY` in a row for each category.
        hour_appeal: `[24, categories]` log-odds, smooth around the clock.
        segment_appeal: `[segments, categories]` log-odds of a segment's liking for a category.
        format_on_device: `[devices, formats]` log-odds.
        landing_on_device: `[devices, landing types]` log-odds.
        log_price: `[categories]` mean of ln US dollars.
        repin_appeal: Appeal of a repin, `[categories]` log-odds.
    """

    centroid: np.ndarray
    term: np.ndarray
    hour_appeal: np.ndarray
    segment_appeal: np.ndarray
    format_on_device: np.ndarray
    landing_on_device: np.ndarray
    log_price: np.ndarray
    repin_appeal: np.ndarray

    @classmethod
    def make(cls, seed: int) -> "Topics":
        """The topics of the world with this `seed`."""
        rng = generator(seed, "topics")
        categories = len(CATEGORIES)
        centroid = unit(rng.normal(size=(categories, TOPIC_SIZE)))
        peak = rng.uniform(0, 24, categories)
        return cls(
            centroid=centroid,
            term=near(np.repeat(centroid, TERMS_PER_CATEGORY, axis=0), 0.8, rng),
            hour_appeal=0.35 * np.cos((np.arange(24)[:, None] - peak) * 2 * np.pi / 24),
            segment_appeal=rng.normal(0.0, 0.3, (len(SEGMENTS), categories)),
            format_on_device=rng.normal(0.0, 0.25, (len(DEVICES), len(FORMATS))),
            landing_on_device=rng.normal(0.0, 0.5, (len(DEVICES), len(LANDING_TYPES))),
            log_price=rng.normal(3.5, 0.6, categories),
            repin_appeal=rng.normal(0.0, 0.4, categories),
        )
