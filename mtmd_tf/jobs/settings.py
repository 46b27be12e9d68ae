"""Turns the fields of a configuration into flags, so that a setting is one line of a flag file."""

import dataclasses
import math
import shlex
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from absl import app, flags

from mtmd_tf.config import ConfigError, arguments
from tfrecords_tools.job import EngineError
from tfrecords_tools.log_lines import log_plainly
from tfrecords_tools.printable import printable
from tfrecords_tools.quiet import quiet_tensorflow
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import SchemaError
from tfrecords_tools.user_errors import exit_code

T = TypeVar("T")

_MOST, _WHOLE = 2**63 - 1, "a whole number of 64 bits"
USER_ERRORS = (ConfigError, DataError, EngineError, SchemaError)  # errors that a user can mend: one line, no traceback
AUTO = "auto"  # of a setting that is to follow from the data

_RENAMED = {"look_every": "eval_every", "look_requests": "eval_requests", "pieces": "bins", "labelled": "labeled"}

_DEFINERS = {bool: flags.DEFINE_bool, int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}


class _OrAuto(flags.ArgumentParser):
    """Takes what another parser takes, and the word `auto`."""

    def __init__(self, parser: flags.ArgumentParser) -> None:
        super().__init__()
        self._parser = parser
        self.syntactic_help = f"{parser.syntactic_help}, or {AUTO}"

    def parse(self, argument: Any) -> Any:
        if argument == AUTO:
            return AUTO
        try:
            return self._parser.parse(argument)
        except ValueError as error:
            raise ValueError(f"{self.syntactic_help} is wanted, got {argument!r}") from error

    def flag_type(self) -> str:
        return f"{self._parser.flag_type()} or {AUTO}"


class _AutoSerializer(flags.ArgumentSerializer):
    """The text of such a value: a list's with commas."""

    def serialize(self, value: Any) -> str:
        return ",".join(value) if isinstance(value, list) else str(value)


class _Named(flags.EnumParser):
    """Takes one of the choices; of a value that is absent it says what serves instead."""

    def __init__(self, choices: Collection[str], *, absent: Mapping[str, str]) -> None:
        super().__init__(choices)
        self._absent = absent

    def parse(self, argument: str) -> str:
        if argument in self._absent:
            raise ValueError(self._absent[argument])
        return super().parse(argument)


_PARSERS = {int: flags.IntegerParser, float: flags.FloatParser, tuple: flags.ListParser}


def define(
    config_class: type, *, into: flags.FlagValues, auto: Collection[str] = (), probed: Collection[str] = ()
) -> None:
    """Defines one flag per field, with the field's default and line of help.

    Args:
        config_class: Class of the configuration.
        into: Flags to add to.
        auto: Fields that are `auto` by default.
        probed: Fields with choices that take `auto` as another one.
    """
    for field in dataclasses.fields(config_class):
        name, text, default = field.name, field.metadata["help"], field.default
        if name in auto:
            text, choices = f"{text}; {AUTO} follows from the data (docs/adr/0026)", field.metadata["choices"]
            parser = flags.EnumParser([*choices, AUTO]) if choices else _OrAuto(_PARSERS[type(default)]())
            flags.DEFINE(parser, name, AUTO, text, into, _AutoSerializer())
        elif choices := field.metadata["choices"]:
            flags.DEFINE_enum(name, default, [*choices, *([AUTO] if name in probed else [])], text, into)
            into[name].parser = _Named(into[name].parser.enum_values, absent=field.metadata["absent"])
        elif isinstance(default, tuple):
            flags.DEFINE_list(name, [str(item) for item in default], text, into)
        else:
            _DEFINERS[type(default)](name, default, text, flag_values=into)


def read(config_class: type[T], *, source: flags.FlagValues) -> T:
    """The configuration that the flags say.

    Raises:
        ConfigError: A value that breaks its field's rule.
    """
    return config_class(**given(config_class, source=source))


def given(config_class: type, *, source: flags.FlagValues) -> dict[str, Any]:
    """`{field: value}` that the flags say, without those that are `auto`.

    Raises:
        ConfigError: A list of whole numbers that holds something else.
    """
    values = {}
    for field in dataclasses.fields(config_class):
        value = source[field.name].value
        if value == AUTO:
            continue
        if isinstance(field.default, tuple):
            value = tuple(number(item, name=field.name) if _holds_numbers(field.default) else item for item in value)
        values[field.name] = value
    return values


