import pytest
from absl import flags

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.jobs import settings
from mtmd_tf.jobs.reference import changed, reference
from mtmd_tf.sizing.rule import AUTO


def of(*arguments: str):
    source = flags.FlagValues()
    for each in (ModelConfig, TrainConfig):
        settings.define(each, auto=AUTO, into=source)
    source(["", *arguments])
    return reference(source)


def test_what_nobody_said_follows_from_a_change():
    configs, said = of("--epochs=3")
    model, train = changed("--deep_units=32,16,8,8", configs, said=said)
    assert (model.deep_units, model.cross_projection, model.router_units) == ((32, 16, 8, 8), 4, (8, 4))
    assert train.epochs == 3
    assert changed("", configs, said=said) == configs


def test_what_was_said_stays_and_must_fit():
    configs, said = of("--cross_projection=32", "--shallow_units=20,10")
    with pytest.raises(ConfigError, match=r"cross_projection is 32; the crossing of 8 units"):
        changed("--deep_units=32,16,8,8", configs, said=said)
    model, _ = changed("--deep_units=32,16,8,8 --cross_projection=4", configs, said=said)
    assert model.shallow_units == (20, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--layers=3", r"--layers.* in '--layers=3'|'layers' in '--layers=3'"),
        ("wide", "unknown argument 'wide' in 'wide'"),
    ],
)
def test_a_wrong_change_is_refused(text: str, message: str):
    configs, said = of()
    with pytest.raises(ConfigError, match=message):
        changed(text, configs, said=said)
