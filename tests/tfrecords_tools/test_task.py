"""Tests of tfrecords_tools/task.py."""

from tfrecords_tools.task import Task


def test_where_a_task_exists() -> None:
    task = Task(name="octr", surfaces=("home",), products=("standard",))
    assert task.exists_in(surface="home", product="standard")
    assert not task.exists_in(surface="search", product="standard")
    assert not task.exists_in(surface="home", product="shopping")
    assert Task(name="ctr").exists_in(surface="search", product="shopping")
