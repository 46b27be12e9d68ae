import re
import subprocess
import sys

_PROGRAM = """
import subprocess, sys
from tfrecords_tools.user_errors import exit_code
def command():
    own = b"x" * 200_000_000
    del own
    subprocess.run([sys.executable, "-c", "b'x' * 400_000_000"], check=True)
sys.exit(exit_code(command, user_errors=()))
"""


def test_a_command_says_its_own_peak_and_that_of_what_it_started() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    own, child = re.fullmatch(
        r"Peak memory: (\d\.\d\d) GB, (\d\.\d\d) GB in the largest process that it started.\n", done.stderr
    ).groups()
    assert 0.2 < float(own) < 0.3
    assert 0.4 < float(child) < 0.5


def test_what_a_small_process_inherits_of_this_one_is_not_said_of_it() -> None:
    program = _PROGRAM.replace("    del own\n", "").replace("400_000_000", "4")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"Peak memory: 0\.2\d GB\.\n", done.stderr)


_GIVEN_BACK = """
from tfrecords_tools.peak_memory import peak_memory
before, _ = peak_memory()
block = b"x" * 2 * before
after, _ = peak_memory()
assert after >= len(block)
del block
assert peak_memory()[0] >= 2 * before
"""


def test_a_peak_stays_when_the_memory_is_given_back() -> None:
    """In a process of its own: twice the peak of one that has run other tests may be more than the machine has."""
    subprocess.run([sys.executable, "-c", _GIVEN_BACK], check=True)
