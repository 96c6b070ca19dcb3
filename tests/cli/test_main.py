import errno
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from malmoi.cli.main import main
from malmoi.kit import files
from malmoi.kit.errors import UserError


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["cropus"], ["'cropus'", "corpus"]),
        (["corpus"], ["verb"]),
        (["corpus", "biuld"], ["'biuld'", "build"]),
        (["sample", "grow"], ["--documents"]),
        (["sample", "grow", "--documents", "many"], ["--documents", "'many'"]),
        (["sample", "grow", "--documents", "-3"], ["-3", "above 0"]),
        (["run", "recipes/absent.toml"], ["recipes/absent.toml"]),
        (["run", "recipes/demo.toml", "--set", "train.stpes=3"], ["train.stpes", "steps"]),
        (["run", "recipes/demo.toml", "--set", "model.heads=5"], ["model", "heads"]),
        (["run", "recipes/demo.toml", "--set", "train.steps"], ["--set", "train.steps"]),
        (["run", "recipes/demo.toml", "--sett", "a=b"], ["--sett"]),
        (["corpus", "show", "no/such/folder"], ["no/such/folder"]),
        (["demo", "--port", "99999"], ["port is 99999"]),
    ],
)
def test_whatever_is_asked_wrongly_gives_one_line_and_exit_code_2(words, told, capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in told:
        assert word in err


def test_help_is_quick_because_no_room_is_imported():
    started = time.perf_counter()
    script = (
        "import sys; from malmoi.cli.main import main\ntry: main(['--help'])\nfinally: print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.rstrip().endswith("False")
    assert time.perf_counter() - started < 5


def test_a_reader_that_leaves_early_causes_no_traceback():
    script = f"{sys.executable} -m malmoi sample --help | head -n 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("usage")
    assert "Traceback" not in done.stderr


def test_ctrl_c_in_the_middle_of_a_query_is_one_line_like_any_other(capsys, monkeypatch):
    def stopped(_arguments):
        raise RuntimeError("Query interrupted")  # what DuckDB 2.0 made of a Ctrl-C in `corpus build`

    room = types.ModuleType("malmoi.cli.run")
    room.add_arguments = lambda parser: parser.set_defaults(action=stopped)
    monkeypatch.setitem(sys.modules, "malmoi.cli.run", room)
    assert main(["run"]) == 130
    assert capsys.readouterr().err == "malmoi: stopped; run the same command again to go on\n"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, 75),
        (errno.EDQUOT, 75),
        (errno.EIO, 75),
        (errno.ESTALE, 75),
        (errno.ECONNREFUSED, 75),
        (errno.EACCES, 2),
        (errno.EROFS, 2),
        (errno.ENOENT, 2),
    ],
)
def test_what_the_system_refuses_has_one_exit_code_wherever_it_is_met(number, code, capsys, monkeypatch):
    refused = OSError(number, os.strerror(number), "runs/폴더")

    def acts(_arguments):
        raise refused

    room = types.ModuleType("malmoi.cli.run")
    room.add_arguments = lambda parser: parser.set_defaults(action=acts)
    monkeypatch.setitem(sys.modules, "malmoi.cli.run", room)
    assert main(["run"]) == code
    assert capsys.readouterr().err == f"malmoi: runs/폴더: {os.strerror(number)}\n"
    with pytest.raises(UserError) as caught, files.writing(Path("runs")):
        raise refused
    assert caught.value.code == code


def test_text_that_the_terminal_cannot_show_is_written_out():
    words = [sys.executable, "-c", "import sys; from malmoi.cli.main import main; main(['x']); print('값 \U0001f600')"]
    environment = {**os.environ, "PYTHONIOENCODING": "euc-kr"}
    done = subprocess.run(words, capture_output=True, check=False, env=environment)
    assert done.stdout == "값 ".encode("euc-kr") + rb"\U0001f600" + b"\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_program_that_is_asked_to_stop_says_in_one_line_that_it_can_go_on(tmp_path, number, code):
    os.mkfifo(tmp_path / "recipe.toml")  # reading it waits until it is written
    command = [sys.executable, "-m", "malmoi", "run", str(tmp_path / "recipe.toml")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with process, (tmp_path / "recipe.toml").open("w"):  # opening it waits until it is read
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (code, "malmoi: stopped; run the same command again to go on\n")


INTERRUPTED_QUERY = """
import signal, sys, types
from malmoi.cli.main import main

def asks(arguments):
    try:
        signal.raise_signal(getattr(signal, arguments.signal))
    except KeyboardInterrupt:  # so DuckDB does with whatever a handler raises in the middle of a query
        raise RuntimeError("Query interrupted") from None

room = types.ModuleType("malmoi.cli.run")
room.add_arguments = lambda parser: (parser.add_argument("signal"), parser.set_defaults(action=asks))
sys.modules["malmoi.cli.run"] = room
sys.exit(main())
"""


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 75), ("SIGINT", 130)])
def test_a_stop_in_the_middle_of_a_query_has_the_code_of_its_signal(name, code):
    words = [sys.executable, "-c", INTERRUPTED_QUERY, "run", name]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (code, "malmoi: stopped; run the same command again to go on\n")


def test_a_job_whose_folder_is_gone_ends_with_the_code_that_it_had(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MALMOI_JOB", str(tmp_path / "gone"))
    assert main(["cropus"]) == 2
    wrong, not_left = capsys.readouterr().err.splitlines()
    assert "'cropus'" in wrong
    assert not_left.startswith("malmoi: the exit code 2 could not be left in the job's folder: ")
