import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from malmoi.kit import caches, stamps
from malmoi.kit.errors import UserError
from malmoi.kit.files import sha256_of

SIZE_BYTES = 3_000_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(caches.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tokens"
    made.mkdir()
    for name in ("a", "b"):
        (made / name).write_bytes(os.urandom(SIZE_BYTES))
    time.sleep(2 * stamps.RECENT_S)
    return made


def read_bytes() -> int:
    """What this process has read so far, from a disk or from memory."""
    return int(Path("/proc/self/io").read_text().split()[1])


def verified(folder: Path, expected: dict[str, str]) -> tuple[str | None, int]:
    """What is damaged, and how many bytes were read to know it."""
    before = read_bytes()
    wrong = stamps.damage_since(folder, expected)
    return wrong, read_bytes() - before


def hashes(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in ("a", "b")}


def test_what_was_verified_on_this_machine_is_not_read_again(folder):
    expected = hashes(folder)
    assert verified(folder, expected)[1] >= 2 * SIZE_BYTES
    wrong, read = verified(folder, expected)
    assert wrong is None
    assert read < 10_000


def flip(file: Path) -> None:
    with file.open("r+b") as stream:
        first = stream.read(1)[0]
        stream.seek(0)
        stream.write(bytes([first ^ 1]))


def flip_and_keep_the_time(file: Path) -> None:
    before = file.stat()
    flip(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(file: Path) -> None:
    file.with_suffix(".new").write_bytes(bytes(SIZE_BYTES))
    file.with_suffix(".new").rename(file)


@pytest.mark.parametrize("change", [flip, flip_and_keep_the_time, replace])
def test_a_file_that_changed_since_is_read_again_and_no_other(folder, change):
    expected = hashes(folder)
    stamps.damage_since(folder, expected)
    change(folder / "b")
    for _ in range(2):  # damage gets no stamp
        wrong, read = verified(folder, expected)
        assert wrong == "b is not as it was written (SHA-256)"
        assert SIZE_BYTES <= read < 2 * SIZE_BYTES


def test_processes_that_ask_at_once_read_the_files_once(folder):
    script = (
        "import json, sys, pathlib; from malmoi.kit import stamps\n"
        "read = lambda: int(pathlib.Path('/proc/self/io').read_text().split()[1])\n"
        "before = read(); assert stamps.damage_since(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])) is None\n"
        "print(read() - before)\n"
    )
    words = [sys.executable, "-c", script, str(folder), json.dumps(hashes(folder))]
    ranks = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    read = sorted(int(rank.communicate(timeout=60)[0]) for rank in ranks)
    assert read[1] < 10_000
    assert read[2] >= 2 * SIZE_BYTES


def test_another_hash_in_the_manifest_is_compared_with_the_file_again(folder):
    expected = hashes(folder)
    stamps.damage_since(folder, expected)
    assert stamps.damage_since(folder, expected | {"a": "0" * 64}) == "a is not as it was written (SHA-256)"


def test_a_missing_file_is_named_and_one_that_cannot_be_read_now_is_not_called_damaged(folder, unreadable):
    expected = hashes(folder)
    stamps.damage_since(folder, expected)
    (folder / "a").unlink()
    assert stamps.damage_since(folder, expected) == "a is missing"
    unreadable(folder, errno.EIO)
    with pytest.raises(UserError, match="a cannot be read now: Input/output error") as caught:
        stamps.damage_since(folder, expected)
    assert caught.value.code == 75


def test_without_a_place_for_stamps_files_are_hashed_every_time(folder, cache):
    cache.write_text("no folder")
    expected = hashes(folder)
    for _ in range(2):
        assert verified(folder, expected)[1] >= 2 * SIZE_BYTES
    flip(folder / "a")
    assert stamps.damage_since(folder, expected) == "a is not as it was written (SHA-256)"


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"a": 5}'])
def test_a_damaged_stamp_is_no_stamp(folder, cache, content):
    expected = hashes(folder)
    stamps.damage_since(folder, expected)
    (stamp,) = (cache / "verified").glob("*.json")
    stamp.write_bytes(content)
    wrong, read = verified(folder, expected)
    assert (wrong, read >= 2 * SIZE_BYTES) == (None, True)


def test_a_file_changed_a_moment_ago_gets_no_stamp(folder):
    expected = hashes(folder)
    later = time.time_ns() + 10**10
    os.utime(folder / "b", ns=(later, later))  # as if the clock of the file system went before ours
    for read in (2 * SIZE_BYTES, SIZE_BYTES):
        wrong, found = verified(folder, expected)
        assert (wrong, found >= read) == (None, True)
