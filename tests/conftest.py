"""Chooses Keras 2 before TensorFlow, makes the data that several tests read, and counts malformed inputs."""

import pathlib
from collections.abc import Iterator

import hypothesis
import pytest

import mtmd_tf  # noqa: F401
from mtmd_tf.config import ModelConfig
from tests import garbage, malformed

hypothesis.settings.register_profile("any_load", deadline=None)  # a busy machine fails no property
hypothesis.settings.load_profile("any_load")


@pytest.fixture(scope="session")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """240 requests over 6 days, with known labels; no test writes to it."""
    from tests.mtmd_tf.labeled import write_labeled

    return write_labeled(tmp_path_factory.mktemp("labeled") / "data")


@pytest.fixture(scope="session")
def narrow() -> ModelConfig:
    """A model small enough to train in a test."""
    return ModelConfig(
        dim=4,
        deep_units=(8,),
        shallow_units=(4,),
        router_units=(8,),
        extraction_levels=1,
        root_embedding=8,
        child_embedding=4,
        cross_projection=4,
    )


def pytest_collection_finish() -> None:
    """Every module is imported by now."""
    garbage.search_less()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--least-malformed", type=int, default=0, help="fail unless so many malformed inputs ran, none a traceback"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hands the malformed inputs of a test to its report, which also comes from another process of pytest-xdist."""
    try:
        return (yield)
    finally:
        item.user_properties += [("malformed", found) for found in malformed.taken()]


def _malformed(reporter: pytest.TerminalReporter) -> malformed.Seen:
    calls = [one for reports in reporter.stats.values() for one in reports if getattr(one, "when", None) == "call"]
    return malformed.merged(found for one in calls for name, found in one.user_properties if name == "malformed")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    enough = malformed.is_enough(_malformed(reporter), least=session.config.getoption("least_malformed"))
    if session.exitstatus == pytest.ExitCode.OK and not enough:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in malformed.summary(_malformed(terminalreporter), least=config.getoption("least_malformed")):
        terminalreporter.write_line(line)
