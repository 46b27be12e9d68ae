"""The values in a signature's tensors that mean: a feature is missing, or a list is present and empty.

| dtype | missing, and the padding of a ragged feature | a ragged feature that is present and empty |
|---|---|---|
| bytes | the empty string | `<empty>` |
| float | NaN (a dense vector: NaN throughout) | |
| int64 | -2**63 (-1 may be somebody's identifier) | -2**62 |

An input of one row counts for every row, so one missing value is the default of an input that a request leaves out.
"""

from tfrecords_tools.tables import RESERVED_TOKENS

MISSING: dict[str, bytes | int | float] = {"float": float("nan")}
MISSING |= {dtype: missing for dtype, (missing, _) in RESERVED_TOKENS.items()}
EMPTY: dict[str, bytes | int] = {dtype: empty for dtype, (_, empty) in RESERVED_TOKENS.items()}
