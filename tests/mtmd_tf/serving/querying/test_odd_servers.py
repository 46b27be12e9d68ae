"""Tests of mtmd_tf/serving/querying/http_call.py, access.py and remote_*.py: what a server does wrong is one line."""

import concurrent.futures
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import time

import numpy as np
import pytest

from mtmd_tf.serving.querying.access import Access, read_headers
from mtmd_tf.serving.querying.client import RemoteQueryTower
from mtmd_tf.serving.specification import ServingError
from tests.malformed import refused
from tests.mtmd_tf.serving.querying.odd_server import answering, http

SPEC = {"inputs": {"age": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "-1"}]}}}}
ONE = {"age": np.float32([30])}


def metadata(**spec: object) -> str:
    return json.dumps({"metadata": {"signature_def": {"signature_def": {"home": {**SPEC, **spec}}}}})


def ask(address: str, **access) -> dict[str, np.ndarray]:
    return RemoteQueryTower(address, access=Access(**{"timeout": 5.0, **access}))(ONE, surface="home")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            http("<html>Log in</html>", headers="Content-Type: text/html\r\n"),
            "text/html and no whole JSON (200), which",
        ),
        (
            http("", status="302 Found", headers="Location: https://sso/login\r\n"),
            "302: it redirects to https://sso/log",
        ),
        (http(metadata()[:50], length=len(metadata())), "half an answer: it broke off after 50 bytes"),
        (http(metadata()[:50]), "no whole JSON (200), which starts"),
        (http("{}"), "JSON without signatures, which starts {}"),
        (http("[1, 2]"), "JSON without signatures, which starts [1, 2]"),
        (http('{"metadata": {"signature_def": {"signature_def": 3}}}'), "JSON without signatures"),
        (http(metadata(inputs={"age": {"dtype": "DT_HALF"}})), "JSON without signatures"),
        (
            http(
                metadata(
                    inputs={"age": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": 1}, {"size": 10**12}]}}}
                )
            ),
            "JSON without signatures",
        ),
        (http("[" * 50_000), "no whole JSON (200), which starts"),
        (http('{"error": "no model"}', status="404 Not Found"), "refused: 404: no model"),
        (http("gone", status="502 Bad Gateway"), "no whole JSON (502), which starts 'gone'"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "what is no HTTP"),
        (b"", "the connection ended"),
        (http("x", length=10**9), "is larger than 16 MB"),
        (http(" " * ((16 << 20) + 1)), "is larger than 16 MB"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_answer_is_one_line(content: bytes, message: str) -> None:
    with answering(content) as host, refused("answer", content, ServingError, match=re.escape(message)) as caught:
        ask(f"http://{host}")
    assert "query_tower at http://localhost" in str(caught.value)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"embedding": [[1.0, 2.0]]}, "none for the output 'stamp' of 1 rows"),
        ({"embedding": [[1.0], [2.0]], "stamp": ["s"]}, "[2, 1] for the output 'embedding' of 1 rows"),
        ({"embedding": [1.0], "stamp": ["s"]}, "[1] for the output 'embedding' of 1 rows"),
        ({"embedding": [[1.0], [2.0, 3.0]], "stamp": ["s"]}, "JSON without outputs in columns"),
        ({"embedding": [["a"]], "stamp": ["s"]}, "JSON without outputs in columns"),
        ([[1.0]], "JSON without outputs in columns"),
    ],
)
def test_outputs_of_another_shape_are_one_line(outputs: object, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(http(json.dumps({"outputs": outputs}))) as host:
        tower = RemoteQueryTower(f"http://{host}")
        with answering(http(metadata())) as other:
            monkeypatch.setattr(tower, "_specs", RemoteQueryTower(f"http://{other}")._channel.specs())
        with pytest.raises(ServingError, match=re.escape(message)):
            tower(ONE, surface="home")


@pytest.mark.parametrize("head", [True, False], ids=["dripping head", "dripping body"])
def test_a_server_that_drips_is_left_at_the_deadline(head: bool) -> None:
    content = http(metadata())
    content = content if head else content.replace(b"Content-Length", b"X-Length")
    begun = time.monotonic()
    with answering(content, drip=0.05) as host, pytest.raises(ServingError, match=r"no whole answer .* in 0\.4 s"):
        ask(f"http://{host}", timeout=0.4)
    assert time.monotonic() - begun < 2


def test_headers_are_sent_and_never_shown(tmp_path: pathlib.Path) -> None:
    (tmp_path / "headers").write_text("Authorization: Bearer secret-word\n\nX-Team: ads\n")
    access = Access(headers=read_headers(tmp_path / "headers"))
    asked: list[bytes] = []
    with answering(http("{}"), asked=asked) as host, pytest.raises(ServingError) as caught:
        RemoteQueryTower(f"http://{host}", access=access)(ONE, surface="home")
    assert b"\r\nAuthorization: Bearer secret-word\r\nX-Team: ads\r\n" in asked[0]
    assert "secret" not in str(caught.value) + repr(access)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Authorization\n", "headers, line 1: a header is 'Name: value'"),
        ("A: b\nX y: secret\n", "headers, line 2: a header is 'Name: value'"),
        ("A: b\na: c\n", "headers, line 2: the header a comes twice"),
        ("A: \u00e9\n", "headers: headers are ASCII; byte 3 is not"),
    ],
)
def test_a_wrong_header_is_named_by_its_line(tmp_path: pathlib.Path, text: str, message: str) -> None:
    (tmp_path / "headers").write_text(text)
    with pytest.raises(ServingError, match=re.escape(message)) as caught:
        read_headers(tmp_path / "headers")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "access", "message"),
    [
        ("http://localhost:1", {"ca": "ca.pem"}, "certificates are for https:// and grpcs:// addresses"),
        ("https://localhost:1", {"certificate": "c.pem"}, "a client certificate and its key go together"),
        ("https://localhost:1", {"ca": "none.pem"}, "none.pem: no such file or directory"),
        ("https://localhost:1", {"timeout": 0.0}, "timeout and answer_bytes: above 0; they are 0.0 and"),
        ("http://localhost:1", {"headers": {"A": "b\r\nX: y"}}, "'A' is no header, or its value has more than visible"),
        ("http://me:word@localhost:1", {}, "a user and a password are headers, and no part of it"),
        ("http://localhost:99999", {}, "an address is grpc://host:port"),
        ("http://[::1", {}, "an address is grpc://host:port"),
    ],
)
def test_an_access_that_makes_no_sense_is_refused(address: str, access: dict, message: str) -> None:
    with pytest.raises(ServingError, match=re.escape(message)):
        RemoteQueryTower(address, access=Access(**access))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate of localhost that signs itself, and its key: for server, client and authority alike."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return str(certificate), str(key)


