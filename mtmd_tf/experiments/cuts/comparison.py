"""Runs of one kind beside runs of another at the cuts, with intervals over requests and seeds (paper section 1)."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.cuts.measure import AtCuts
from mtmd_tf.experiments.measures.bootstrap import DRAWS, bootstrap
from mtmd_tf.reporting.page import passage
from mtmd_tf.seeds import derive_seed


def compared(reference: Sequence[AtCuts], arms: Mapping[str, Sequence[AtCuts]], *, draws: int = DRAWS) -> str:
    """Markdown: every error of the reference and of each arm, the improvement with its interval, and calibrations.

    An error that the reference does not make has no improvement.

    Args:
        reference: Runs that differ in the seed.
        arms: `{name: as many runs}`.
        draws: Number of bootstrap draws.

    Raises:
        ConfigError: Other numbers of runs, or runs that were measured on other data or tasks.
    """
    rows = []
    for name, measured in arms.items():
        _require_alike(reference, measured, arm=name)
        new, old = (np.stack([each.errors for each in runs]) for runs in (measured, reference))
        interval = bootstrap(new, old, draws=draws, seed=derive_seed(0, f"cuts/{name}"))
        sizes = np.maximum(reference[0].sizes, 1e-12)
        for column, (task, measure) in enumerate(reference[0].columns):
            if not reference[0].sizes[column]:
                continue
            shares = [each.sum(axis=1).mean(axis=0)[column] / sizes[column] for each in (old, new)]
            rows.append((name, task, measure, *shares, interval.at(column) if shares[0] else None))
    calibrations = [
        (name, task, float(np.mean([each.calibration[task] for each in measured])))
        for name, measured in {"reference": reference, **arms}.items()
        for task in reference[0].calibration
    ]
    return passage(pathlib.Path(__file__).with_suffix(".md"), errors=rows, calibrations=calibrations)


def _require_alike(reference: Sequence[AtCuts], measured: Sequence[AtCuts], *, arm: str) -> None:
    if len(measured) != len(reference):
        raise ConfigError(f"arm {arm!r} has {len(measured)} runs and the reference {len(reference)}; give as many.")
    for each in (*reference, *measured):
        if (each.data, each.columns) != (reference[0].data, reference[0].columns):
            raise ConfigError(
                f"{each.run} was trained on other data or other tasks than {reference[0].run}; "
                "compare runs of the same."
            )
