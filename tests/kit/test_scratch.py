"""Temporary folders go with their process, and those of a killed one with the next."""

import subprocess
import sys
import tempfile

import pytest

from malmoi.kit.scratch import scratch_folder

KILLED = """
import os, signal
from malmoi.kit.scratch import scratch_folder
with scratch_folder("malmoi-tried-") as folder:
    (folder / "weights").write_bytes(b"x" * 1000)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_goes_and_what_others_hold_stays(place):
    for name in ("malmoi-other-1", "malmoi-tried-by-hand"):
        (place / name).mkdir()
    assert subprocess.run([sys.executable, "-c", KILLED], check=False).returncode == -9
    assert len(list(place.glob("malmoi-tried-*"))) == 2
    with scratch_folder("malmoi-tried-") as one, scratch_folder("malmoi-tried-") as other:
        (one / "a").touch()
        there = {path.name for path in place.iterdir()}
        assert there == {"malmoi-other-1", "malmoi-tried-by-hand", one.name, other.name}
    assert {path.name for path in place.iterdir()} == {"malmoi-other-1", "malmoi-tried-by-hand"}


def test_a_folder_that_somebody_emptied_meanwhile_ends_without_a_fault(place):
    with scratch_folder("malmoi-tried-") as folder:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    assert list(place.iterdir()) == []
