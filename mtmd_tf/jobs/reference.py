"""The settings of a model and its training that a recipe's flags say, before the data is known."""

from absl import flags

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Settings
from mtmd_tf.jobs import settings
from mtmd_tf.sizing.facts import NOMINAL
from mtmd_tf.sizing.rule import sized


def reference(source: flags.FlagValues) -> tuple[Settings, frozenset[str]]:
    """The settings, what nobody said being of no data's size yet, and the names of those that were said.

    Raises:
        ConfigError: A value that breaks its field's rule.
    """
    model, train = settings.given(ModelConfig, source=source), settings.given(TrainConfig, source=source)
    nominal = sized(NOMINAL, model=model, train=train)
    return (nominal.model, nominal.train), frozenset((*model, *train))
