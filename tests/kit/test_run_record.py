import getpass

import pytest

from malmoi.kit import run
from malmoi.kit.errors import UserError


def test_a_run_says_what_it_is_and_keeps_its_id_when_it_is_gone_on_with(tmp_path):
    first = run.begin(tmp_path, {"seed": 1}, parent="20260101-000000-aaaaaa")
    assert run.read(tmp_path) == first
    assert (first.parent, first.created_by) == ("20260101-000000-aaaaaa", getpass.getuser())
    written = (tmp_path / "run.json").stat().st_mtime_ns
    assert run.begin(tmp_path, {"seed": 1}) == first
    assert (tmp_path / "run.json").stat().st_mtime_ns == written
    changed = run.begin(tmp_path, {"seed": 2})
    assert (changed.id, changed.created_at) == (first.id, first.created_at)
    assert changed.recipe_sha256 != first.recipe_sha256
    assert run.begin(tmp_path / "other", {"seed": 1}).id != first.id


def test_a_stage_knows_its_run_and_a_folder_without_one_has_none(tmp_path):
    assert run.id_of(tmp_path / "train") is None
    record = run.begin(tmp_path, {})
    assert run.id_of(tmp_path / "train") == run.id_of(tmp_path) == record.id
    assert run.read(tmp_path / "train") is None


@pytest.mark.parametrize("content", ["{", "[]", '{"id": "x"}'])
def test_a_damaged_record_is_one_clear_line(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=r"run\.json cannot be read"):
        run.begin(tmp_path, {})
    assert run.id_of(tmp_path) is None


def test_a_run_is_a_folder_with_a_stage(tmp_path):
    assert not run.is_run(tmp_path)
    (tmp_path / "tokens").mkdir()
    assert run.is_run(tmp_path)
