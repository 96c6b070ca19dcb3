"""A real Slurm on this machine: a controller and two nodes of one core each, on loopback.

It needs root and Debian's packages; the test that asks for it is skipped otherwise.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

NODES = 2
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")

CONF = """
ClusterName=small
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=0,sched_interval=2
SlurmdTimeout=10
MinJobAge=10
ReturnToService=2
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=1 RealMemory=4000
PartitionName=main Nodes=n[1-{nodes}] Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """The daemons by name; killing one is losing that machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.daemons: dict[str, subprocess.Popen] = {}

    def start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.daemons[name] = subprocess.Popen(words, stdout=out, stderr=out)

    def boot(self, node: str) -> None:
        (self.folder / "spool" / node).mkdir(parents=True, exist_ok=True)
        self.start(node, "slurmd", "-D", "-N", node)

    def stop(self) -> None:
        for daemon in self.daemons.values():
            daemon.kill()
            daemon.wait()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Slurm]:
    """Skips the test where a Slurm cannot run. SLURM_CONF is set for this process and all that it starts."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        hint = "apt-get install slurmctld slurmd slurm-client munge"
        pytest.skip(f"no Slurm here ({', '.join(missing)} missing): {hint}")
    if os.getuid() != 0:
        pytest.skip("Slurm's daemons are started as root here")
    slurm = Slurm(folder)
    (folder / "munge").mkdir(mode=0o755)
    (folder / "state").mkdir()
    key = folder / "munge" / "key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    first = _ports(NODES + 1)
    told = {"folder": folder, "host": socket.gethostname(), "nodes": NODES, "port": first + NODES}
    (folder / "slurm.conf").write_text(CONF.format(first=first, last=first + NODES - 1, **told))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        try:
            own = {name: f"--{name}-file={folder}/munge/{name}" for name in ("pid", "log", "seed")}
            socket_path, key_path = f"--socket={folder}/munge/socket", f"--key-file={key}"
            slurm.start("munged", "munged", "--foreground", "--force", key_path, socket_path, *own.values())
            slurm.start("ctld", "slurmctld", "-D")
            for node in range(1, NODES + 1):
                slurm.boot(f"n{node}")
            _wait_until_idle(folder)
            yield slurm
        finally:
            slurm.stop()


def _ports(count: int) -> int:
    """The first of some free ports that follow one another."""
    for first in range(20_000 + os.getpid() % 5_000, 60_000, count):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for number in range(count):
                held.enter_context(socket.socket()).bind(("127.0.0.1", first + number))
            return first
    raise AssertionError("no free port")


def _wait_until_idle(folder: Path) -> None:
    deadline = time.monotonic() + 60
    said = ""
    while f"{NODES} idle" not in said:
        log = folder / "ctld.log"
        assert time.monotonic() < deadline, f"Slurm does not come up: {said} {log.read_text()[-2000:]}"
        time.sleep(0.3)
        done = subprocess.run(["sinfo", "-h", "-o", "%D %T"], capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
