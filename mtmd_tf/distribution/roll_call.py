"""Workers meet before TensorFlow waits for them, which it does without end and without a word (docs/adr/0037).

Each answers with what it is on its own address of TF_CONFIG, and asks the others, until it has asked all and all have
asked it; then TensorFlow takes the address. So an address where nobody is, and a worker of another version, with other
settings or on other data, end in one line.
"""

import functools
import http.client
import http.server
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.distribution.cluster import VARIABLE, Cluster

_PATH = "/mtmd_tf/roll_call/"
_EVERY = 0.1  # seconds between two rounds of asking
_ONE_ANSWER = 5.0  # seconds that one answer may take
_LARGEST = 1 << 20  # bytes of one answer


def meet(cluster: Cluster, mine: Mapping[str, str], *, timeout: float) -> None:
    """Waits for all workers of a cluster, and compares what they are.

    Args:
        cluster: The workers, and which of them this process is.
        mine: What must be the same on all, by name: versions, settings, data.
        timeout: Seconds to wait.

    Raises:
        ConfigError: A worker that does not answer in time, or differs; or an address that this process cannot take.
    """
    others = set(range(len(cluster.addresses))) - {cluster.index}
    asked_by: set[int] = set()
    answers: dict[int, Mapping[str, str]] = {}
    until = time.monotonic() + timeout
    with _server(cluster, mine, asked_by, until=until) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _EVERY / 2}, daemon=True).start()
        try:
            while answers.keys() < others or asked_by < others:
                for index in sorted(others - answers.keys()):
                    if (answer := _ask(cluster, index)) is not None:
                        answers[index] = answer
                if time.monotonic() > until:
                    raise _missing(cluster, sorted(others - (answers.keys() & asked_by)), timeout=timeout)
                time.sleep(_EVERY)
        finally:
            server.shutdown()
    for index in sorted(answers):
        _require_same(cluster, index, mine, answers[index])


class _Answer(http.server.BaseHTTPRequestHandler):
    """Says what this worker is to another, whose index is the last word of the path."""

    timeout = _ONE_ANSWER

    def __init__(self, *arguments: Any, body: bytes, asked_by: set[int]) -> None:
        self._body, self._asked_by = body, asked_by
        super().__init__(*arguments)

    def do_GET(self) -> None:
        index = self.path.removeprefix(_PATH)
        if index == self.path or not (index.isascii() and index.isdigit()):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self._body)))
        self.end_headers()
        self.wfile.write(self._body)
        self._asked_by.add(int(index))

    def log_message(self, *_: Any) -> None:
        """Nobody reads a log of it."""


def _server(
    cluster: Cluster, mine: Mapping[str, str], asked_by: set[int], *, until: float
) -> http.server.ThreadingHTTPServer:
    """Listens on this worker's port on every interface, as TensorFlow will; waits for a former process to let go."""
    port = int(cluster.addresses[cluster.index].rpartition(":")[2])
    handler = functools.partial(_Answer, body=json.dumps(mine).encode(), asked_by=asked_by)
    while True:
        try:
            return http.server.ThreadingHTTPServer(("", port), handler)
        except OSError as error:
            if time.monotonic() > until:
                raise ConfigError(
                    f"this worker cannot listen on {cluster.addresses[cluster.index]} ({error.strerror}); end what "
                    f"does, or change the port in {VARIABLE}."
                ) from error
            time.sleep(_EVERY)


def _ask(cluster: Cluster, index: int) -> Mapping[str, str] | None:
    """What another worker is; None where none answers yet."""
    host, _, port = cluster.addresses[index].rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=_ONE_ANSWER)
    try:
        connection.request("GET", f"{_PATH}{cluster.index}")
        response = connection.getresponse()
        answer = json.loads(response.read(_LARGEST)) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else None


def _missing(cluster: Cluster, indices: list[int], *, timeout: float) -> ConfigError:
    named = ", ".join(f"{cluster.addresses[index]} (worker {index})" for index in indices)
    return ConfigError(
        f"no worker at {named} met this one, worker {cluster.index} of {len(cluster.addresses)}, in {timeout:g} s; "
        f"start the same command there, correct {VARIABLE}, or wait longer with --worker_timeout."
    )


def _require_same(cluster: Cluster, index: int, mine: Mapping[str, str], other: Mapping[str, str]) -> None:
    for name in sorted(mine.keys() | other.keys()):
        if mine.get(name) != other.get(name):
            raise ConfigError(
                f"worker {index} at {cluster.addresses[index]} has {name} {other.get(name)}, this one, worker "
                f"{cluster.index}, has {mine.get(name)}; all must have the same."
            )
