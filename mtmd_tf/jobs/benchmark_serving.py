"""Measures the exported query tower on one request, next to a naive export and to its floor (paper section 2.2).

`python -m mtmd_tf.jobs.benchmark_serving` takes random weights of the paper's sizes and the ad world's schema;
`--run=runs/hf` a trained model. The fastest call says most on a machine that others use.
"""

import json
import pathlib
import tempfile
from typing import Any

from absl import flags

from mtmd_tf.jobs import settings

_TASKS = ("ctr", "gctr", "octr")


def main(argv: list[str]) -> None:
    """Exports twice to a temporary folder, measures in turn, prints medians and ratios."""
    del argv
    from mtmd_tf.serving.tower_speed import NAIVE, NOTHING, ROUTED, measure_tower, save_towers

    model, found = _model(), []
    with tempfile.TemporaryDirectory() as folder:
        own, naive = save_towers(model, pathlib.Path(folder))
        for surface in model.schema.surfaces:
            speed = measure_tower(model, own=own, naive=naive, surface=surface, calls=_CALLS.value)
            row: dict[str, Any] = {"surface": surface, "active_bytes": speed.active_bytes, "floor_ms": speed.floor}
            for name, way in (("own", surface), ("routed", ROUTED), ("naive", NAIVE), ("nothing", NOTHING)):
                row |= {f"{name}_p{share}_ms": speed.percentile(way, share) for share in (0, 50, 99)}
            ratios = {
                f"naive_over_own_p{share}": row[f"naive_p{share}_ms"] / row[f"own_p{share}_ms"] for share in (0, 50)
            }
            found.append(row | ratios)
    if _JSON.value:
        print(json.dumps(found, indent=1))
        return
    print(f"{len(model.schema.surfaces)} surfaces; ms a request: fastest / median / 99th percentile of {_CALLS.value}")
    titles = {"own": "its own signature", "routed": "serving_default", "naive": "naive export", "nothing": "empty call"}
    print(f"{'':<14}" + "".join(f"{title:>23}" for title in titles.values()) + f"{'floor':>8}{'naive / own':>15}")
    for row in found:
        times = "".join(
            "".join(f"{row[f'{name}_p{share}_ms']:>{7 if share else 9}.2f}" for share in (0, 50, 99)) for name in titles
        )
        faster = f"{row['naive_over_own_p0']:>8.2f}{row['naive_over_own_p50']:>7.2f}"
        print(f"{row['surface']:<14}{times}{row['floor_ms']:>8.2f}{faster}")
    for row in found:
        bandwidth = row["active_bytes"] / row["floor_ms"] / 1e6
        print(f"{row['surface']}: {row['active_bytes'] / 1e6:.1f} MB of active weights, read at {bandwidth:.1f} GB/s")


def _model():
    from mtmd_tf.config import ModelConfig
    from mtmd_tf.jobs import runs
    from mtmd_tf.model import MTMD
    from tfrecords_tools.sources.adworld.schema import SCHEMA

    if _RUN.value:
        return runs.load_model(_RUN.value)
    model = MTMD(SCHEMA, config=ModelConfig(tasks=_TASKS))
    model.make_variables()
    return model


if __name__ == "__main__":
    _RUN = flags.DEFINE_string("run", "", "folder of a finished run; empty takes random weights of the paper's sizes")
    _CALLS = flags.DEFINE_integer("calls", 500, "timed requests of each way, on each surface", lower_bound=1)
    _JSON = flags.DEFINE_bool("json", False, "print JSON")
    settings.run(main)
