"""Tests of mtmd_tf/serving/querying/query_tower.py."""

import http.server
import json
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from mtmd_tf.serving.querying.query_tower import LOCAL, open_query_tower
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.spec import small_spec
from tests.mtmd_tf.serving.world import World

ANSWER = {"outputs": {"embedding": [[1.0, 2.0]], "ctr": [[1.0, 2.0]], "stamp": ["0123456789abcdef"]}}


ROWS, TOKENS = {"size": "-1"}, {"size": "-1"}
INPUTS = (
    ("country", "DT_STRING", [ROWS]),
    ("words", "DT_STRING", [ROWS, TOKENS]),
    ("age", "DT_FLOAT", [ROWS]),
    ("visits", "DT_FLOAT", [ROWS]),
    ("taste", "DT_FLOAT", [ROWS, {"size": "2"}]),
    ("brand", "DT_INT64", [ROWS]),
)


class Server(http.server.BaseHTTPRequestHandler):
    """Answers as TF Serving's REST interface does, and remembers what it was asked."""

    asked: list[tuple[str, dict]]

    def do_GET(self) -> None:
        signature = {"inputs": {name: {"dtype": dtype, "tensor_shape": {"dim": dims}} for name, dtype, dims in INPUTS}}
        self._send({"metadata": {"signature_def": {"signature_def": {"home": signature}}}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append((self.path, body))
        self._send(ANSWER)

    def _send(self, plain: dict) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(plain).encode())

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Server.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_request_over_rest(address: str) -> None:
    tower = open_query_tower(address, exports="nowhere", spec=small_spec())
    features = {
        "country": np.array([b"fr"], object),
        "words": np.array([["h\u00fcte".encode(), b"\xff"]], object),
        "age": np.float32([30]),
    }
    outputs = tower(features, surface="home")
    assert outputs["embedding"].dtype == np.float32
    assert outputs["embedding"].tolist() == [[1, 2]]
    assert outputs["stamp"].tolist() == [b"0123456789abcdef"]
    ((path, body),) = Server.asked
    assert path == f"/v1/models/query_tower/versions/{small_spec().version}:predict"
    assert body["signature_name"] == "home"
    assert np.isnan([*body["inputs"].pop("visits"), *body["inputs"].pop("taste")[0]]).all()
    assert body["inputs"] == {
        "country": ["fr"],
        "words": [["h\u00fcte", {"b64": "/w=="}]],
        "age": [30],
        "brand": [-(2**63)],
    }


@pytest.mark.parametrize("kind", ["grpc", "http"])
def test_ranking_by_a_remote_tower_is_ranking_by_the_one_in_the_process(world: World, kind: str) -> None:
    from tests.mtmd_tf.serving.server import serving

    features = {"country": "fr", "age": 30.0, "words": ["red"]}
    here = Ranker(world.exports, world.embeddings).rank("search", features)
    with serving(world.exports) as addresses:
        there = Ranker(world.exports, world.embeddings, query_tower=addresses[kind]).rank("search", features)
    assert there.item_id == here.item_id
    np.testing.assert_allclose(there.utility, here.utility, rtol=1e-5)


@pytest.mark.parametrize("visits", [-0.5, -1.0, -5.0, np.inf])
def test_what_the_tower_itself_refuses_is_one_line(world: World, visits: float) -> None:
    # A client that does without `to_inputs` may send anything.
    tower = open_query_tower(LOCAL, exports=world.exports, spec=RankerSpec.load(world.exports))
    message = r"^the query tower refuses the request: a present feature must be finite, and a count .*: query/visits"
    with pytest.raises(ServingError, match=message) as caught:
        tower({"visits": np.float32([visits])}, surface="home")
    assert "\n" not in str(caught.value)


def test_another_address_is_refused_with_the_choices() -> None:
    with pytest.raises(ServingError, match=r"no query tower at 'ftp://a'; it is one of \['local', 'grpc://HOST:PORT'"):
        open_query_tower("ftp://a", exports="nowhere", spec=small_spec())
