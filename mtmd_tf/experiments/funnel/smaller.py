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
        flags: `{name: flags}`, the name that of a stage or of what stages run, such as `train.py`; a stage's own goes
            before that of its program.
        within: The folder. Paths of scripts and flag files stay those of this one.

    Raises:
        ConfigError: A name of neither.
    """
    programs = list(dict.fromkeys(map(_program, stages)))
    if unknown := [name for name in flags if name not in (*programs, *(stage.title for stage in stages))]:
        raise ConfigError(
            f"--smaller: no stage is or runs {unknown[0]!r}; --dry_run lists stages, which run {', '.join(programs)}."
        )
    return tuple(
        dataclasses.replace(
            stage,
            command=(
                *map(_absolute, stage.command),
                *shlex.split(flags.get(stage.title, flags.get(_program(stage), ""))),
            ),
            within=within,
        )
        for stage in stages
    )


def changes_named(texts: Sequence[str]) -> dict[str, str]:
    """`{name: flags}` of texts such as `'train.py: --max_steps=4'`.

    Raises:
        ConfigError: Another form, or a name that comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, colon, flags = (word.strip() for word in text.partition(": "))
        if not (name and colon and flags) or name in found:
            raise ConfigError(f"--smaller={text!r}: it is 'NAME: FLAGS', once a name.")
        found[name] = flags
    return found


def _program(stage: Stage) -> str:
    first, *rest = stage.command
    return rest[0] if first == "-m" and rest else first


def _absolute(argument: str) -> str:
    flag, path = (FLAGFILE, argument.removeprefix(FLAGFILE)) if argument.startswith(FLAGFILE) else ("", argument)
    return f"{flag}{pathlib.Path(path).resolve()}" if flag or path.endswith(".py") else argument
