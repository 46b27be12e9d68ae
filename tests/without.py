"""The beginning of a script, for a process of its own, in which some packages cannot be imported."""

_SCRIPT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {packages}:
            raise ImportError(name + " is not here")

sys.meta_path.insert(0, Refuse())
"""


def without(*packages: str) -> str:
    """Python in which importing any of these packages, or a module of them, raises an ImportError."""
    return _SCRIPT.format(packages=packages)
