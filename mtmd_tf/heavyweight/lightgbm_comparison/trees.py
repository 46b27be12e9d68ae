"""Gradient-boosted trees (LightGBM), what the heavyweight ranker is measured against (paper section 1)."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.heavyweight.lightgbm_comparison.pair_table import Column
from mtmd_tf.heavyweight.network.cross_products import LARGE

_MAX_ROUNDS = 2000
_PATIENCE = 50
_REGULARIZED = {"min_data_in_leaf": 200, "lambda_l2": 10.0, "feature_fraction": 0.3}
_FREE = {"min_data_in_leaf": 50, "lambda_l2": 0.0, "feature_fraction": 0.8}


class Rows(NamedTuple):
    """Pairs whose event was observed: `values` `[pairs, columns]`, `event` `[pairs]`."""

    values: np.ndarray
    event: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class TreeSettings:
    """One way to grow the trees.

    Attributes:
        leaves: Leaves of each tree.
        learning_rate: Learning rate of each boosting round.
        regularized: Whether leaves are large and shrunk, and a tree sees 3 columns in 10: best where events are few.
        large_tables: Whether categories of more than 500 values are read, or left out.
    """

    leaves: int
    learning_rate: float
    regularized: bool = True
    large_tables: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trees:
    """The trees of one task.

    Attributes:
        settings: The settings that did best on the held-out days.
        rounds: Trees that are used.
        held_out_loss: Cross-entropy on the held-out days, by which settings and rounds were chosen, as for the ranker:
            AUC swings too much where positives are few.
        tried: `{settings as text: cross-entropy on the held-out days}`.
    """

    settings: TreeSettings
    rounds: int
    held_out_loss: float
    tried: dict[str, float]
    _booster: Any = dataclasses.field(repr=False)
    _places: Sequence[int] = dataclasses.field(repr=False)

    def log_odds(self, values: np.ndarray) -> np.ndarray:
        """`[pairs]` of `[pairs, columns]`."""
        return self._booster.predict(values[:, self._places], num_iteration=self.rounds, raw_score=True)


def grow(
    learn: Rows,
    held_out: Rows,
    *,
    columns: Sequence[Column],
    leaves: Sequence[int],
    learning_rates: Sequence[float],
    seed: int = 0,
    threads: int = 0,
) -> Trees | None:
    """The best trees of one task by cross-entropy on the held-out days; None where these hold one outcome only.

    Every number of leaves with every learning rate, then the best so far without regularization, and with large tables.

    Args:
        learn: Pairs to learn from.
        held_out: Pairs that choose settings and rounds.
        columns: Descriptions of the columns of `values`.
        leaves: Numbers to try.
        learning_rates: Learning rates to try with each number of leaves.
        seed: Seed of the features and pairs that a tree sees.
        threads: Threads of LightGBM; 0 takes all cores, which is slow where others use them too.

    Raises:
        ConfigError: LightGBM is not installed.
    """
    if any(len(np.unique(rows.event)) < 2 for rows in (learn, held_out)):
        return None
    grid = [TreeSettings(leaves=count, learning_rate=rate) for count in leaves for rate in learning_rates]
    extra = {"seed": seed, "num_threads": threads}
    grown = [_grow(learn, held_out, columns=columns, settings=settings, extra=extra) for settings in grid]
    has_large = any(column.table_rows > LARGE for column in columns)
    for change in [{"regularized": False}] + [{"large_tables": True}] * has_large:
        settings = dataclasses.replace(_best(grown).settings, **change)
        grown.append(_grow(learn, held_out, columns=columns, settings=settings, extra=extra))
    tried = {_setting_words(trees.settings): trees.held_out_loss for trees in grown}
    return dataclasses.replace(_best(grown), tried=tried)


def _best(grown: Sequence[Trees]) -> Trees:
    return min(grown, key=lambda trees: trees.held_out_loss)


def _grow(
    learn: Rows, held_out: Rows, *, columns: Sequence[Column], settings: TreeSettings, extra: dict[str, int]
) -> Trees:
    lightgbm = _lightgbm()
    places = [place for place, column in enumerate(columns) if settings.large_tables or column.table_rows <= LARGE]
    categorical = [number for number, place in enumerate(places) if columns[place].categorical]
    parameters = {
        "objective": "binary",
        "metric": "binary_logloss",
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "cat_smooth": 20.0,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        **(_REGULARIZED if settings.regularized else _FREE),
        **extra,
    }
    data = lightgbm.Dataset(learn.values[:, places], learn.event, categorical_feature=categorical)
    valid = lightgbm.Dataset(
        held_out.values[:, places], held_out.event, categorical_feature=categorical, reference=data
    )
    stop = lightgbm.early_stopping(_PATIENCE, verbose=False)
    booster = lightgbm.train(parameters, data, num_boost_round=_MAX_ROUNDS, valid_sets=[valid], callbacks=[stop])
    return Trees(
        settings=settings,
        rounds=booster.best_iteration,
        held_out_loss=float(booster.best_score["valid_0"]["binary_logloss"]),
        tried={},
        _booster=booster,
        _places=places,
    )


def _setting_words(settings: TreeSettings) -> str:
    tables = "all tables" if settings.large_tables else f"tables up to {LARGE} rows"
    regularized = "regularized" if settings.regularized else "free"
    return f"{settings.leaves} leaves, rate {settings.learning_rate:g}, {regularized}, {tables}"


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise ConfigError(
            "the comparison needs LightGBM, which the package itself does not: pip install lightgbm"
        ) from error
    return lightgbm
