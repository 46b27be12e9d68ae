"""The cluster that the environment variable TF_CONFIG describes, checked before TensorFlow waits for it."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import ConfigError

VARIABLE = "TF_CONFIG"
_EXAMPLE = '\'{"cluster": {"worker": ["host-0:2222", "host-1:2222"]}, "task": {"type": "worker", "index": 0}}\''
_JOBS = ("chief", "worker")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """The workers of a training, and which of them this process is.

    Attributes:
        addresses: `HOST:PORT` of each worker, the chief first.
        index: Index of this process among them.
    """

    addresses: tuple[str, ...]
    index: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Cluster":
        """The cluster that an environment's TF_CONFIG describes.

        Raises:
            ConfigError: There is none, or it breaks a rule.
        """
        text = environment.get(VARIABLE, "")
        if not text:
            raise ConfigError(
                f"--strategy=multi_worker reads the environment variable {VARIABLE}, which is not set; set it on every "
                f"worker, such as {VARIABLE}={_EXAMPLE}."
            )
        try:
            plain = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{VARIABLE} is no JSON ({error}): {text:.200}; write it such as {_EXAMPLE}.") from error
        jobs, task = (_mapping(plain, name) for name in ("cluster", "task"))
        return _checked(jobs, task)


def _checked(jobs: Mapping[str, Any], task: Mapping[str, Any]) -> Cluster:
    if unknown := sorted(set(jobs) - set(_JOBS)):
        raise ConfigError(
            f"{VARIABLE}.cluster has {unknown}; it may have {list(_JOBS)}, each with a list of HOST:PORT."
        )
    listed = {job: _addresses(jobs.get(job, []), job=job) for job in _JOBS}
    if len(listed["chief"]) > 1:
        raise ConfigError(f"{VARIABLE}.cluster has {len(listed['chief'])} chiefs, {listed['chief']}; one is the most.")
    everyone = listed["chief"] + listed["worker"]
    if twice := sorted({address for address in everyone if everyone.count(address) > 1}):
        raise ConfigError(f"{VARIABLE}.cluster lists {twice[0]} more than once; every worker has its own HOST:PORT.")
    kind, index = task.get("type"), _whole(task.get("index"))
    if kind not in [job for job in _JOBS if listed[job]]:
        raise ConfigError(
            f"{VARIABLE}.task.type is {kind!r}; it must be one of {[job for job in _JOBS if listed[job]]}."
        )
    if index is None or not 0 <= index < len(listed[kind]):
        raise ConfigError(
            f"{VARIABLE}.task.index is {task.get('index')!r}; the {kind}s are 0 to {len(listed[kind]) - 1}."
        )
    before = len(listed["chief"]) if kind == "worker" else 0
    return Cluster(addresses=tuple(everyone), index=before + index)


def _mapping(plain: Any, name: str) -> Mapping[str, Any]:
    value = plain.get(name) if isinstance(plain, dict) else None
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{VARIABLE} has no object {name!r}; write it such as {_EXAMPLE}.")
    return value


def _addresses(value: Any, *, job: str) -> list[str]:
    if not isinstance(value, list):
        raise ConfigError(f"{VARIABLE}.cluster.{job} is {value!r:.80}; it must be a list of HOST:PORT.")
    for address in value:
        host, colon, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
        if not host or not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ConfigError(f"{VARIABLE}.cluster.{job} lists {address!r:.80}; HOST:PORT is the rule.")
    return value


def _whole(index: Any) -> int | None:
    """The index as a number, or None; some launchers write it as text."""
    if isinstance(index, str) and index.isascii() and index.isdigit():
        return int(index)
    return index if isinstance(index, int) and not isinstance(index, bool) else None
