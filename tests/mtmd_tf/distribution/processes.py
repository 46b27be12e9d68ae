"""Real processes of a cluster on 127.0.0.1, on ports that are free now."""

import concurrent.futures
import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Sequence

from tests import warm

CHECKOUT = pathlib.Path(__file__).parents[3]
PATIENCE = 400.0  # seconds, on a machine that does much else


def free_addresses(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    finally:
        for each in sockets:
            each.close()


def tf_config(addresses: Sequence[str], index: int) -> str:
    return json.dumps({"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": index}})


def start(command: Sequence[str], **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_workers(command: Sequence[str], *, count: int = 2) -> list[subprocess.Popen]:
    addresses = free_addresses(count)
    return [start(command, TF_CONFIG=tf_config(addresses, index)) for index in range(count)]


def run_workers(command: Sequence[str], *, count: int = 2) -> list[subprocess.CompletedProcess]:
    """Workers that begin with TensorFlow imported, and have ended."""
    addresses = free_addresses(count)

    def run(index: int) -> subprocess.CompletedProcess:
        return warm.run(*command, TF_CONFIG=tf_config(addresses, index))

    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def ended(processes: Sequence[subprocess.Popen]) -> list[tuple[int, str, str]]:
    """`(code, stdout, stderr)` of each; whatever happens, none is left running."""
    try:
        told = [process.communicate(timeout=PATIENCE) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *said) for process, said in zip(processes, told, strict=True)]
