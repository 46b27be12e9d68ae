"""Any value of any setting is taken as it was said or refused in one line."""

import dataclasses
import math
from typing import Any

import pytest
from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, ModelConfig, RankConfig, TrainConfig
from mtmd_tf.jobs import settings
from tests.malformed import Refusal, tried

CONFIGS = (ModelConfig, TrainConfig, HeavyweightConfig, HeavyweightTrainConfig, RankConfig)
FIELDS = [(config, field) for config in CONFIGS for field in dataclasses.fields(config)]
ODD = ("", "-1", "1e400", "nan", "0x10", "1,5", "None", "[1]", "zwölf", "1" * 400, "a\nb", "-0", "\ud800")


def _read(config: type, field: dataclasses.Field, text: str) -> Any:
    own = flags.FlagValues()
    settings.define(config, into=own)
    own(["", f"--{field.name}={text}"])
    settings._require_finite(field.name, own[field.name].value)
    return getattr(settings.read(config, source=own), field.name)


@pytest.mark.parametrize(("config", "field"), FIELDS, ids=lambda one: getattr(one, "__name__", None) or one.name)
def test_an_odd_value_is_taken_as_it_was_said_or_refused_in_one_line(config: type, field: dataclasses.Field) -> None:
    for text in ODD:
        value = tried(
            "flag",
            (config.__name__, field.name, text),
            lambda text=text: _read(config, field, text),
            refusals=(flags.Error, ConfigError),
        )
        if isinstance(value, Refusal):
            continue
        assert type(value) is type(field.default)
        if isinstance(value, bool):
            assert text in ("0", "1", "true", "false"), text
        elif isinstance(value, int | float):
            assert math.isfinite(value)
            assert value == float(int(text, 0) if text.startswith("0x") else text)
        elif isinstance(value, tuple):
            assert all(type(one) in (int, str) for one in value)
            assert ",".join(map(str, value)) == text.strip("[]") or text in ("a\nb", "-0", "0x10")
        else:
            assert value == text
