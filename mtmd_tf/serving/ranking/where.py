"""A condition on the items of a ranking, such as `item/city == query/city and item/in_stock == 1` (section 2.2).

It may hold columns of the items (`item/<feature>`, `item/id`, `item/product`), features of the request
(`query/<feature>`), text in quotes, numbers, == != < <= > >=, `in`, `not in`, and, or, not, and brackets.
`item/city == None` asks whether it is missing; any other comparison with what is missing is neither true nor false, and
does not keep an item.
"""

import ast
import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mtmd_tf.config import ConfigError
from mtmd_tf.serving.ranking.operands import (
    KINDS,
    Operand,
    column_operand,
    compare,
    contains,
    is_missing,
    literal_operand,
    negated,
)
from mtmd_tf.serving.rows import Row
from tfrecords_tools.schema import Schema

Columns = Callable[[str], pa.Array | pa.ChunkedArray]

_SHOWN = 200  # of a condition, in an error
_ORDER = {ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal"}
_EQUAL = {ast.Eq: "equal", ast.NotEq: "not_equal"}
_GRAMMAR = (
    "it may hold item/<feature>, query/<feature>, item/id, item/product, text in quotes, numbers, "
    "== != < <= > >=, in, not in, and, or, not, and brackets"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Test:
    """One comparison, checked: its operands are of types that can be compared."""

    how: str
    left: Operand
    right: Operand


class Where:
    """A parsed condition; nothing of it is run as Python.

    Args:
        text: Text of the condition.
        schema: Schema of the export.

    Attributes:
        text: As given.
        items: The columns of the items that it reads.
        queries: The features of the request that it reads.

    Raises:
        ConfigError: A name that the schema lacks, types that cannot be compared, or anything but the grammar.
    """

    def __init__(self, text: str, *, schema: Schema) -> None:
        self.text, self._schema = text, schema
        self._tests: dict[int, list[_Test]] = {}
        used: list[Operand] = []
        try:
            self._root = ast.parse(text.strip(), mode="eval").body
            self._check(self._root, used)
        except ConfigError:
            raise
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ConfigError(f"where {text[:_SHOWN]!r} is not understood; {_GRAMMAR}.") from error
        self.items = tuple(dict.fromkeys(operand.name for operand in used if operand.side == "item"))
        self.queries = tuple(dict.fromkeys(operand.name for operand in used if operand.side == "query"))

    def missing(self, features: Row) -> list[str]:
        """The features that it reads and a request does not have."""
        return [name for name in self.queries if features.get(name) is None]

    def __call__(self, columns: Columns, features: Row) -> Any:
        """`[items]` boolean, or one scalar where no column of the items is read; null where neither true nor false.

        Args:
            columns: Gives a column of the items by name.
            features: Features of the request, by name.
        """
        return self._evaluate(self._root, columns, features)

    def _check(self, node: ast.expr, used: list[Operand]) -> None:
        match node:
            case ast.BoolOp(values=values):
                for value in values:
                    self._check(value, used)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._check(operand, used)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                operands = [self._operand(one) for one in (left, *comparators)]
                used += operands
                pairs = itertools.pairwise(operands)
                self._tests[id(node)] = [self._test(op, *pair) for op, pair in zip(ops, pairs, strict=True)]
            case _:
                raise self._error(f"{ast.unparse(node)!r} is not understood; {_GRAMMAR}")

    def _operand(self, node: ast.expr) -> Operand:
        match node:
            case ast.BinOp(left=ast.Name(id=side), op=ast.Div(), right=ast.Name(id=name)) if side in ("item", "query"):
                found = column_operand(self._schema, side, name)
                if isinstance(found, str):
                    raise self._error(found)
                return found
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                values = [self._value(element) for element in elements]
                found = literal_operand(values)
            case _:
                found = literal_operand(self._value(node))
        if isinstance(found, str):
            raise self._error(found)
        return found

    def _value(self, node: ast.expr) -> Any:
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, RecursionError) as error:
            raise self._error(f"{ast.unparse(node)!r} is not understood; {_GRAMMAR}") from error
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int | float)):
            raise self._error(f"{ast.unparse(node)} is neither text nor a number; true is written as 1, false as 0")
        return value

    def _test(self, op: ast.cmpop, left: Operand, right: Operand) -> _Test:
        if type(op) in (ast.In, ast.NotIn):
            if left.is_list or not right.is_list:
                raise self._error(f"{left} in {right}: one value in a list of values")
            how = "in" if isinstance(op, ast.In) else "not in"
        elif type(op) in _EQUAL and "none" in (left.kind, right.kind):
            if left.side == right.side == "literal":
                raise self._error(f"{left} and {right} are both no column")
            return _Test(how=_EQUAL[type(op)], left=left, right=right)
        elif left.is_list or right.is_list:
            raise self._error(f"{left if left.is_list else right} is a list; ask whether a value is in it")
        elif type(op) in _EQUAL:
            how = _EQUAL[type(op)]
        elif type(op) in _ORDER:
            how = _ORDER[type(op)]
            if "text" in (left.kind, right.kind):
                raise self._error(f"{left} and {right}: only numbers have an order")
        else:
            raise self._error(f"{_GRAMMAR}")
        kinds = {left.kind, right.kind} - {"any"}
        if (
            kinds not in ({"text"}, {"whole"}, {"float"})
            and kinds != {"float", "number"}
            and kinds != {"whole", "number"}
        ):
            named = " and ".join(f"{own} is {KINDS[own.kind]}" for own in (left, right))
            raise self._error(f"{named}: they cannot be compared")
        return _Test(how=how, left=left, right=right)

    def _evaluate(self, node: ast.expr, columns: Columns, features: Row) -> Any:
        match node:
            case ast.BoolOp(op=op, values=values):
                join = pc.and_kleene if isinstance(op, ast.And) else pc.or_kleene
                found = self._evaluate(values[0], columns, features)
                for value in values[1:]:
                    found = join(found, self._evaluate(value, columns, features))
                return found
            case ast.UnaryOp(operand=operand):
                return pc.invert(self._evaluate(operand, columns, features))
            case _:
                tests = [_run(test, columns, features) for test in self._tests[id(node)]]
                found = tests[0]
                for own in tests[1:]:
                    found = pc.and_kleene(found, own)
                return found

    def _error(self, why: str) -> ConfigError:
        return ConfigError(f"where {self.text[:_SHOWN]!r}: {why}.")


def _run(test: _Test, columns: Columns, features: Row) -> Any:
    if "none" in (test.left.kind, test.right.kind):
        own = test.left if test.right.kind == "none" else test.right
        found = is_missing(own.array(columns, features, like=None))
        return found if test.how == "equal" else negated(found)
    like = test.left if test.left.side != "literal" else test.right
    left = test.left.array(columns, features, like=like)
    right = test.right.array(columns, features, like=like)
    if test.how in ("in", "not in"):
        found = contains(left, right)
        return found if test.how == "in" else negated(found)
    return compare(test.how, left, right)
