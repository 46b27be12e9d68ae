import sys

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from mtmd_tf.config import ConfigError
from mtmd_tf.heavyweight.lightgbm_comparison.pair_table import Column
from mtmd_tf.heavyweight.lightgbm_comparison.trees import Rows, grow

COLUMNS = [Column("price", False), Column("kind", True, 5), Column("owner", True, 1000)]
OPTIONS = {"columns": COLUMNS, "leaves": [4], "learning_rates": [0.3], "threads": 1}


def rows(*, seed: int, chosen_by: int) -> Rows:
    """2,000 pairs whose event follows one column: price above 0, kind 1 or 3, or owners of even number."""
    random = np.random.default_rng(seed)
    values = np.stack([random.normal(size=2000), random.integers(0, 5, 2000), random.integers(0, 20, 2000)], axis=1)
    likely = [values[:, 0] > 0, np.isin(values[:, 1], [1, 3]), values[:, 2] % 2 == 0][chosen_by]
    return Rows(values.astype(np.float32), (random.random(2000) < np.where(likely, 0.8, 0.1)).astype(np.float32))


@pytest.mark.parametrize("column", [0, 1])
def test_numbers_and_categories_are_learned(column):
    trees = grow(rows(seed=0, chosen_by=column), rows(seed=1, chosen_by=column), **OPTIONS)
    held_out = rows(seed=1, chosen_by=column)
    score = trees.log_odds(held_out.values)
    assert roc_auc_score(held_out.event, score) > 0.8
    assert log_loss(held_out.event, 1 / (1 + np.exp(-score))) == pytest.approx(trees.held_out_loss)


def test_large_tables_are_read_where_they_help():
    trees = grow(rows(seed=0, chosen_by=2), rows(seed=1, chosen_by=2), **OPTIONS)
    assert trees.settings.large_tables
    without = min(loss for settings, loss in trees.tried.items() if "all tables" not in settings)
    assert trees.held_out_loss < without - 0.1


def test_every_setting_is_tried():
    options = {**OPTIONS, "leaves": [2, 4], "learning_rates": [0.1, 0.3]}
    trees = grow(rows(seed=0, chosen_by=0), rows(seed=1, chosen_by=0), **options)
    assert len(trees.tried) == 2 * 2 + 2
    assert trees.held_out_loss == min(trees.tried.values())


def test_one_outcome_alone_grows_nothing():
    none = rows(seed=1, chosen_by=0)
    assert grow(rows(seed=0, chosen_by=0), none._replace(event=np.zeros(2000)), **OPTIONS) is None


def test_without_lightgbm_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ConfigError, match="needs LightGBM, which the package itself does not: pip install lightgbm"):
        grow(rows(seed=0, chosen_by=0), rows(seed=1, chosen_by=0), **OPTIONS)
