"""How much memory a command took at most: what it says when it has ended well."""

import pathlib
import re
import resource
import sys

_STATUS = pathlib.Path("/proc/self/status")
_UNIT = 1 if sys.platform == "darwin" else 1024  # of getrusage, in bytes


def peak_memory() -> tuple[int, int]:
    """Bytes of memory at the peak: of this process, and of the largest of its child processes that have ended.

    The kernel counts as a child's at least what this process had when it started the child.
    """
    children = _UNIT * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try:
        # Not getrusage: it also counts the process that started this one.
        [own] = re.findall(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return _UNIT * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children
    return 1024 * int(own), children


def sentence() -> str:
    """The peak for people, in gigabytes of 10^9 bytes; of a child only where it is more, else it may be no child's."""
    own, children = peak_memory()
    largest = f", {children / 1e9:.2f} GB in the largest process that it started" if children > own else ""
    return f"Peak memory: {own / 1e9:.2f} GB{largest}."
