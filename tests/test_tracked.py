"""What git keeps is of the project: no link to a place of one machine, nothing that runs leave behind."""

import pathlib
import subprocess

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def _a_checkout() -> None:
    if not (CHECKOUT / ".git").exists():
        pytest.skip("an archive without git's files")


def listed(*arguments: str) -> list[str]:
    command = ["git", "-C", str(CHECKOUT), "ls-files", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_no_file_is_a_link() -> None:
    assert [line for line in listed("--stage") if line.startswith("120000")] == []
    assert len(listed()) > 500


def test_nothing_kept_is_to_be_ignored() -> None:
    assert listed("--cached", "--ignored", "--exclude-standard") == []


def test_a_link_in_the_place_of_what_runs_leave_behind_is_ignored(tmp_path: pathlib.Path) -> None:
    """As `data` is, where it lies on another disk: a pattern that ends in a slash is of folders alone."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text((CHECKOUT / ".gitignore").read_text(encoding="utf-8"), encoding="utf-8")
    names = ["data", "runs", "exports", "embeddings"]
    for name in names:
        (tmp_path / name).symlink_to(tmp_path)
    ignored = subprocess.run(["git", "-C", str(tmp_path), "check-ignore", *names], capture_output=True, text=True)
    assert ignored.stdout.split() == names
