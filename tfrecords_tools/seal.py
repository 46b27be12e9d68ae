"""JSON objects that carry a digest of themselves: an edit, or a bit flipped in one, is seen when it is read.

The digest is of the values, not of the spelling: other white space or another order of keys changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

KEY = "digest"


def sealed(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the digest of all its other keys under `digest`."""
    return {**plain, KEY: _digest(plain)}


def is_intact(plain: Mapping[str, Any]) -> bool:
    """Whether an object holds what it held when it was sealed; one without a digest does not."""
    return plain.get(KEY) == _digest(plain)


def _digest(plain: Mapping[str, Any]) -> str:
    own = {key: value for key, value in plain.items() if key != KEY}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:32]
