"""docs/tour.ipynb runs from its log to ranked ads, and with it the Python of the README."""

import ast
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]
TOUR = CHECKOUT / "docs" / "tour.ipynb"
CELLS = json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
CODE = "\n".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the cells print, run in order in a process of their own."""
    script = tmp_path_factory.mktemp("tour") / "tour.py"
    script.write_text(CODE, encoding="utf-8")
    temporary = {"TMPDIR": str(script.parent), "MPLBACKEND": "agg", "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore:FigureCanvasAgg", str(script)],
        env={**os.environ, **temporary},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_ends_with_ranked_ads_near_their_labels(printed) -> None:
    assert re.search(r"Ranking\(item_id=\['ad\d\d', ", printed)
    (ctr, gctr) = map(float, re.search(r"LogMAE: \{'ctr': ([.\d]+), 'gctr': ([.\d]+)\}", printed).groups())
    assert ctr < 0.5
    assert gctr < 0.5


def test_the_python_of_the_readme_is_in_it() -> None:
    (readme,) = re.findall(
        r"^```python\n(.*?)^```$", (CHECKOUT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    here = {ast.dump(statement) for statement in ast.parse(CODE.replace('train={"max_steps": 100}', "train={}")).body}
    assert [ast.unparse(each) for each in ast.parse(readme).body if ast.dump(each) not in here] == []


def test_its_outputs_are_kept_and_small() -> None:
    assert TOUR.stat().st_size < 300_000
    pictures = [output for cell in CELLS for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert len(pictures) == 4
