"""The settings of a model and its training that a recipe's flags say, before the data is known."""

from collections.abc import Collection

from absl import flags

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Settings, named
from mtmd_tf.jobs import settings
from mtmd_tf.sizing.facts import NOMINAL
from mtmd_tf.sizing.rule import AUTO, sized


def reference(source: flags.FlagValues) -> tuple[Settings, frozenset[str]]:
    """The settings, what nobody said being of no data's size yet, and the names of those that were said.

    Raises:
        ConfigError: A value that breaks its field's rule.
    """
    model, train = settings.given(ModelConfig, source=source), settings.given(TrainConfig, source=source)
    nominal = sized(NOMINAL, model=model, train=train)
    return (nominal.model, nominal.train), frozenset((*model, *train))


def changed(text: str, configs: Settings, *, said: Collection[str]) -> Settings:
    """The settings with what a text of flags changes; what nobody said follows anew, so that it fits the change.

    Narrower layers, for instance, have a narrower cross projection.

    Args:
        text: Flags such as `--deep_units=32,16`.
        configs: Settings of the model and of its training.
        said: Fields of them that were said.

    Raises:
        ConfigError: A flag that no setting has, or a value that breaks its field's rule.
    """
    source, kept = settings.overlaid(text, *configs), {*said, *named(text)}
    model, train = (
        {
            name: value
            for name, value in settings.given(type(each), source=source).items()
            if name in kept or name not in AUTO
        }
        for each in configs
    )
    nominal = sized(NOMINAL, model=model, train=train)
    return nominal.model, nominal.train
