"""What train.py leaves in the folder of a finished run, for tests that train nothing."""

import json
import pathlib

import numpy as np

from mtmd_tf import config as configs
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.experiments.plan import Run
from mtmd_tf.metrics import RequestErrors, Row

FIT = {"steps": 9, "best_step": 6, "held_out_loss": 0.5, "stopped_early": True, "pairs": 70, "seconds": 2.0}
PARAMETERS = {"embedding": 100, "non_embedding": 10}


def leave_run(run: Run, folder: pathlib.Path, *, error: float = 1.0) -> None:
    """4 requests, the first two on home, of one standard pair each; every |ln p - ln y| is `error`."""
    folder.mkdir(parents=True, exist_ok=True)
    configs.save(folder / "config.json", model=run.model, train=run.train)
    (folder / "fit.json").write_text(json.dumps({**FIT, "cpu_seconds": 3.0}))
    (folder / "parameters.json").write_text(json.dumps(PARAMETERS))
    rows = (
        Row(surface="home", product="standard", task="ctr", exists=True, pairs=2, log_mae=1 / 3),
        Row(surface="home", product="shopping", task="ctr", exists=True),
    )
    Evaluation(run=run.name, data="d", clip=1e-6, rows=rows, baseline=rows).save(folder / "evaluation.json")
    errors(error, surface=run.slice.partition("/")[0]).save(folder / "requests.npz")


def errors(error: float, *, surface: str = "") -> RequestErrors:
    """The errors of `leave_run`; with `surface`, its requests only."""
    rows = {"": [0, 1, 2, 3], "home": [0, 1], "search": [2, 3]}[surface]
    pairs = np.zeros((4, 2, 1), np.int32)
    pairs[:, 0] = 1
    return RequestErrors(
        surfaces=("home", "search"),
        products=("standard", "shopping"),
        tasks=("ctr",),
        request_id=np.array([b"a", b"b", b"c", b"d"])[rows],
        surface=np.array([0, 0, 1, 1], np.int32)[rows],
        error=(error * pairs)[rows],
        pairs=pairs[rows],
    )
