"""The exports run in TensorFlow's C++ loader, the one that TensorFlow Serving links, without any Python."""

import pathlib
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.warmup import warmup_inputs
from mtmd_tf.serving.loading import embed, load_tower
from mtmd_tf.serving.rows import to_inputs
from mtmd_tf.serving.specification import RankerSpec
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_schema

SOURCE = pathlib.Path(__file__).with_name("serve_once.cc")
Serve = Callable[..., list[dict[str, np.ndarray]]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    compiler, folder = shutil.which("g++"), pathlib.Path(tf.sysconfig.get_lib())
    libraries = [folder / name for name in ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")]
    if compiler is None:
        pytest.skip("no g++ on the PATH")
    if not all(library.exists() for library in libraries):
        pytest.skip(f"this TensorFlow has no C++ libraries in {folder}")
    program = tmp_path_factory.mktemp("cpp") / "serve_once"
    flags = [*tf.sysconfig.get_compile_flags(), "-O0", "-w"]
    link = ["-Wl,--no-as-needed", f"-Wl,-rpath,{folder}", *map(str, libraries)]
    built = subprocess.run(
        [compiler, *flags, str(SOURCE), "-o", str(program), *link], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-2000:]
    return program


@pytest.fixture
def serve(world: World, program: pathlib.Path, tmp_path: pathlib.Path) -> Serve:
    """`serve(tower, (signature, inputs), ...)`: the outputs of each."""

    def run(tower: str, *requests: tuple[str, dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
        command = [str(program), str(world.exports / tower / "1")]
        for number, (signature, inputs) in enumerate(requests):
            request = meta_graph_pb2.SignatureDef(method_name=signature)
            for name, array in inputs.items():
                plain = array.tolist() if array.dtype == object else array
                request.defaults[name].CopyFrom(tf.make_tensor_proto(plain, shape=array.shape))
            paths = [tmp_path / f"{number}.{kind}" for kind in ("request", "answer")]
            paths[0].write_bytes(request.SerializeToString())
            command += map(str, paths)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        answers = [meta_graph_pb2.SignatureDef.FromString(pathlib.Path(path).read_bytes()) for path in command[3::2]]
        return [{name: tf.make_ndarray(tensor) for name, tensor in answer.defaults.items()} for answer in answers]

    return run


@pytest.mark.parametrize("name", ["query_tower", "item_tower"])
def test_every_signature_answers_as_it_does_in_python(world: World, serve: Serve, name: str) -> None:
    spec = RankerSpec.load(world.exports)
    tower = load_tower(spec.tower_folder(world.exports, name), stamp=spec.stamp)
    requests = list(warmup_inputs(tiny_schema(), tower=name, sample=sample_requests(tiny_schema())))
    assert {signature for signature, _ in requests} == set(tower.signatures)
    for (signature, inputs), answer in zip(requests, serve(name, *requests), strict=True):
        np.testing.assert_allclose(answer["embedding"], embed(tower, signature, inputs), atol=1e-5)
        assert set(answer["stamp"].tolist()) == {spec.stamp.encode()}


def test_inputs_that_a_request_leaves_out_are_missing(serve: Serve) -> None:
    features = tiny_schema().features_of("query", domain="search")
    whole = to_inputs(features, [{"age": 30.0}, {"age": 20.0}], where="search")
    some = {"age": whole["age"]}
    routed = {"surface": np.array([b"search", b"search"], dtype=object)}
    left_out, sent, none, by_surface = serve(
        "query_tower", ("search", some), ("search", whole), ("search", {}), ("serving_default", some | routed)
    )
    np.testing.assert_array_equal(left_out["embedding"], sent["embedding"])
    np.testing.assert_allclose(by_surface["embedding"], sent["embedding"], atol=1e-5)
    assert none["embedding"].shape == (1, 24)
