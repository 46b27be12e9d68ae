"""Any value of any setting is taken as it was said or refused in one line."""

import contextlib
import dataclasses
import io
import math
from typing import Any

import pytest
from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, ModelConfig, RankConfig, TrainConfig
from mtmd_tf.jobs import settings
from tests.malformed import UserError, tried

CONFIGS = (ModelConfig, TrainConfig, HeavyweightConfig, HeavyweightTrainConfig, RankConfig)
FIELDS = [(config, field) for config in CONFIGS for field in dataclasses.fields(config)]
ODD = ("", "-1", "1e400", "nan", "0x10", "1,5", "None", "[1]", "zwölf", "1" * 400, "a\nb", "-0", "\ud800")


def _read(config: type, field: dataclasses.Field, text: str) -> Any:
    """The value that a command takes; what it prints instead as the error."""
    own, said = flags.FlagValues(), io.StringIO()
    settings.define(config, into=own)
    try:
        with contextlib.redirect_stderr(said):
            settings._parse(["", f"--{field.name}={text}"], own)
    except SystemExit as end:
        raise ConfigError(said.getvalue().removesuffix("\n")) from end
    return getattr(settings.read(config, source=own), field.name)


def _plain(text: str, like: Any) -> Any:
    """What a person means by it."""
    if isinstance(like, bool):
        return {"-0": False}.get(text)
    if isinstance(like, int):
        return int(text, 16 if text.startswith("0x") else 10)
    return float(text) if isinstance(like, float) else text


@pytest.mark.parametrize(("config", "field"), FIELDS, ids=lambda one: getattr(one, "__name__", None) or one.name)
def test_an_odd_value_is_taken_as_it_was_said_or_refused_in_one_line(config: type, field: dataclasses.Field) -> None:
    for text in ODD:
        said = (config.__name__, field.name, text)
        value = tried("flag", said, lambda text=text: _read(config, field, text), user_errors=ConfigError)
        if isinstance(value, UserError):
            continue
        assert type(value) is type(field.default)
        if isinstance(value, tuple):
            assert ",".join(map(str, value)) == text.replace("-0", "0" if 0 in value else "-0")
        else:
            assert value == _plain(text, value)
        assert not isinstance(value, float) or math.isfinite(value)
