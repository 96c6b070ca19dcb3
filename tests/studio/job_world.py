"""A studio whose jobs are a small program of ours, in place of malmoi: it does what the file `act` beside it says."""

import sys
import time
from contextlib import contextmanager
from dataclasses import replace

from fastapi.testclient import TestClient

from malmoi.cli.studio_commands import command_line
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

BASE = "http://127.0.0.1:8600"
RECIPE = """
name = "첫째"
folder = "runs/first"
[[corpus.inputs]]
path = "samples/raw"
[train]
steps = 70
"""
PROGRAM = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
act = pathlib.Path(__file__).with_name("act")
print(" ".join(sys.argv[2:4]), os.environ["MALMOI_ATTEMPT"], flush=True)
while (said := act.read_text()) == "wait":
    time.sleep(0.01)
if said == "die":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(said))
"""
FORM = {"command": "corpus", "recipe": "small", "run": "첫째", "changes": {}, "options": {}}


class JobWorld:
    """Folders of runs and recipes, and the program. `act`: "wait", "die" or the code to exit with."""

    def __init__(self, folder):
        self.folder, self.runs, self.recipes = folder, folder / "runs", folder / "recipes"
        self.runs.mkdir()
        self.recipes.mkdir()
        (self.recipes / "small.toml").write_text(RECIPE, encoding="utf-8")
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        self.act("0")
        self.supervisors = []

    def act(self, what):
        """From now on the program does this."""
        aside = self.folder / "act.new"
        aside.write_text(what)
        aside.replace(self.folder / "act")

    @contextmanager
    def opened(self, bundle, **settings):
        """A studio on these folders."""
        settings = StudioSettings(recipes=self.recipes, **settings)
        program = (sys.executable, str(self.folder / "program.py"), "malmoi")
        app = create_app(settings, None, self.runs, bundle, replace(command_line(), program=program))
        self.supervisors.append(app.state.supervisor)
        with TestClient(app, base_url=BASE) as client:
            yield client

    def close(self):
        """Waits for the programs, which outlive a studio and would wait for `act` for ever."""
        self.act("0")
        for one in self.supervisors:
            for child in one._runner._children.values():
                child.wait(timeout=60)


def start(client, **form):
    """The id of a new job."""
    answer = client.post("/api/jobs", json={**FORM, **form})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def wait_for(client, job_id, *states):
    """The job once it stands so. The deadline is only there for what is broken."""
    deadline = time.monotonic() + 60
    while (found := client.get(f"/api/jobs/{job_id}").json())["state"] not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.03)
    return found


def wait_for_log(client, job_id, text):
    """The log once it holds `text`."""
    deadline = time.monotonic() + 60
    while text not in (found := client.get(f"/api/jobs/{job_id}/log").json()["text"]):
        assert time.monotonic() < deadline, found
        time.sleep(0.03)
    return found
