"""Finds the numbers of a pair that a setting names, for the linear term of a score (docs/adr/0040)."""

from collections.abc import Sequence

from mtmd_tf.config.fields import ConfigError
from tfrecords_tools.feature import Feature
from tfrecords_tools.printable import listed
from tfrecords_tools.schema import Schema

_SIDE = "cross/"


def numbers_named(names: Sequence[str], schema: Schema) -> tuple[Feature, ...]:
    """The cross features that are numbers and have these names, with or without `cross/`, in their order.

    Raises:
        ConfigError: A name that is no such feature, or comes twice; it lists the choices.
    """
    choices = {feature.key: feature for feature in schema.features_of("cross") if feature.kind == "continuous"}
    found: list[Feature] = []
    for name in names:
        key = name if "/" in name else f"{_SIDE}{name}"
        if key not in choices:
            has = f"it has {listed(choices)}" if choices else "it has none"
            raise ConfigError(
                f"score_features: {name!r} is {_is(key, schema)}; it must be a number of a pair of schema "
                f"{schema.name!r}, cross/NAME; {has}."
            )
        if choices[key] in found:
            raise ConfigError(f"score_features: {key} comes twice.")
        found.append(choices[key])
    return tuple(found)


def _is(key: str, schema: Schema) -> str:
    named = {feature.key: feature for feature in schema.features}
    if key not in named:
        return "no feature"
    side, kind = named[key].side, named[key].kind
    return f"a {kind} feature" if side == "cross" else f"a feature of the {side}, which its tower reads"
