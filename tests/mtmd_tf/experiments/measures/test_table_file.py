import dataclasses
import json

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.measures import table_file
from mtmd_tf.experiments.measures.improvement import Improvement


@dataclasses.dataclass(frozen=True)
class Cell:
    pairs: int
    improvement: Improvement
    kl: Improvement | None = None


@dataclasses.dataclass(frozen=True)
class Small:
    names: dict[str, tuple[tuple[str, ...], ...]]
    cells: tuple[Cell, ...]


ENDS = {"improvement": 1.0, "low": 0.5, "high": 1.5, "by_seed": [1.0, 1.25]}
BETTER = Improvement(value=1.0, low=0.5, high=1.5, by_seed=(1.0, 1.25))


def test_an_improvement_lies_flat_in_its_cell_and_others_apart(tmp_path):
    small = Small(names={"a": (("b", "c"), ("d",))}, cells=(Cell(2, BETTER, BETTER),))
    table_file.save(small, tmp_path / "small.json")
    plain = json.loads((tmp_path / "small.json").read_text())
    assert plain == {"names": {"a": [["b", "c"], ["d"]]}, "cells": [{"pairs": 2, **ENDS, "kl": ENDS}]}
    assert table_file.load(tmp_path / "small.json", Small, title="small table") == small


@pytest.mark.parametrize("older", [{}, {"kl": {}}])
def test_what_an_older_version_lacks_is_none(older, tmp_path):
    (tmp_path / "small.json").write_text(json.dumps({"names": {}, "cells": [{"pairs": 2, **ENDS, **older}]}))
    found = table_file.load(tmp_path / "small.json", Small, title="small table")
    assert found.cells == (Cell(2, BETTER),)


@pytest.mark.parametrize(
    ("cell", "word"), [({"pairs": 2, "high": 1.0}, "'improvement'"), ({**ENDS, "own": 1}, "'own'")]
)
def test_a_table_of_another_version_is_named(cell, word, tmp_path):
    (tmp_path / "small.json").write_text(json.dumps({"names": {}, "cells": [cell]}))
    with pytest.raises(ConfigError, match=rf"small\.json is no small table of this version: .*{word}"):
        table_file.load(tmp_path / "small.json", Small, title="small table")
