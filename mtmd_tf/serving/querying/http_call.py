"""One HTTP call with a deadline for the whole call and a limit on the size of the answer."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import urllib.parse
from typing import NamedTuple

from mtmd_tf.serving.querying.access import Access

_TLS_PORT, _PLAIN_PORT = 443, 80


class Answer(NamedTuple):
    """A whole answer: its status, its content's type, the content, and where it redirects to."""

    status: int
    kind: str
    content: bytes
    location: str


class TooLarge(Exception):
    """An answer above the limit."""


def call(host: str, path: str, body: bytes | None, *, access: Access, context: ssl.SSLContext | None) -> Answer:
    """GET, or POST of JSON; redirects are not followed, and no proxy is asked.

    Args:
        host: `host:port`, or without a port.
        path: Path of the URL, from the root.
        body: None for GET.
        access: Deadline, limit and headers.
        context: TLS context; None without TLS.

    Raises:
        TimeoutError: The deadline came before the last byte.
        TooLarge: There is more than `access.answer_bytes`.
        OSError: Nobody there, or TLS does not come about.
        http.client.HTTPException: What came is no HTTP, or broke off.
    """
    ends = time.monotonic() + access.timeout
    sock = _connect(host, ends, context)
    late = threading.Event()

    def cut() -> None:
        late.set()
        _shut(sock)

    timer = threading.Timer(max(ends - time.monotonic(), 0.0), cut)
    timer.daemon = True
    timer.start()
    try:
        answer = _ask(sock, host, path, body, access=access)
        if late.is_set():  # without a length, what came before the end is taken for all
            raise TimeoutError
        return answer
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        sock.close()


def _ask(sock: socket.socket, host: str, path: str, body: bytes | None, *, access: Access) -> Answer:
    connection = http.client.HTTPConnection(host, timeout=access.timeout)
    connection.sock = sock
    headers = {"Accept": "application/json", "Connection": "close", **access.headers}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request("GET" if body is None else "POST", path, body, headers)
    response = connection.getresponse()
    if (response.length or 0) > access.answer_bytes:
        raise TooLarge
    content = response.read(access.answer_bytes + 1)
    if len(content) > access.answer_bytes:
        raise TooLarge
    if response.length:  # a read of some bytes does not say that there were fewer
        raise http.client.IncompleteRead(content, response.length)
    return Answer(response.status, response.headers.get_content_type(), content, response.headers.get("Location", ""))


def _connect(host: str, ends: float, context: ssl.SSLContext | None) -> socket.socket:
    parts = urllib.parse.urlsplit(f"//{host}")
    name = parts.hostname or ""
    port = parts.port or (_PLAIN_PORT if context is None else _TLS_PORT)
    failure: OSError = OSError(f"no address of {name}")
    for family, kind, protocol, _, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(ends))
            sock.connect(address)
            sock.settimeout(_left(ends))
            return sock if context is None else context.wrap_socket(sock, server_hostname=name)
        except OSError as error:
            sock.close()
            failure = error
            if isinstance(error, ssl.SSLError):
                break
    raise failure


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself meanwhile
        sock.shutdown(socket.SHUT_RDWR)
