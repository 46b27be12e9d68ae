"""Runs the tests with the newest TensorFlow and tf_keras of the registry: `make test-newest` (docs/versions.md).

The environment is build/newest, beside .venv and without its pins. Nightly builds are taken where there are some, else
the newest release or release candidate. The outcome is build/newest.md: versions, sums, and the tests that failed.
"""

import dataclasses
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
BUILD = CHECKOUT / "build"
ENVIRONMENT, OUTCOME, REPORT = BUILD / "newest", BUILD / "newest.md", BUILD / "newest.xml"
PINNED = ("tensorflow", "tf-keras")  # what is to be the newest
BESIDE = ("tensorflow-recommenders", "tensorflow-serving-api")  # they ask for a released TensorFlow: without their word
NIGHTLY, RELEASED = ("tf-nightly", "tf_keras-nightly"), ("tensorflow", "tf_keras")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def others(requirements: Iterable[str]) -> list[str]:
    """What the package and its tests need, but for TensorFlow, tf_keras and what belongs to one version of them."""
    kept = []
    for requirement in requirements:
        text, _, marker = requirement.partition(";")
        name = _NAME.match(text)[0].lower().replace("_", "-")  # type: ignore[index]
        if name not in PINNED + BESIDE and ("extra ==" not in marker or "'test'" in marker.replace('"', "'")):
            kept.append(text.strip())
    return kept


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a file of tests came to."""

    file: str
    passed: int
    failed: tuple[str, ...]
    skipped: int


def outcomes(report: str) -> list[Outcome]:
    """Of pytest's JUnit report, by file; a failure and an error are one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        kinds = {child.tag for child in case}
        kind = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found.setdefault(case.get("classname", ""), []).append((kind, case.get("name", "")))
    return [
        Outcome(
            file=file,
            passed=sum(kind == "passed" for kind, _ in cases),
            failed=tuple(name for kind, name in cases if kind == "failed"),
            skipped=sum(kind == "skipped" for kind, _ in cases),
        )
        for file, cases in sorted(found.items())
    ]


def text_of(versions: dict[str, str], found: Sequence[Outcome]) -> str:
    """The outcome for people: versions, sums, and every test that failed."""
    failed = [f"- `{each.file}`: `{name}`" for each in found for name in each.failed]
    passed, skipped = sum(each.passed for each in found), sum(each.skipped for each in found)
    return "\n".join(
        [
            "| package | version |",
            "|---|---|",
            *(f"| {name} | {version} |" for name, version in versions.items()),
            "",
            f"{passed} tests passed, {len(failed)} failed, {skipped} skipped, in {len(found)} files.",
            *failed,
        ]
    )


def _python(*arguments: str, check: bool = True, **options) -> subprocess.CompletedProcess:
    command = [str(ENVIRONMENT / "bin/python"), *arguments]
    return subprocess.run(command, cwd=CHECKOUT, check=check, text=True, **options)


def _install(*what: str, check: bool = True) -> bool:
    print(f"newest: installing {' '.join(what)}", flush=True)
    quietly = ("--disable-pip-version-check", "--quiet", "--progress-bar=off")
    return _python("-m", "pip", "install", *quietly, *what, check=check).returncode == 0


def _make_environment() -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    requirements = importlib.metadata.requires("mtmd-tf") or []
    if not _install("--pre", *NIGHTLY, check=False):
        print("newest: no nightly build for this Python; taking the newest release or release candidate", flush=True)
        _install("--pre", *RELEASED)
    _install(*others(requirements))
    _install("--no-deps", *BESIDE)


def _versions() -> dict[str, str]:
    names = [*NIGHTLY, *RELEASED, *BESIDE, "numpy", "protobuf"]
    listed = _python("-m", "pip", "list", "--format=freeze", capture_output=True).stdout.splitlines()
    installed = {line.partition("==")[0].lower().replace("_", "-"): line.partition("==")[2] for line in listed}
    found = {name: installed.get(name.lower().replace("_", "-")) for name in names}
    return {"Python": ".".join(map(str, sys.version_info[:3]))} | {n: v for n, v in found.items() if v}


def main(arguments: Sequence[str]) -> int:
    """Makes the environment where it is not finished, runs the tests that the arguments choose, writes the outcome."""
    done = ENVIRONMENT / "finished"
    if not done.exists():
        _make_environment()
        done.touch()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    options = ("-q", "--dist=loadfile", "-n", "2", f"--junit-xml={REPORT}")
    code = _python("-m", "pytest", *options, *arguments, check=False, env=environment).returncode
    if not REPORT.exists():
        print("newest: no test ran", file=sys.stderr)
        return 1
    text = text_of(_versions(), outcomes(REPORT.read_text(encoding="utf-8")))
    OUTCOME.write_text(text + "\n", encoding="utf-8")
    print(f"\n{text}\n\nnewest: {OUTCOME.relative_to(CHECKOUT)}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
