"""Tests of tfrecords_tools/parents.py."""

import os
import signal
import subprocess
import sys
import textwrap
import time

CHILD = "from tfrecords_tools.parents import end_with_parent; end_with_parent(); print('here', flush=True); {}"
PARENT = textwrap.dedent("""
    import subprocess, sys, time
    from tfrecords_tools.parents import environment
    child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment(), stdout=subprocess.PIPE)
    child.stdout.readline()
    print(child.pid, flush=True)
    time.sleep(60)
""")


def running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_ends_when_its_parent_is_killed():
    child = CHILD.format("import time; time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", PARENT, child], stdout=subprocess.PIPE, text=True) as parent:
        process = int(parent.stdout.readline())
        assert running(process)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until = time.monotonic() + 5
    while running(process) and time.monotonic() < until:
        time.sleep(0.02)
    assert not running(process)


def test_a_child_whose_parent_is_already_gone_does_not_begin():
    environment = {**os.environ, "MTMD_TF_PARENT": "1"}
    done = subprocess.run([sys.executable, "-c", CHILD.format("")], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_command_of_nobody_goes_on():
    done = subprocess.run([sys.executable, "-c", CHILD.format("")], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"here\n")
