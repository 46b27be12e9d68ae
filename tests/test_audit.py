"""What the audit of dependencies says and how it ends."""

import json

import pytest

from tests import audit
from tests.audit import result

SOUND = {"name": "numpy", "version": "2.1", "vulns": []}
WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


def said(*packages: dict) -> tuple[str, int]:
    return result(json.dumps({"dependencies": packages}), "")


def test_a_known_weakness_ends_in_1_and_says_what_mends_it() -> None:
    text, code = said(SOUND, WEAK)
    assert text.splitlines() == [
        "audit: old 1.0: PYSEC-1, mended in 1.1, 2.0",
        "audit: 1 known weaknesses in 2 packages",
    ]
    assert code == 1


def test_what_was_not_looked_up_is_named() -> None:
    assert said(SOUND, UNKNOWN) == ("audit: 0 known weaknesses in 1 packages; not looked up: own", 0)


def test_nothing_looked_up_is_no_clean_bill() -> None:
    assert said(UNKNOWN) == ("audit: skipped, no package could be looked up: Dependency not found on PyPI", 0)


def test_offline_it_is_skipped_with_a_word() -> None:
    text, code = result("", "Traceback ...\nConnectionError: no route to host\n")
    assert text == "audit: skipped, the advisories cannot be reached: ConnectionError: no route to host"
    assert code == 0


def test_without_a_network_no_package_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_PROBE", "http://127.0.0.1:9/none")
    assert audit.main() == 0
    assert capsys.readouterr().out.startswith(
        "audit: skipped, the advisories cannot be reached: http://127.0.0.1:9/none: "
    )
