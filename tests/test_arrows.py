import pathlib
import re
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).parents[1]


def test_data_flows_one_way():
    """Every module has its place in the layers of pyproject.toml and imports only from below."""
    program = pathlib.Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken\.", result.stdout), result.stdout
