import errno
import subprocess
import sys

import pytest

from malmoi.kit import events, files, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.manifest import Manifest


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder" / "말뭉치.txt"
    with files.atomic_file(path) as aside:
        aside.write_text("반")
        assert not path.exists()
    assert path.read_text() == "반"
    with pytest.raises(RuntimeError), files.atomic_file(path) as aside:
        aside.write_text("덜 쓴 글")
        raise RuntimeError
    assert path.read_text() == "반"
    assert sorted(path.parent.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "shards"
    with pytest.raises(RuntimeError), files.atomic_directory(folder) as aside:
        (aside / "one").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with files.atomic_directory(folder) as aside:
        (aside / "deep").mkdir()
        (aside / "deep" / "one").write_text("1")
    assert (folder / "deep" / "one").read_text() == "1"


def test_what_a_killed_writer_left_is_removed(tmp_path):
    script = (
        "import os, sys, pathlib; from malmoi.kit import files\n"
        "with files.atomic_directory(pathlib.Path(sys.argv[1]) / 'out') as aside:\n"
        "    (aside / 'half').write_text('x'); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    files.remove_partials(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_hash_of_a_folder_depends_on_names_and_contents_only(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "글.txt").write_text("가나다")
    assert files.sha256_of(tmp_path / "a") == files.sha256_of(tmp_path / "b")
    (tmp_path / "b" / "deep" / "글.txt").rename(tmp_path / "b" / "글.txt")
    assert files.sha256_of(tmp_path / "a") != files.sha256_of(tmp_path / "b")


def test_the_first_damaged_or_missing_file_is_named(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    made = {name: files.sha256_of(tmp_path / name) for name in ("a", "b")}
    assert files.damage(tmp_path, made) is None
    (tmp_path / "b").write_text("c")
    assert files.damage(tmp_path, made) == "b is not as it was written (SHA-256)"
    (tmp_path / "a").unlink()
    assert files.damage(tmp_path, made) == "a is missing"


def test_what_cannot_be_written_is_one_clear_line(tmp_path):
    words = "out cannot be written to: No space left on device; make room"
    with pytest.raises(UserError, match=words), files.writing(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_is_finished_only_for_the_same_config_and_inputs(tmp_path):
    assert not manifest.is_finished(tmp_path, {"a": 1}, {})
    manifest.write(tmp_path, Manifest("corpus", {"a": 1, "b": (1, 2)}, {"raw": "00"}, counts={"documents": 3}))
    assert manifest.is_finished(tmp_path, {"a": 1, "b": (1, 2)}, {"raw": "00"})
    assert not manifest.is_finished(tmp_path, {"a": 2, "b": (1, 2)}, {"raw": "00"})
    assert not manifest.is_finished(tmp_path, {"a": 1, "b": (1, 2)}, {"raw": "01"})
    found = manifest.read(tmp_path)
    assert found["counts"] == {"documents": 3}
    assert found["code"].startswith("0.")


@pytest.mark.parametrize("content", [None, "{", "\x00", "[]", "5", "null"])
def test_a_missing_or_damaged_manifest_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json"):
        manifest.read(tmp_path)
    if content is not None:
        with pytest.raises(UserError, match="remove that file"):
            manifest.is_finished(tmp_path, {}, {})


def test_half_a_line_left_by_a_killed_writer_hides_no_event(tmp_path):
    events.append(tmp_path, "step", step=1)
    with (tmp_path / events.NAME).open("ab") as stream:
        stream.write(b'{"kind": "step", "st')
    events.append(tmp_path, "step", step=2, note="다시")
    assert [event["step"] for event in events.read(tmp_path, "step")] == [1, 2]
    assert list(events.read(tmp_path / "absent")) == []
