"""Events of a child task that come without its parent's (paper section 2.3: a long click is a click)."""

import dataclasses

import numpy as np

from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema


def without_parent(schema: Schema, requests: Requests) -> dict[str, np.ndarray]:
    """`{task: [pairs] bool}`: where a child's event is 1 and its parent's is 0 or was not observed."""
    event = requests.event
    return {
        task.name: (event[task.name] == 1) & (event[task.parent] != 1)
        for task in schema.tasks
        if task.parent is not None and task.name in event and task.parent in event
    }


def repair_events(schema: Schema, requests: Requests) -> tuple[Requests, dict[str, np.ndarray]]:
    """Requests in which a child's event implies its parent's, all the way up.

    Returns:
        The requests, and `{task: [pairs] bool}`: where a parent's event was set to 1.
    """
    event = {task: column.copy() for task, column in requests.event.items()}
    for task in reversed(schema.tasks):  # children before their parents
        if task.parent is not None and task.name in event and task.parent in event:
            event[task.parent][event[task.name] == 1] = 1
    changed = {task: column != requests.event[task] for task, column in event.items()}
    return dataclasses.replace(requests, event=event), {task: here for task, here in changed.items() if here.any()}
