import json
from pathlib import Path

import pytest

from malmoi.cli.main import main


def test_report_is_written_from_what_is_there(run_folder: Path, capsys: pytest.CaptureFixture):
    assert main(["evaluate", "report", str(run_folder)]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == run_folder / "report" / "report.html"
    assert page.is_file()
    assert main(["evaluate", "report", str(run_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["corpus"]["documents_in"] == 155


def test_a_folder_without_a_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["evaluate", "report", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert "has no stage of a run" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "none").exists()
