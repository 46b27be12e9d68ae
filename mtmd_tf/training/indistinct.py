"""Numbers that reach a model as one value, though they differ in the data (paper section 2.1.2)."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from mtmd_tf.normalization import LARGEST
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Feature, Schema

_NEAR = 1e-5  # deviations by the mean, below which float32's moments take numbers for equal (`RunningNorm`)
_SMALLEST = 1.1e-19  # the square of a smaller deviation is 0 in float32


def indistinct(manifest: Manifest, schema: Schema, *, score_features: Collection[str] = ()) -> list[str]:
    """A sentence for each number that a model cannot use, with what to do.

    Args:
        manifest: Manifest whose statistics are of the training split.
        schema: Schema of the data set.
        score_features: Names of the cross features that the model reads.
    """
    read = (feature for feature in schema.features if feature.side != "cross" or feature.name in score_features)
    found = ((feature.key, _why(feature, manifest.statistics.get(feature.key, {}))) for feature in read)
    return [f"{key} {why}" for key, why in found if why]


def _why(feature: Feature, values: Mapping[str, Any]) -> str:
    """What keeps towers from telling its values apart; empty where nothing does."""
    if feature.dtype != "float" or not values:
        return ""
    if not values["present"]:
        return (
            "has no value in training: values that come later are all the same to the towers; repair the column, or "
            "leave it out of the schema."
        )
    least, greatest, mean, std = (values[name] for name in ("min", "max", "mean", "std"))
    spread = f"goes {_ends(least, greatest)} in training"
    if max(abs(least), abs(greatest)) > LARGEST and not feature.count_like:
        return (
            f"{spread}: larger than {LARGEST:g} is {LARGEST:g} to the towers, and what is far below it cannot be "
            "told apart; leave it empty where a value means missing, or give it in another unit, or mark it count_like."
        )
    if feature.kind == "dense" or least == greatest:  # each coordinate has moments of its own; one value is no loss
        return ""
    near = _NEAR * math.log1p(mean) * (1.0 + mean) if feature.count_like else _NEAR * abs(mean)
    if std <= max(near, _SMALLEST):
        return (
            f"{spread}, with a deviation of {std:.3g}: too near one another for the towers, to which they are one "
            "value; give the difference from a fixed value, in a unit of about its deviation."
        )
    return ""


def _ends(least: float, greatest: float) -> str:
    """`from 1 to 2.5`, with as many digits as tell the two apart."""
    digits = next((digits for digits in (6, 9, 12) if f"{least:.{digits}g}" != f"{greatest:.{digits}g}"), 17)
    return f"from {least:.{digits}g} to {greatest:.{digits}g}"
