"""Measures the exported query tower on one request, beside one of all experts and its floor (paper section 2.2).

`python -m mtmd_tf.jobs.benchmark_serving` takes random weights of the paper's sizes and the ad world's schema;
`--run=runs/hf` a trained model. The fastest call says most on a machine that others use.
"""

import json
import pathlib
import tempfile
from typing import TYPE_CHECKING, Any

from absl import flags

from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.benchmarks.tower_speed import TowerSpeed


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUN = flags.DEFINE_string(
    "run", "", "folder of a finished run; empty takes random weights of the paper's sizes", flag_values=FLAGS
)
_CALLS = flags.DEFINE_integer(
    "calls", 500, "timed requests of each way, on each surface", lower_bound=1, flag_values=FLAGS
)
_JSON = flags.DEFINE_bool("json", False, "print JSON", flag_values=FLAGS)

_TASKS = ("ctr", "gctr", "octr")


def main(argv: list[str]) -> None:
    """Exports three times to a temporary folder, measures in turn, prints medians and ratios."""
    del argv
    from mtmd_tf.benchmarks.tower_speed import OWN, measure_tower, save_towers

    model = _model()
    with tempfile.TemporaryDirectory() as folder:
        folders = save_towers(model, pathlib.Path(folder))
        found = {
            surface: _row(measure_tower(model, folders, surface=surface, calls=_CALLS.value))
            for surface in model.schema.surfaces
        }
    if _JSON.value:
        print(json.dumps(found, indent=1))
        return
    print(f"{len(found)} surfaces, one request, {_CALLS.value} calls of each way in turn, milliseconds")
    print(f"{'':<44}{'fastest':>9}{'median':>9}{'99th':>9}{'times first, by fastest':>24}{'by median':>11}")
    for surface, row in found.items():
        for way, times in row["milliseconds"].items():
            own = row["milliseconds"][OWN]
            ratios = f"{times['fastest'] / own['fastest']:>24.2f}{times['median'] / own['median']:>11.2f}"
            print(f"{surface + ', ' + way:<44}" + "".join(f"{time:>9.2f}" for time in times.values()) + ratios)
        active, bandwidth = row["active_bytes"] / 1e6, row["bandwidth"] / 1e9
        print(
            f"{surface + ', floor':<44}{row['floor']:>9.2f}  ({active:.1f} MB of weights read at {bandwidth:.1f} GB/s)"
        )


def _row(speed: "TowerSpeed") -> dict[str, Any]:
    shares = {"fastest": 0, "median": 50, "99th": 99}
    times = {way: {name: speed.percentile(way, s) for name, s in shares.items()} for way in speed.milliseconds}
    return {
        "milliseconds": times,
        "floor": speed.floor,
        "active_bytes": speed.active_bytes,
        "bandwidth": speed.bandwidth,
    }


def _model():
    from mtmd_tf.config import ModelConfig
    from mtmd_tf.model import TwoTowerModel
    from mtmd_tf.training import runs
    from tfrecords_tools.sources.adworld.schema import SCHEMA

    if _RUN.value:
        return runs.load_model(_RUN.value)
    model = TwoTowerModel(SCHEMA, config=ModelConfig(tasks=_TASKS))
    model.make_variables()
    return model


if __name__ == "__main__":
    settings.run(main, FLAGS)
