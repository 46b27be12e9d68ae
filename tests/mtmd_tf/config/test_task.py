"""Tests of mtmd_tf/config/task.py; how a configuration answers with these errors stands in test_model.py."""

from mtmd_tf.config.task import tasks_named
from tests.mtmd_tf.small import small_schema


def test_no_name_takes_every_task_and_names_come_in_the_schemas_order():
    schema = small_schema()
    assert tasks_named((), schema) == schema.tasks
    assert [task.name for task in tasks_named(("octr", "ctr"), schema)] == ["ctr", "octr"]
