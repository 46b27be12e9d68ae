"""What train.py leaves in the folder of a finished run, for tests that train nothing."""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtmd_tf import config as configs
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.experiments.runs.plan import Order, Run
from mtmd_tf.jobs import settings
from mtmd_tf.metrics import BUCKETS, Funnel, RequestErrors, Row

FIT = {"steps": 9, "best_step": 6, "held_out_loss": 0.5, "stopped_early": True, "pairs": 70, "seconds": 2.0}
PARAMETERS = {"embedding": 100, "non_embedding": 10}


def an_order(**options: Any) -> Order:
    """Two seeds on two slices, home/standard and search/standard."""
    plain: dict[str, Any] = {
        "reference": (ModelConfig(), TrainConfig()),
        "seeds": (0, 1),
        "data": "d",
        "slices": (("home", "standard"), ("search", "standard")),
        "change": lambda text, reference: settings.changed(text, *reference),
    }
    return Order(**{**plain, **options})


def leave_run(run: Run, folder: pathlib.Path, *, error: float | Sequence[float] = 1.0) -> None:
    """4 requests, the first two on home, of one standard pair each; |ln p - ln y| is `error`, or that of the bucket."""
    folder.mkdir(parents=True, exist_ok=True)
    configs.save(folder / "config.json", model=run.model, train=run.train)
    (folder / "data.json").write_text(json.dumps({"folder": "data", "slice": run.slice, "manifest": "m"}))
    (folder / "fit.json").write_text(json.dumps({**FIT, "cpu_seconds": 3.0}))
    (folder / "parameters.json").write_text(json.dumps(PARAMETERS))
    rows = (
        Row(surface="home", product="standard", task="ctr", exists=True, pairs=2, log_mae=1 / 3),
        Row(surface="home", product="shopping", task="ctr", exists=True),
    )
    surface = run.slice.partition("/")[0]
    funnel = tuple(a_funnel(surface).rows())
    found = Evaluation(run=run.name, data="d", clip=1e-6, rows=rows, baseline=rows, funnel=funnel)
    found.save(folder / "evaluation.json")
    errors(error, surface=surface).save(folder / "requests.parquet")


def a_funnel(surface: str) -> Funnel:
    """Two standard candidates a request: on home the better one is kept in 100 of 200, on search in none of 100."""
    on = {"": [0, 0, 1], "*": [0, 0, 1], "home": [0, 0], "search": [1]}[surface] * 100
    first = {"": [2, 1, 1], "*": [2, 1, 1], "home": [2, 1], "search": [1]}[surface] * 100  # score; the other's is 1.5
    funnel = Funnel(surfaces=("home", "search"), tasks=("ctr",), tops=(1,), cuts=(1,))
    funnel.update(
        request=np.repeat(range(len(on)), 2),
        surface=np.repeat(on, 2),
        label={"ctr": np.tile([0.4, 0.1], len(on))},
        score={"ctr": np.stack([first, np.full(len(on), 1.5)], axis=1).ravel()},
    )
    return funnel


def errors(error: float | Sequence[float], *, surface: str = "") -> RequestErrors:
    """The errors of `leave_run`, every other pair in the top bucket, others in the rest; with `surface`, its own."""
    rows = {"": [0, 1, 2, 3], "*": [0, 1, 2, 3], "home": [0, 1], "search": [2, 3]}[surface]
    pairs = np.zeros((4, 2, 1, len(BUCKETS)), np.int32)
    pairs[[0, 2], 0, :, 0] = 1
    pairs[[1, 3], 0, :, -1] = 1
    return RequestErrors(
        surfaces=("home", "search"),
        products=("standard", "shopping"),
        tasks=("ctr",),
        request_id=np.array([b"a", b"b", b"c", b"d"])[rows],
        surface=np.array([0, 0, 1, 1], np.int32)[rows],
        error=(np.array(error) * pairs).astype(np.float32)[rows],
        kl=(0.1 * np.array(error) * pairs).astype(np.float32).sum(axis=3)[rows],
        pairs=pairs[rows],
        edges=np.tile([0.5, 0.4, 0.3, 0.2, 0.1], (2, 2, 1, 1)),
    )
