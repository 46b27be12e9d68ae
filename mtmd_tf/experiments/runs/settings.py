"""Settings that make the budget of compared models equal (docs/adr/0011)."""

import dataclasses
import re

from mtmd_tf.config import ConfigError, ModelConfig
from mtmd_tf.experiments.runs.plan import BASELINE, Order, Settings

_NAME = re.compile(r"\w+")


def named_flags(text: str) -> tuple[str, str]:
    """Name and flags of a variant, such as `unshared: --domain_sharing=none`; raises ConfigError for another form."""
    name, colon, flags = (word.strip() for word in text.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise ConfigError(f"--variant takes 'NAME: FLAGS', such as 'wide: --deep_units=256,128'; got {text!r}.")
    return name, flags


def settings_of(architecture: str, order: Order) -> Settings:
    """The reference's settings, its embeddings as wide in all, shallow part included (docs/adr/0011)."""
    model, train = order.reference
    model = equally_wide(architecture, model)
    return order.change(text_of(architecture, order), (model, train))


def text_of(architecture: str, order: Order) -> str:
    """The flags that say what is different for an architecture."""
    texts = [order.baseline] if architecture == BASELINE else []
    return " ".join(filter(None, [*texts, order.overrides.get(architecture, "")]))


def equally_wide(architecture: str, model: ModelConfig) -> ModelConfig:
    """`model` with another architecture and embeddings as wide in all as its own, shallow part included."""
    if architecture == model.architecture:
        return model
    wider = 0 if model.count_shallow else model.shallow_width
    return dataclasses.replace(
        model,
        architecture=architecture,
        count_shallow=False,
        root_embedding=model.root_embedding + wider,
        child_embedding=model.child_embedding + wider,
    )
