"""The tasks that a model learns: a task's place in the funnel, its size and its weight (paper section 2.3)."""

import dataclasses
from collections.abc import Sequence

from mtmd_tf.config.fields import ConfigError
from tfrecords_tools.schema import Schema
from tfrecords_tools.task import Task


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """One prediction task and its place in the funnel (section 2.3)."""

    name: str
    embedding_dim: int
    parent: str | None = None
    loss_weight: float = 1.0


def tasks_named(names: Sequence[str], schema: Schema) -> tuple[Task, ...]:
    """The schema's tasks of these names, parents first; no name at all takes every task.

    Raises:
        ConfigError: A task that the schema lacks, or one whose parent is left out.
    """
    chosen = names or schema.task_names
    for name in chosen:
        if name not in schema.task_names:
            raise ConfigError(f"no task {name!r} in schema {schema.name!r}; it has {list(schema.task_names)}.")
        parent = schema.task(name).parent
        if parent is not None and parent not in chosen:
            raise ConfigError(f"task {name!r} needs its parent {parent!r}; the tasks are {list(chosen)}.")
    return tuple(task for task in schema.tasks if task.name in chosen)
