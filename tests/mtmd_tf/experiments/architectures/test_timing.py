import dataclasses

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures import timing as arch_timing
from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.timing import Timing, measure, timing_of
from mtmd_tf.experiments.runs import record, results
from mtmd_tf.experiments.runs.plan import BASELINE
from tests.mtmd_tf.experiments.folders import a_record
from tests.mtmd_tf.serving.world import small_model
from tfrecords_tools import structure

RUNS = {
    "mtmd": ("one",),
    "mtmd, split by product": ("one-standard", "one-shopping"),
    BASELINE: ("home-standard", "home-shopping", "search-standard"),
}
SLICES = {
    "one": "",
    "one-standard": "*/standard",
    "one-shopping": "*/shopping",
    "home-standard": "home/standard",
    "home-shopping": "home/shopping",
    "search-standard": "search/standard",
}
HOME, SEARCH = ({"median_ms": ms, "p99_ms": 9.0, "flops": 20, "active_parameters": 7} for ms in (1.0, 2.0))
TIMING = Timing(
    runs=RUNS, rounds=3, calls=5, machine="quiet", latency={name: {"home": HOME, "search": SEARCH} for name in RUNS}
)


@pytest.fixture
def folder(tmp_path):
    """A table of two seeds, both of the same runs; no cells."""
    table = Architectures(seeds=(3, 4), runs={name: (runs, runs) for name, runs in RUNS.items()}, cells=())
    structure.save(tmp_path / arch.FILE_NAME, table)
    results.save_records([a_record(name, slice=part) for name, part in SLICES.items()], tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def model():
    return small_model(architecture="shared_bottom")


def table_of(folder) -> Architectures:
    return Architectures.load(folder / arch.FILE_NAME)


def test_every_model_of_the_first_seed_answers_on_its_surfaces(folder, model):
    loaded = []

    def load(run: str):
        loaded.append(run)
        return model

    measure(folder, load=load, rounds=1, calls=2)
    found = timing_of(folder, table_of(folder))
    assert loaded == list(SLICES)
    assert (found.runs, found.rounds, found.calls, found.machine) == (RUNS, 1, 2, record.this_machine())
    costs = {name: [found.latency[name][surface]["flops"] for surface in ("home", "search")] for name in RUNS}
    home, search = costs["mtmd"]
    assert costs == {
        "mtmd": [home, search],
        "mtmd, split by product": [2 * home, 2 * search],  # two models answer
        BASELINE: [2 * home, search],
    }


def test_what_was_timed_is_not_timed_again_unless_it_is_asked_for(folder, model, capsys):
    TIMING.save(folder / arch_timing.FILE_NAME)
    measure(folder, load=lambda run: pytest.fail(f"{run} was loaded"))
    assert "latency.json; --time_only times them again." in capsys.readouterr().out
    measure(folder, load=lambda run: model, rounds=1, calls=2, again=True)
    assert timing_of(folder, table_of(folder)).calls == 2


def test_times_of_other_runs_are_not_taken_for_those_of_the_table(folder):
    assert timing_of(folder, table_of(folder)) is None  # not timed yet
    TIMING.save(folder / arch_timing.FILE_NAME)
    assert timing_of(folder, table_of(folder)) == TIMING
    dataclasses.replace(TIMING, runs={**RUNS, "mtmd": ("another",)}).save(folder / arch_timing.FILE_NAME)
    assert timing_of(folder, table_of(folder)) is None


def test_a_broken_file_is_named(folder):
    (folder / arch_timing.FILE_NAME).write_text('{"runs": {}}')
    with pytest.raises(ConfigError, match=r"latency\.json is no file of times of this version: "):
        timing_of(folder, table_of(folder))
