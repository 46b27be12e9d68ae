"""A utility as an expression over tasks and the bid, such as `bid * ctr + 0.3 * gctr` (paper section 2.3)."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError

BID = "bid"

_OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, tuple[Callable, int]] = {
    "exp": (np.exp, 1),
    "log": (np.log, 1),
    "sqrt": (np.sqrt, 1),
    "min": (np.minimum, 2),
    "max": (np.maximum, 2),
}
_GRAMMAR = f"it may hold numbers, names, + - * / **, brackets and the functions {list(_FUNCTIONS)}"


class Utility:
    """A parsed expression; nothing of it is run as Python.

    Args:
        text: The expression, such as `bid * (ctr + 0.3 * gctr)`; `bid` is in US dollars.
        tasks: Names of the tasks that it may use, beside `bid`.

    Raises:
        ConfigError: A name that is no task (it lists the tasks), anything but arithmetic, or no name at all.
    """

    def __init__(self, text: str, *, tasks: tuple[str, ...]) -> None:
        self.text = text
        self._choices = (*tasks, BID)
        try:
            self._root = ast.parse(text.strip(), mode="eval").body
            used = self._check(self._root)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            if isinstance(error, ConfigError):
                raise
            said = error.msg if isinstance(error, SyntaxError) else error  # without Python's own name for the text
            raise ConfigError(f"utility {text!r}: {said}; {_GRAMMAR}.") from error
        self.tasks: tuple[str, ...] = tuple(task for task in tasks if task in used)  # in the order of `tasks`
        self.uses_bid = BID in used
        if not self.tasks:
            raise ConfigError(f"utility {text!r}: it must name a task, one of {list(tasks)}.")
        self.leading_task = next(name for name in used if name != BID)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The expression's value; arrays of float32 stay float32.

        Args:
            values: An array or a number for each name.
        """
        return self._evaluate(self._root, values)

    def _check(self, node: ast.expr) -> dict[str, None]:
        """The names in it, in the order of their appearance."""
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return {}
            case ast.Name(id=name):
                if name not in self._choices:
                    raise ConfigError(f"utility {self.text!r}: no name {name!r}; it has {list(self._choices)}.")
                return {name: None}
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._check(left) | self._check(right)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return self._check(operand)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                if len(arguments) != _FUNCTIONS[name][1]:
                    raise ConfigError(
                        f"utility {self.text!r}: {name} takes {_FUNCTIONS[name][1]} values, got {len(arguments)}."
                    )
                return {name: None for argument in arguments for name in self._check(argument)}
        raise ConfigError(f"utility {self.text!r}: {ast.unparse(node)!r} is not understood; {_GRAMMAR}.")

    def _evaluate(self, node: ast.expr, values: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=number):
                return np.float32(number)
            case ast.Name(id=name):
                return values[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](self._evaluate(left, values), self._evaluate(right, values))
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATORS[type(op)](self._evaluate(operand, values))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return _FUNCTIONS[name][0](*(self._evaluate(argument, values) for argument in arguments))
        raise TypeError(f"{node} was not checked")
