"""Tests of what docs/serving.md shows: every command and Python block but Docker's, and the files that Docker reads."""

import contextlib
import dataclasses
import io
import json
import pathlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from mtmd_tf.exporting.export import export
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.embeddings import embed_items
from tests import warm
from tests.mtmd_tf.serving.world import NARROW
from tfrecords_tools.requests import Items
from tfrecords_tools.schema import Schema
from tfrecords_tools.shards import write_dataset

CHECKOUT = pathlib.Path(__file__).parents[1]
PAGE = (CHECKOUT / "docs/serving.md").read_text()
CONTRACT = (CHECKOUT / "docs/data-contract.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if not language for line in block.splitlines()]
Replace = dict[str, str]


@pytest.fixture(scope="module")
def replace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replace]:
    """What the page calls an export of the data contract's schema, its data set and its servers: what they are here."""
    from tests.mtmd_tf.serving.server import serving

    folder = tmp_path_factory.mktemp("serving_page")
    (shown,) = re.findall(r"^```json\n(.*?)^```$", CONTRACT, re.MULTILINE | re.DOTALL)
    quick = dataclasses.replace(NARROW, architecture="shared_bottom", unconstrained_surfaces=())
    model = TwoTowerModel(Schema.from_dict(json.loads(shown)), config=quick)
    model.make_variables()
    export(model, folder / "exports/mine")
    write_sample(model.schema, folder / "data/mine-labeled")
    with serving(folder / "exports/mine") as addresses:
        names = ("exports/mine", "data/mine-labeled", "embeddings/mine")
        ports = {
            f"localhost:{port}": addresses[kind].split("://")[1] for port, kind in ((8500, "grpc"), (8501, "http"))
        }
        yield {name: str(folder / name) for name in names} | ports


def write_sample(schema: Schema, folder: pathlib.Path) -> None:
    requests = sample_requests(schema)
    items = Items(item_id=requests.item_id, product=requests.product, item=requests.item, item_mask=requests.item_mask)
    requests = dataclasses.replace(requests, label={"ctr": np.full(len(items.item_id), 0.5, np.float32)})
    write_dataset(folder, schema=schema, requests=[requests], items=items, eval_from="1970-01-01", source={"name": "s"})


def here(text: str, replace: Replace) -> str:
    for shown, real in replace.items():
        text = text.replace(shown, real)
    return text


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("python")], ids=lambda c: c[:40])
def test_a_python_command_runs_or_has_its_flags(replace: Replace, command: str) -> None:
    words = shlex.split(here(command, replace))[1:]
    if words[0] in ("train.py", "export.py"):  # their own tests run them: tests/test_train.py, test_serving_jobs.py
        flags, words = words[1:], [words[0], "--help"]
    elif words[1] == "mtmd_tf.jobs.skew":  # as tests/mtmd_tf/jobs/test_skew.py does, which has older embeddings
        flags, words = words[2:], [*words[:2], "--help"]
    done = warm.run(*words)
    if words[-1] == "--help":
        assert all(flag.split("=")[0] in done.stdout for flag in flags)
    else:
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("curl")], ids=range(4))
def test_a_curl_command_is_answered(replace: Replace, command: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on the PATH")
    done = subprocess.run(shlex.split(here(command, replace)), capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    if ":predict" in command:
        assert len(answer["outputs"]["embedding"]) == 1
    else:
        assert answer


def test_the_python_blocks_run(replace: Replace) -> None:
    embed_items(*(replace[name] for name in ("exports/mine", "data/mine-labeled", "embeddings/mine")))
    for block in [block for language, block in BLOCKS if language == "python"]:
        names: dict = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(here(block, replace), names)
        embedding = names["outputs"]["embedding"] if "outputs" in names else names["embedding"]
        assert np.isfinite(embedding).all()


def test_every_command_of_the_page_is_of_a_kind_that_is_tested() -> None:
    programs = {"EXPORT=./exports/mine" if "compose" in line else line.split()[0] for line in COMMANDS}
    assert programs == {"python", "curl", "docker", "EXPORT=./exports/mine"}


def test_models_config_serves_both_towers_with_two_versions() -> None:
    text = (CHECKOUT / "serving/models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    models = {model.name: model for model in config.model_config_list.config}
    assert {name: model.base_path for name, model in models.items()} == {
        "query_tower": "/exports/query_tower",
        "item_tower": "/exports/item_tower",
    }
    assert {model.model_version_policy.latest.num_versions for model in models.values()} == {2}


def test_compose_and_the_page_run_one_image_with_the_files_of_this_checkout() -> None:
    compose = (CHECKOUT / "docker-compose.yml").read_text()
    (image,) = set(re.findall(r"tensorflow/serving:[\w.-]+", compose + PAGE))
    assert re.fullmatch(r"tensorflow/serving:\d+\.\d+\.\d+", image)
    for path in re.findall(r"=/config/(\S+)", compose + PAGE):
        assert (CHECKOUT / "serving" / path).exists()
