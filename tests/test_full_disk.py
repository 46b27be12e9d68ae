"""Every job on a disk without room: one line that names what was being written, and with room it goes on to the end.

A limit on the size of files stands for the disk: it needs no rights, and the system refuses the write in the same way.
"""

import contextlib
import pathlib
import resource
import shutil
from collections.abc import Callable, Iterator

import pytest

from mtmd_tf.config import HeavyweightConfig, HeavyweightTrainConfig, ModelConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.jobs.settings import USER_ERRORS
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.specification import RankerSpec
from tests import odd
from tests.mtmd_tf.serving.world import World, make_world
from tfrecords_tools.user_errors import exit_code

SOURCE = "source"  # beside `out`: what a job reads


class Inputs:
    """What jobs read, made where it is asked for: a trained model and its export take seconds."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    @property
    def labeled(self) -> DataSet:
        with files_up_to(resource.RLIM_INFINITY):
            return DataSet.open(self._request.getfixturevalue("labeled"))

    @property
    def narrow(self) -> ModelConfig:
        return self._request.getfixturevalue("narrow")

    @property
    def world(self) -> World:
        with files_up_to(resource.RLIM_INFINITY):
            return make_world(self._request.getfixturevalue("tmp_path_factory").getbasetemp())


@contextlib.contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No process here writes a file beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def build(inputs: Inputs, out: pathlib.Path) -> None:
    from tfrecords_tools.sources import adworld

    adworld.build(out, requests=40, seed=0, candidates=2, days=4, truth=True)


def convert(inputs: Inputs, out: pathlib.Path) -> None:
    from tfrecords_tools.convert import convert

    if not (logs := out.with_name(SOURCE)).exists():
        with files_up_to(resource.RLIM_INFINITY):
            odd.write_odd(logs, odd.CATEGORIES_ONLY)
    convert(out, schema=logs / "schema.json", inputs=[str(logs / "log.parquet")], workers=1)


def label(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.heavyweight.labels.labeling import label
    from mtmd_tf.heavyweight.labels.period import Period

    data = inputs.labeled
    model = HeavyweightConfig(dim=4, bins=4, units=(8, 8), cross_layers=1, cross_projection=2)
    train = HeavyweightTrainConfig(epochs=1, batch_requests=64, warmup_steps=1)
    period = Period.cut(data.manifest, share=0.6)
    label(data, out, run=out.with_name("ranker"), period=period, model=model, train=train)


def train(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.training import fit, runs

    data, config = inputs.labeled, TrainConfig(epochs=1, batch_requests=64, warmup_steps=1, checkpoint_every=1)
    runs.claim(out, data, model=inputs.narrow, train=config)
    days = data.manifest.days("train")
    fit(
        TwoTowerModel(data.schema, config=inputs.narrow),
        data,
        config=config,
        run=out,
        days=days[:-1],
        held_out_days=days[-1:],
    )


def evaluate(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.evaluation.run_evaluation import measure

    measure(inputs.world.model, DataSet.open(inputs.world.data), run="run", out=out)


def export(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.exporting.export import export

    export(inputs.world.model, out)


def embed_items(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.serving.embedding.embeddings import embed_items

    embed_items(inputs.world.exports, inputs.world.data, out, workers=1)


def rank(inputs: Inputs, out: pathlib.Path) -> None:
    from mtmd_tf.serving.ranking.index import ScoringIndex

    if not out.exists():
        with files_up_to(resource.RLIM_INFINITY):
            shutil.copytree(inputs.world.embeddings, out, ignore=shutil.ignore_patterns("index"))
    ScoringIndex.open(out, spec=RankerSpec.load(inputs.world.exports))


@pytest.fixture
def inputs(request: pytest.FixtureRequest) -> Inputs:
    return Inputs(request)


def ended(job: Callable[[], None], size: int, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code, and the lines that begin with `error: ` or look like a traceback."""
    capsys.readouterr()
    with files_up_to(size):
        code = exit_code(job, user_errors=USER_ERRORS)
    lines = capsys.readouterr().err.splitlines()
    return code, [line for line in lines if line.startswith(("error: ", "Traceback"))]


SLOW = [pytest.param(job, marks=pytest.mark.slow) for job in (label, train, evaluate, export, embed_items, rank)]


@pytest.mark.parametrize("job", [build, convert, *SLOW])
def test_a_job_without_room_says_which_file_and_goes_on_with_room(
    job: Callable[..., None],
    inputs: Inputs,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run() -> None:
        job(inputs, tmp_path / "out")

    for size in (0, 1500):
        code, [line] = ended(run, size, capsys)
        assert code == 1
        assert line.startswith(f"error: {tmp_path}/")
        assert ": file too large; " in line
    assert ended(run, resource.RLIM_INFINITY, capsys) == (0, [])
