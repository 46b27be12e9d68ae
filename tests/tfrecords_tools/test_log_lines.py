"""Tests of tfrecords_tools/log_lines.py: stderr has one form of lines, whichever way a command starts."""

import subprocess
import sys

import pytest

LOGGED = """
from absl import logging
import logging as python
logging.info("read %d rows", 3)
logging.warning("of %s", "a\\nb")
python.getLogger("other.part").error("its own")
python.getLogger("other").warning("deprecated")
"""
OF_TOOLS = f"from tfrecords_tools.log_lines import log_plainly\nlog_plainly(verbose=True)\n{LOGGED}"
OF_JOBS = (
    "from absl import flags\nfrom mtmd_tf.jobs import settings\n"
    f"def main(argv):\n    exec({LOGGED!r})\nsettings.run(main, flags.FlagValues())"
)
WARNINGS = ["warning: of a\\nb", "error: other: its own"]


@pytest.mark.parametrize(
    ("program", "lines"), [(OF_TOOLS, ["note: read 3 rows", *WARNINGS]), (OF_JOBS, WARNINGS)], ids=["tools", "jobs"]
)
def test_every_line_has_one_form(program: str, lines: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if not line.startswith("Peak memory: ")] == lines
