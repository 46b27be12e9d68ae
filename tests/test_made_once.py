"""A shared folder is made once, and again where it was left half-made."""

import pathlib

import pytest

from tests.made_once import made_once


def test_it_is_made_once_and_a_half_made_one_from_nothing(tmp_path: pathlib.Path, monkeypatch) -> None:
    def half(folder: pathlib.Path) -> None:
        folder.mkdir()
        (folder / "first").touch()
        raise KeyboardInterrupt

    def whole(folder: pathlib.Path) -> None:
        folder.mkdir()
        (folder / "second").touch()

    for worker in ("gw0", "gw1"):
        (tmp_path / worker).mkdir()
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    with pytest.raises(KeyboardInterrupt):
        made_once(tmp_path / "gw0", "shared", half)
    folder = made_once(tmp_path / "gw0", "shared", whole)
    assert folder == tmp_path / "shared"
    assert made_once(tmp_path / "gw1", "shared", half) == folder
    assert [path.name for path in folder.iterdir()] == ["second"]