def changed(text: str, *configs: Any) -> tuple[Any, ...]:
    """The configurations with what flags in one text change, such as `--epochs=12 --deep_units=64,32`.

    Raises:
        ConfigError: A flag that none of them has, or a value that breaks its field's rule.
    """
    own = overlaid(text, *configs)
    return tuple(read(type(config), source=own) for config in configs)


def overlaid(text: str, *configs: Any) -> flags.FlagValues:
    """The flags of the configurations with what one text changes; rules that join several fields are not asked yet.

    Raises:
        ConfigError: A flag that none of them has, or a value of another type.
    """
    own = flags.FlagValues()
    for config in configs:
        define(type(config), into=own)
    try:
        rest = own(["", *arguments(*configs), *shlex.split(text)])
    except flags.Error as error:
        raise ConfigError(f"{_said_anew(error, own)} in {text!r}") from error
    if len(rest) > 1:
        raise ConfigError(f"unknown argument {rest[1]!r} in {text!r}; every setting is a flag, such as --epochs=12.")
    return own


def run(main: Callable[[list[str]], int | None], own: flags.FlagValues) -> None:
    """Parses a recipe's flags and runs it; a user error ends in one line and exit code 1, Ctrl-C in 130.

    Args:
        main: Takes the arguments that are no flags; returns the exit code, None for 0.
        own: The recipe's flags. Flags of absl, such as --help and --flagfile, are taken beside them.
    """
    flags.FLAGS.append_flag_values(own)
    for name in own:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], own[name])

    def parse(argv: list[str]) -> list[str]:
        rest = _parse(argv)
        own.mark_as_parsed()
        return rest

    def guarded(argv: list[str]) -> int:
        if len(argv) > 1:
            print(f"error: unknown argument {argv[1]!r}; every setting is a flag, see --help", file=sys.stderr)
            return 1
        log_plainly(verbose=False)
        quiet_tensorflow()
        return exit_code(lambda: main(argv), user_errors=USER_ERRORS)

    app.run(guarded, flags_parser=parse)


def _parse(argv: list[str], own: flags.FlagValues = flags.FLAGS) -> list[str]:
    try:
        rest = own(argv)
        for name in own:
            _require_in_range(name, own[name].value)
        return rest
    except SystemExit:  # the flag --help, which absl ends in 1
        sys.exit(0)
    except flags.UnrecognizedFlagError as error:
        names = sorted(flag.name for flag in own.get_key_flags_for_module(sys.argv[0]))
        rest = "" if _RENAMED.get(error.flagname) in own else f" The settings here are {', '.join(names)}; see --help."
        print(f"error: {printable(_said_anew(error, own))}.{rest}", file=sys.stderr)
    except flags.Error as error:
        print(f"error: {printable(str(error))}; see --help.", file=sys.stderr)
    sys.exit(1)


def _said_anew(error: flags.Error, own: flags.FlagValues) -> str:
    """What absl says, or the new name of a renamed flag, if these flags have it."""
    name = getattr(error, "flagname", "")
    return f"--{name} is now --{_RENAMED[name]}" if _RENAMED.get(name) in own else str(error)


def _require_in_range(name: str, value: Any) -> None:
    """Bounds alone let `nan` pass, which is neither below nor above, and whole numbers that no array can hold."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int) and abs(one) > _MOST:
            raise flags.IllegalFlagValueError(f"flag --{name}={str(one)[:20]}...: {_WHOLE} is the rule")
        if isinstance(one, float) and not math.isfinite(one):
            raise flags.IllegalFlagValueError(f"flag --{name}={one}: a finite number is the rule")


def _holds_numbers(default: tuple) -> bool:
    return bool(default) and isinstance(default[0], int)


def number(text: str, *, name: str) -> int:
    """One item of a flag that lists whole numbers.

    Raises:
        ConfigError: It is none.
    """
    try:
        value = int(text)
    except ValueError as error:
        raise ConfigError(f"--{name} takes whole numbers separated by commas, got {text!r:.80}.") from error
    if abs(value) > _MOST:
        raise ConfigError(f"--{name} takes whole numbers of 64 bits, got {text[:20]}...")
    return value
