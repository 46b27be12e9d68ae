"""The stages of a page at other sizes, in a folder of their own: whether all of them work (paper section 3.3)."""

import dataclasses
import pathlib
import shlex
from collections.abc import Mapping, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.funnel.stages import FLAGFILE, Stage


def smaller(stages: Sequence[Stage], flags: Mapping[str, str], *, within: pathlib.Path) -> tuple[Stage, ...]:
    """The stages with more flags, which win over their own; their files are in a folder that no other stage reads.

    Args:
        stages: The stages of a page.
        flags: `{program: flags}`; a program is what a stage runs, such as `train.py` or `mtmd_tf.jobs.label`.
        within: The folder. Paths of scripts and flag files stay those of this one.

    Raises:
        ConfigError: A program that no stage runs.
    """
    programs = list(dict.fromkeys(map(_program, stages)))
    if unknown := [name for name in flags if name not in programs]:
        raise ConfigError(f"--smaller: no stage runs {unknown[0]!r}; the programs are {', '.join(programs)}.")
    return tuple(
        dataclasses.replace(
            stage,
            command=(*map(_absolute, stage.command), *shlex.split(flags.get(_program(stage), ""))),
            within=within,
        )
        for stage in stages
    )


def programs_named(texts: Sequence[str]) -> dict[str, str]:
    """`{program: flags}` of texts such as `'train.py: --max_steps=4'`.

    Raises:
        ConfigError: Another form, or a program that comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        program, colon, flags = (word.strip() for word in text.partition(": "))
        if not (program and colon and flags) or program in found:
            raise ConfigError(f"--smaller={text!r}: it is 'PROGRAM: FLAGS', once a program.")
        found[program] = flags
    return found


def _program(stage: Stage) -> str:
    first, *rest = stage.command
    return rest[0] if first == "-m" and rest else first


def _absolute(argument: str) -> str:
    flag, path = (FLAGFILE, argument.removeprefix(FLAGFILE)) if argument.startswith(FLAGFILE) else ("", argument)
    return f"{flag}{pathlib.Path(path).resolve()}" if flag or path.endswith(".py") else argument
