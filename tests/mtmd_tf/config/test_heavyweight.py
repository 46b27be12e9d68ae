"""The heavyweight ranker's settings."""

import pytest

from mtmd_tf.config import (
    ConfigError,
    HeavyweightConfig,
)


@pytest.mark.parametrize("name", ["input_dropout", "dropout"])
def test_dropping_everything_is_refused(name):
    with pytest.raises(ConfigError, match=rf"HeavyweightConfig\.{name} is 1\.0; it must be below 1\."):
        HeavyweightConfig(**{name: 1.0})
