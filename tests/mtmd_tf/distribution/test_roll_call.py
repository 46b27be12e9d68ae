import http.server
import socket
import threading

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.distribution.cluster import Cluster
from mtmd_tf.distribution.roll_call import meet
from tests.mtmd_tf.distribution.processes import free_addresses


def meet_all(*mine: dict[str, str], timeout: float = 30.0) -> list[str]:
    """What each of as many workers is told; '' where it met the others."""
    addresses, told = tuple(free_addresses(len(mine))), [""] * len(mine)

    def one(index: int) -> None:
        try:
            meet(Cluster(addresses=addresses, index=index), mine[index], timeout=timeout)
        except ConfigError as error:
            told[index] = str(error)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(mine))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_workers_that_are_alike_meet():
    assert meet_all(*[{"mtmd_tf": "1", "--epochs": "2"}] * 3) == ["", "", ""]


def test_one_worker_alone_has_nobody_to_wait_for():
    assert meet_all({"mtmd_tf": "1"}, timeout=1.0) == [""]


@pytest.mark.parametrize(
    ("other", "name"),
    [({"mtmd_tf": "2", "--epochs": "2"}, "mtmd_tf"), ({"mtmd_tf": "1", "--epochs": "3"}, "--epochs"), ({}, "--epochs")],
)
def test_workers_that_differ_all_name_what_differs(other, name):
    first, second = meet_all({"mtmd_tf": "1", "--epochs": "2"}, other)
    assert f"has {name} {other.get(name)}, this one, worker 0, has" in first
    assert f"this one, worker 1, has {other.get(name)}; all must have the same." in second


def test_an_address_where_nobody_is_ends_in_one_line_that_names_it():
    addresses = tuple(free_addresses(3))
    with pytest.raises(ConfigError) as raised:
        meet(Cluster(addresses=addresses, index=1), {}, timeout=0.5)
    assert str(raised.value).startswith(
        f"no worker at {addresses[0]} (worker 0), {addresses[2]} (worker 2) met this one, worker 1 of 3, in 0.5 s; "
    )
    assert "wait longer with --worker_timeout" in str(raised.value)


def test_a_host_that_no_name_server_knows_is_waited_for_as_any_other():
    [address] = free_addresses(1)
    with pytest.raises(ConfigError, match=r"no worker at nowhere.invalid:2222 \(worker 1\) met this one"):
        meet(Cluster(addresses=(address, "nowhere.invalid:2222"), index=0), {}, timeout=0.5)


def test_a_port_that_is_taken_is_named():
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"this worker cannot listen on {address} .*in use"):
            meet(Cluster(addresses=(address, "127.0.0.1:1"), index=0), {}, timeout=0.5)


@pytest.mark.parametrize("said", [b"", b"{", b"[1]", b"\xff"])
def test_whatever_else_answers_there_is_no_worker(said):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        [address] = free_addresses(1)
        there = f"127.0.0.1:{server.server_port}"
        with pytest.raises(ConfigError, match=f"no worker at {there}"):
            meet(Cluster(addresses=(address, there), index=0), {}, timeout=0.5)
        server.shutdown()
