"""JSON files that say what they held when they were written, so that no edit and no damaged byte passes unseen."""

import hashlib
import json
import pathlib
from typing import Any

from tfrecords_tools.user_errors import one_line

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


def require_intact(plain: dict[str, Any], path: pathlib.Path, *, raises: type[Exception], rule: str) -> None:
    """Raises an error unless the object that was read from a file is as it was written; one without a digest is not.

    Args:
        plain: Content of the file.
        path: Path of the file, for the error.
        raises: The error to raise.
        rule: For people, what to do about a file that is not as it was.
    """
    if not is_intact(plain):
        came, wanted = digest_of(_undigested(plain)), plain.get(DIGEST)
        raise raises(f"{path} was changed after it was written: its digest is {came}, not {wanted}; {rule}")


def read_object(path: pathlib.Path, *, raises: type[Exception], rule: str) -> dict[str, Any]:
    """The object in a JSON file, whether it is as it was written or not.

    Raises:
        raises: It is no JSON object.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise raises(f"{path} is not JSON ({one_line(error)}); {rule}") from error
    if not isinstance(plain, dict):
        raise raises(f"{path} holds no JSON object; {rule}")
    return plain


def read_with_digest(path: pathlib.Path, *, raises: type[Exception], rule: str) -> dict[str, Any]:
    """The content of a file, without its digest; a file from before digests existed is not checked.

    Args:
        path: Path of an existing file.
        raises: The error to raise.
        rule: For people, what to do about a file that is not as it was.

    Raises:
        raises: It is no JSON object, or another than was written.
    """
    plain = read_object(path, raises=raises, rule=rule)
    if DIGEST in plain:
        require_intact(plain, path, raises=raises, rule=rule)
    return _undigested(plain)


def _undigested(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if name != DIGEST}