def test_https_with_its_own_authority_and_a_client_certificate(pair: tuple[str, str]) -> None:
    certificate, key = pair
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    with answering(http("{}"), context=context) as host:
        with pytest.raises(ServingError, match="JSON without signatures"):  # so it was understood
            ask(f"https://{host}", ca=certificate, certificate=certificate, key=key)
        with pytest.raises(
            ServingError, match=r"certificate of query_tower at .* is not trusted \(self-signed .*--tower"
        ):
            ask(f"https://{host}", certificate=certificate, key=key)
        with pytest.raises(ServingError, match=r"no answer from query_tower at https://"):
            ask(f"https://{host}", ca=certificate)
    with answering(http("{}")) as host, pytest.raises(ServingError, match="no TLS there"):
        ask(f"https://{host}", ca=certificate)


def test_grpc_with_its_own_authority_a_client_certificate_and_headers(pair: tuple[str, str]) -> None:
    import grpc

    seen: dict[str, str] = {}

    class Nothing(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> None:
            seen.update(details.invocation_metadata)

    certificate, key = (pathlib.Path(path).read_bytes() for path in pair)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1), handlers=[Nothing()])
    credentials = grpc.ssl_server_credentials([(key, certificate)], certificate, require_client_auth=True)
    address = f"grpcs://localhost:{server.add_secure_port('localhost:0', credentials)}"
    server.start()
    with pytest.raises(ServingError, match=r"query_tower at grpcs://localhost:\d+ refused: UNIMPLEMENTED"):
        ask(address, ca=pair[0], certificate=pair[0], key=pair[1], headers={"X-Team": "ads"})
    assert seen["x-team"] == "ads"
    with pytest.raises(ServingError, match=r"no (whole )?answer from query_tower at grpcs://"):
        ask(address, ca=pair[0], timeout=2.0)
    server.stop(None)


def test_files_that_are_no_certificates_are_named(pair: tuple[str, str], tmp_path: pathlib.Path) -> None:
    certificate, key = pair
    (tmp_path / "no.pem").write_text("no certificate")
    with pytest.raises(ServingError, match=r"no.pem holds no certificates in PEM"):
        ask("https://localhost:1", ca=str(tmp_path / "no.pem"))
    with pytest.raises(ServingError, match=r"key.pem and .*certificate.pem are no certificate and its own unencrypted"):
        ask("https://localhost:1", certificate=key, key=certificate)
