"""A server that answers every connection with the same bytes, at its own pace; with TLS if it is given a context."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def answering(
    content: bytes, *, drip: float = 0.0, context: ssl.SSLContext | None = None, asked: list[bytes] | None = None
) -> Iterator[str]:
    """`localhost:PORT` while the block lasts; `drip` is the seconds between two bytes."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection if context is None else context.wrap_socket(connection, server_side=True) as one:
                    came = one.recv(65536)
                    if asked is not None:
                        asked.append(came)
                    for piece in [content[at : at + 1] for at in range(len(content))] if drip else [content]:
                        one.sendall(piece)
                        time.sleep(drip)
                        if ended.is_set():
                            break

    with socket.create_server(("localhost", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        try:
            yield f"localhost:{listener.getsockname()[1]}"
        finally:
            ended.set()


def http(body: bytes | str, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """An HTTP answer; `length` is what it says of the body."""
    body = body.encode() if isinstance(body, str) else body
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body
