"""`malmoi jobs`: what a studio's folder of jobs holds, and asking a job to stop or to go on."""

import json

import pytest

from malmoi.cli.main import main
from malmoi.kit import job


@pytest.fixture
def folder(tmp_path):
    """A job that waits for its turn."""
    (tmp_path / "jobs").mkdir()
    argv = ["python", "-m", "malmoi", "train", "run", "recipes/demo.toml"]
    return job.submit(tmp_path / "jobs", argv, "첫째", "가나", lambda: 1e9)


def said(capsys, *words):
    assert main(["jobs", *words]) == 0
    return capsys.readouterr().out


def test_all_jobs_are_listed_in_a_line_each(folder, tmp_path, capsys):
    line = said(capsys, "list", "--runs", str(tmp_path))
    assert line.split()[:2] == [folder.name, "queued"]
    assert "train" in line and "첫째" in line
    [found] = json.loads(said(capsys, "list", "--runs", str(tmp_path), "--json"))
    assert (found["id"], found["command"], found["run"]) == (folder.name, "train", "첫째")


def test_no_job_is_no_line(tmp_path, capsys):
    assert said(capsys, "list", "--runs", str(tmp_path)).strip() == ""


def test_one_job_is_shown_with_the_end_of_its_log_and_nothing_that_a_terminal_would_obey(folder, tmp_path, capsys):
    (folder / "log").write_text("말\n\x1b[2Jend\n", encoding="utf-8")
    shown = said(capsys, "show", folder.name, "--runs", str(tmp_path))
    assert shown.endswith("말\n\\x1b[2Jend\n")
    assert "owner: 가나" in shown


def test_a_job_is_stopped_and_goes_on_when_it_is_asked_to(folder, tmp_path, capsys):
    said(capsys, "stop", folder.name, "--runs", str(tmp_path))
    assert (folder / "stop").exists()
    assert main(["jobs", "stop", folder.name, "--runs", str(tmp_path)]) == 2
    assert "is stopped; expected one that is at work or waits" in capsys.readouterr().err
    said(capsys, "again", folder.name, "--runs", str(tmp_path))
    assert not (folder / "stop").exists()


@pytest.mark.parametrize("name", ["20260101-000000-abcdef", "..", "x"])
@pytest.mark.parametrize("verb", ["show", "stop", "again"])
def test_what_is_no_job_is_one_clear_line(folder, tmp_path, capsys, verb, name):
    assert main(["jobs", verb, name, "--runs", str(tmp_path)]) == 2
    assert f"no job {name!r}" in capsys.readouterr().err
    assert folder.exists()
