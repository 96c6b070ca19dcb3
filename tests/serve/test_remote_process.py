import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from remote_world import LIMITS

from malmoi.kit.config import parse, read_toml
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.serve.remote import keeper
from malmoi.serve.remote.process import started
from malmoi.serve.remote.settings import ProcessSettings, RemoteSettings

ROOT = Path(__file__).parents[2]
SERVER = """
import http.server, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
child = subprocess.Popen(["sleep", "600"])
with open(sys.argv[2], "a") as pids:
    print(os.getpid(), child.pid, file=pids)
http.server.HTTPServer.allow_reuse_address = True
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def recipe(tmp_path, free_port):
    command = (sys.executable, "-c", SERVER, str(free_port), str(tmp_path / "pids"))
    process = ProcessSettings(command, tmp_path / "log", ready_s=60, longest_wait_s=1, grace_s=2)
    return RemoteSettings(f"http://127.0.0.1:{free_port}", tmp_path, limits=LIMITS, process=process)


@pytest.fixture
def free_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def pids(tmp_path):
    """The processes of the last start: the server, and its child."""
    return [int(word) for word in (tmp_path / "pids").read_text().splitlines()[-1].split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_process_starts_again_when_it_dies_and_ends_with_its_children(recipe, tmp_path):
    with started(recipe):
        first, child = pids(tmp_path)
        os.kill(first, signal.SIGKILL)
        assert until(lambda: pids(tmp_path)[0] != first)
        assert until(lambda: not is_alive(child))  # what it left of its group is ended before it starts again
        second = pids(tmp_path)
    assert until(lambda: not any(map(is_alive, second)))


def test_a_process_ends_also_when_we_are_killed(recipe, tmp_path):
    code = f"""
import pathlib, time
from malmoi.serve.remote import keeper
from malmoi.serve.remote import keeper
from malmoi.serve.remote.process import started
from malmoi.serve.remote.settings import ProcessSettings, RemoteSettings
process = ProcessSettings({recipe.process.command!r}, pathlib.Path({str(recipe.process.log)!r}), grace_s=2)
with started(RemoteSettings({recipe.address!r}, pathlib.Path("x"), process=process)):
    print("ready", flush=True)
    time.sleep(600)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == b"ready\n"
        ours.kill()
    theirs = pids(tmp_path)
    try:
        assert until(lambda: not any(map(is_alive, theirs)))
    finally:
        for pid in filter(is_alive, theirs):
            os.kill(pid, signal.SIGKILL)


def test_a_server_ends_also_when_its_keeper_is_killed(tmp_path):
    said = tmp_path / "pid"
    words = [sys.executable, "-c", f"import os, time; open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(60)"]
    process = subprocess.Popen(
        [sys.executable, "-I", keeper.__file__, "5", *words], stdin=subprocess.PIPE, start_new_session=True
    )
    until(lambda: said.is_file() and said.read_text())
    server = int(said.read_text())
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdin.close()
    until(lambda: not is_alive(server))
    assert not is_alive(server)


def test_a_command_that_ends_at_once_is_told_with_its_log(tmp_path, free_port):
    process = ProcessSettings(("no-such-program",), tmp_path / "log", longest_wait_s=0.1)
    recipe = RemoteSettings(f"http://127.0.0.1:{free_port}", tmp_path, limits=LIMITS, process=process)
    with pytest.raises(UserError, match="ends at once") as error, started(recipe):
        pass
    assert error.value.code == TRY_AGAIN
    assert "no-such-program" in (tmp_path / "log").read_text()


def test_the_recipe_for_vllm_loads():
    path = ROOT / "recipes" / "serve_vllm.toml"
    recipe = parse(RemoteSettings, read_toml(path), str(path))
    assert recipe.process is not None
    assert recipe.process.command[:2] == ("vllm", "serve")
    assert str(recipe.tokenizer) in recipe.process.command
    assert recipe.address.rpartition(":")[2] in recipe.process.command
