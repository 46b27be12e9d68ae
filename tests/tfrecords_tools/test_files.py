import errno
import os
import stat

import pytest

from tfrecords_tools.files import UNFINISHED, about, atomically, beside, folder_beside, inside, write_bytes, write_text
from tfrecords_tools.requests import DataError


def test_a_file_appears_when_its_block_ends(tmp_path):
    path = tmp_path / "a.bin"
    with atomically(path) as temporary:
        temporary.write_bytes(b"new")
        assert not path.exists()
        assert temporary.match(UNFINISHED)
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(TypeError), atomically(path) as temporary:
        temporary.write_text(temporary.write_text("half of the n"))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "a.txt").symlink_to(victim)
    write_text(tmp_path / "a.txt", "new")
    assert victim.read_text() == "untouched"
    assert not (tmp_path / "a.txt").is_symlink()


def test_no_two_temporary_names_are_the_same(tmp_path):
    assert len({beside(tmp_path / "a") for _ in range(100)}) == 100


def test_the_file_may_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_text_is_utf_8_whatever_the_locale(tmp_path, monkeypatch):
    monkeypatch.setattr("locale.getpreferredencoding", lambda *_: "latin-1")
    monkeypatch.setattr("locale.getencoding", lambda: "latin-1")
    write_text(tmp_path / "a", "Zürich 東京")
    assert (tmp_path / "a").read_bytes() == "Zürich 東京".encode()


@pytest.mark.parametrize("filename", [None, "temporary"])
def test_a_full_disk_names_the_file_that_people_know(tmp_path, filename):
    with pytest.raises(OSError) as caught, atomically(tmp_path / "a.bin") as temporary:
        raise OSError(errno.ENOSPC, "Error writing bytes to file", filename and str(temporary))
    assert caught.value.filename == str(tmp_path / "a.bin")
    assert caught.value.strerror == "No space left on device"


def test_a_full_disk_names_what_is_written_in_place_too(tmp_path):
    with pytest.raises(OSError) as caught, about(tmp_path / "log.txt"):
        os.write(os.open("/dev/full", os.O_WRONLY), b"a line")
    assert caught.value.filename == str(tmp_path / "log.txt")


def test_what_is_refused_about_another_file_keeps_that_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomically(tmp_path / "a.bin"):
        (tmp_path / "other").read_bytes()
    assert caught.value.filename == str(tmp_path / "other")


def test_a_missing_folder_is_named_by_the_file_in_it(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomically(tmp_path / "no" / "a.bin"):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "a.bin")


@pytest.mark.parametrize("name", ["/etc/passwd", "../victim/x", "train/../../x", "", "a\0b", 7, None, ["a"]])
def test_a_named_path_cannot_leave_its_folder(tmp_path, name):
    with pytest.raises(DataError, match=r"^m.json names .* where the rule is a path inside .*, without `..`"):
        inside(tmp_path, name, said_by="m.json")


def test_a_named_path_cannot_leave_its_folder_by_a_link(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"names 'train/a', which leads to .*/a; the rule is a path inside .*/data"):
        inside(tmp_path / "data", "train/a", said_by="m.json")


def test_a_folder_may_be_reached_by_a_link(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert inside(tmp_path / "link", "train/a", said_by="m.json") == tmp_path / "link/train/a"


def test_a_folder_is_made_anew_and_what_kills_left_is_removed_but_for_links(tmp_path):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "a").touch()
    for name in (".1.tmp", ".1.0123456789abcdef.tmp", ".10.tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / ".1.link.tmp").symlink_to(tmp_path / "victim")
    made = folder_beside(tmp_path / "1")
    assert {path.name for path in tmp_path.iterdir()} == {"victim", ".10.tmp", ".1.link.tmp", made.name}
    assert os.listdir(tmp_path / "victim") == ["a"]
    assert os.listdir(made) == []
