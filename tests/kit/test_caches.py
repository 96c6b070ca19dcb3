import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from malmoi.kit import caches

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package folder that cannot be written to, and a home that is not there."""
    for variable in (caches.NUMBA_VARIABLE, caches.FOLDER_VARIABLE):
        monkeypatch.setenv(variable, "")  # so that what the test sets is taken back
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    package = tmp_path / "package"
    package.mkdir()
    writable = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != package and writable(path, mode))
    return package


def test_numba_keeps_its_kernels_in_a_folder_of_ours_where_the_package_folder_is_read_only(package, tmp_path):
    caches.move_numba_cache(package)
    folder = Path(os.environ[caches.NUMBA_VARIABLE])
    assert folder == tmp_path / f"malmoi-{os.getuid()}" / "numba"
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_may_write_to_holds_no_code_of_ours(package, tmp_path):
    caches.move_numba_cache(package)
    del os.environ[caches.NUMBA_VARIABLE]
    (tmp_path / f"malmoi-{os.getuid()}" / "numba").chmod(0o770)
    assert caches.cache_folder("numba") is None


def test_what_the_user_said_and_a_writable_package_stay_as_they_are(package, tmp_path, monkeypatch):
    caches.move_numba_cache(tmp_path)
    assert caches.NUMBA_VARIABLE not in os.environ
    monkeypatch.setenv(caches.NUMBA_VARIABLE, "/said")
    caches.move_numba_cache(package)
    assert os.environ[caches.NUMBA_VARIABLE] == "/said"


@pytest.fixture
def nobody_tmp():
    """A temporary folder of a user without rights; skipped where this process cannot become that user."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become a user without rights")
    folder = tempfile.mkdtemp(prefix="malmoi-nobody-", dir="/tmp")  # that of pytest is closed to others
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow  # all kernels that masking needs are compiled anew
def test_a_user_without_home_or_rights_in_the_package_can_work(nobody_tmp):
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), "TMPDIR": nobody_tmp}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command, text = [*become, sys.executable, *words], "전화 010-1234-5678"
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd="/", input=text
        )

    if run("-c", "import malmoi.kit.errors").returncode:
        pytest.skip("that user may not read this Python or this clone")
    masked = run("-m", "malmoi", "corpus", "mask", "-")
    assert masked.returncode == 0, masked.stderr
    assert "010-1234-5678" not in masked.stdout
    assert list(Path(nobody_tmp).rglob("*.nbi"))
    assert run("-c", "import malmoi.corpus.steps.masking").returncode == 1  # what the entry point spares people
