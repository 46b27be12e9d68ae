"""JSON files that say what they held when they were written, so that no edit and no damaged byte passes unseen."""

import hashlib
import json
import pathlib
from typing import Any

from tfrecords_tools.refusals import one_line

DIGEST = "digest"


def digest_of(plain: dict[str, Any]) -> str:
    """Of JSON's own types, whatever the order of keys: 16 hexadecimal digits."""
    same = json.loads(json.dumps(plain))  # as it is read: names are text, tuples are lists
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]


def with_digest(plain: dict[str, Any]) -> dict[str, Any]:
    """The same with its digest, in place of one that it had."""
    own = _undigested(plain)
    return {**own, DIGEST: digest_of(own)}


def is_intact(plain: dict[str, Any]) -> bool:
    """Whether an object that was read is as it was written; one without a digest is not."""
    return plain.get(DIGEST) == digest_of(_undigested(plain))


def _undigested(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if name != DIGEST}


def read_with_digest(path: pathlib.Path, *, refusal: type[Exception], rule: str) -> dict[str, Any]:
    """The content of a file, without its digest; a file from before digests existed is not checked.

    Args:
        path: Path of an existing file.
        refusal: The error to raise.
        rule: For people, what to do about a file that is not as it was.

    Raises:
        refusal: It is no JSON object, or another than was written.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise refusal(f"{path} is not JSON ({one_line(error)}); {rule}") from error
    if not isinstance(plain, dict):
        raise refusal(f"{path} holds no JSON object; {rule}")
    wanted = plain.pop(DIGEST, None)
    if wanted is not None and wanted != (came := digest_of(plain)):
        raise refusal(f"{path} was changed after it was written: its digest is {came}, not {wanted}; {rule}")
    return plain
