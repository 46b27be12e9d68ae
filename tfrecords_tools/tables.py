"""How large a schema's embedding tables are, and which tokens they can hold."""

from collections import Counter
from collections.abc import Sequence

from tfrecords_tools.schema_rules import require

MOST_ROWS = 2**31 - 1
RESERVED_TOKENS: dict[str, tuple[bytes | int, ...]] = {  # what a server takes for missing, and for present but empty
    "bytes": (b"", b"<empty>"),
    "int64": (-(2**63), -(2**62)),
}

_NUMBERS = 2  # of 4 bytes for each number of a row: the weight, and the optimizer's sum of its squared gradients
_DIM = 16  # an embedding as wide as train.py makes it by default
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def table_bytes(rows: int, *, dim: int = _DIM) -> int:
    """The memory that a table takes in training: its weights, and as much for the optimizer."""
    return rows * dim * 4 * _NUMBERS


def in_units(size: int) -> str:
    """A size for people: `116.4 TiB`."""
    unit = next((place for place in range(len(_UNITS)) if size < 1024 ** (place + 1)), len(_UNITS) - 1)
    return f"{size / 1024**unit:,.1f} {_UNITS[unit]}"


def require_rows(rows: int, where: str) -> None:
    """Raises `SchemaError`, which says what memory the table would take, where it has too many rows."""
    took = in_units(table_bytes(rows))
    require(
        rows <= MOST_ROWS,
        f"{where}: {rows:,} rows of an embedding table would take {took} in training ({_DIM} numbers a row); "
        f"at most {MOST_ROWS:,} is the rule, and far fewer are wise",
    )


def require_tokens(tokens: Sequence[str | int], *, dtype: str, where: str) -> None:
    """Raises `SchemaError` unless tokens are each of their type, there once, and what a record may hold."""
    kind = int if dtype == "int64" else str
    require(all(type(token) is kind for token in tokens), f"{where}: the vocabulary must hold {kind.__name__}")
    require(len(tokens) > 0, f"{where}: the vocabulary is empty")
    again = [token for token, times in Counter(tokens).items() if times > 1]
    require(not again, f"{where}: the vocabulary has {again[:1]} more than once")
    for place, token in enumerate(tokens):
        this = f"{where}: token {place + 1} of the vocabulary, {token!r}"
        if isinstance(token, int):
            require(-(2**63) <= token < 2**63, f"{this}: an int64 is the rule, -2^63 to 2^63 - 1")
        else:
            require(_is_utf8(token), f"{this}: text that UTF-8 can hold is the rule")
        value = token.encode() if isinstance(token, str) else token
        kept = RESERVED_TOKENS[dtype]
        require(value not in kept, f"{this}: {kept[0]!r} and {kept[1]!r} are kept for what is missing or empty")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
