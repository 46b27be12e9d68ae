"""Two seeds from the order to the table, with a train.py that trains nothing: LogMAE is the seed, or 4 if new."""

import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments import train_table as job
from mtmd_tf.experiments.runs import run_queue
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.experiments.table6.comparison import Table6
from mtmd_tf.experiments.tables import TABLES
from tests.mtmd_tf.experiments.finished import an_order

CHECKOUT = pathlib.Path(__file__).parents[3]
TRAIN = f"""
import pathlib, sys
sys.path.insert(0, {str(CHECKOUT)!r})
from absl import flags
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.jobs import settings
from tests.mtmd_tf.experiments.finished import leave_run

def main(argv):
    model, train = settings.read(ModelConfig, source=FLAGS), settings.read(TrainConfig, source=FLAGS)
    run = Run(model=model, train=train, data="d", slice=SLICE.value)
    new = run.slice or run.model.composition == "concat"
    leave_run(run, pathlib.Path(RUN.value), error=4.0 if new else float(run.train.seed))

FLAGS = flags.FlagValues()
DATA, RUN, SLICE = (flags.DEFINE_string(name, None, "", FLAGS) for name in ("data", "run", "slice"))
settings.define(ModelConfig, into=FLAGS)
settings.define(TrainConfig, into=FLAGS)
settings.run(main, FLAGS)
"""


@pytest.fixture
def train_table(labeled, tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text(TRAIN)
    monkeypatch.setattr(run_queue, "CHECKOUT", tmp_path)

    def train(name: str, *, floor: bool = False, **options) -> pathlib.Path:
        places = {"data": labeled, "runs": tmp_path / "runs", "folder": tmp_path / "results"}
        records = job.train_table(TABLES[name], an_order(seeds=(1, 2), **options), **places, workers=2, floor=floor)
        assert sorted({record.seed for record in records}) == [1, 2]
        return tmp_path / "results"

    return train


def test_table_1_compares_seed_with_seed_and_keeps_a_joint_model_of_the_first(train_table):
    folder = train_table("1", floor=True)
    table = Table1.load(folder / "table1.json")
    [joint] = table.floor
    assert joint.startswith("joint-all-seed1-")
    assert {path.stem for path in (folder / "runs").iterdir()} == set(table.run_names)
    assert (table.seeds, len(table.unified), [len(names) for names in table.replaced]) == ((1, 2), 2, [2, 2])
    for cell in table.cells:
        assert (cell.unified, cell.replaced, cell.improvement.value) == (1.5, 4.0, 62.5)
        assert cell.improvement.by_seed == (75.0, 50.0)


def test_a_log_without_training_pairs_is_refused(train_table):
    with pytest.raises(
        ConfigError, match=r"no slice of .* has a model of its own: the split train has no pair, so conv"
    ):
        train_table("1", slices=())


def test_table_6_compares_seed_with_seed(train_table):
    table = Table6.load(train_table("6", only=("concat",)) / "table6.json")
    assert {name: len(runs) for name, runs in table.variants.items()} == {"reference": 2, "concat": 2}
    for cell in table.cells:
        assert cell.improvement.value == pytest.approx(100 * (1 - 4 / 1.5))
        assert cell.improvement.by_seed == (-300.0, -100.0)
