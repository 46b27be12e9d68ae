"""Every command has `--help`, which names its flags and ends in 0 before anything slow is imported."""

import contextlib
import io
import json
import os
import pathlib
import runpy
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]
SERVING = ("export", "mtmd_tf.jobs.embed_items", "mtmd_tf.jobs.rank", "mtmd_tf.jobs.measure_ranking")
SLOW = ("tensorflow", "pandas", "pyarrow")  # a second and more; matplotlib, which names tables, takes a quarter
COMMANDS = [
    *(path.stem for path in CHECKOUT.glob("*.py") if "settings.run(main, FLAGS)" in path.read_text(encoding="utf-8")),
    *(
        f"mtmd_tf.jobs.{path.stem}"
        for path in sorted((CHECKOUT / "mtmd_tf" / "jobs").glob("*.py"))
        if "\n    settings.run(main, FLAGS)" in path.read_text(encoding="utf-8")
    ),
    *(
        "tfrecords_tools",
        *(f"tfrecords_tools {verb}" for verb in ("build", "convert", "doctor", "inspect", "validate")),
    ),
]


def helped(command: str) -> tuple[object, str, set[str]]:
    """The exit code of `command --help`, what it prints, and the slow modules that it imported."""
    module, *verbs = command.split()
    sys.argv = [f"{module.split('.')[-1]}.py", *verbs, "--help"]
    sys.path.insert(0, str(CHECKOUT))
    code: object = None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), {name for name in SLOW if name in sys.modules}


def _tells(command: str, text: str) -> bool:
    """Whether it names flags; a command that serves also names its folder and the section of the paper."""
    if command in SERVING:
        return ("--out" in text or "--embeddings" in text) and ("paper section" in text or "(section" in text)
    return "--" in text


def _said_by_a_child(command: str) -> str:
    """What `helped` gives in a fork, which costs less than a Python of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        said = "a traceback"
        try:
            code, text, slow = helped(command)
            said = f"{code} {sorted(slow)} {_tells(command, text)}"
        finally:
            os.write(write, said.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Of every command, asked from a process that has imported nothing slow."""
    done = subprocess.run([sys.executable, "-m", "tests.test_commands"], cwd=CHECKOUT, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_in_0_and_imports_nothing_slow(command, said) -> None:
    assert said[command] == "0 [] True"


if __name__ == "__main__":
    print(json.dumps({command: _said_by_a_child(command) for command in COMMANDS}))
