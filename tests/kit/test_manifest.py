import json
import os

import pytest

from malmoi.kit import files, manifest, paths, run
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.manifest import Manifest

NAMES = ("a.bin", "깊이/나.bin")


@pytest.fixture(params=["local", "remote"])
def folder(request, tmp_path):
    where = tmp_path if request.param == "local" else paths.to_path(f"memory://{tmp_path.name}/말뭉치")
    for name in NAMES:
        files.make_folder((where / name).parent)
        files.write_text(where / name, name)
    manifest.write(where, Manifest("tokens", {"a": 1}, {"corpus": "00"}, manifest.outputs_of(where, NAMES)))
    yield where
    files.remove(where)


def test_a_manifest_tells_format_bytes_hashes_host_and_devices(folder):
    found = manifest.read(folder)
    assert found["format"] == 2
    assert {name: one["bytes"] for name, one in found["outputs"].items()} == {n: len(n.encode()) for n in NAMES}
    assert manifest.hashes(found["outputs"]) == {name: files.sha256_of(folder / name) for name in NAMES}
    assert (found["host"], found["devices"], found["world_size"]) == (os.uname().nodename, ["cpu"], 1)
    assert (found["output_version"], found["parents"], found["run_id"]) == (1, {}, None)


def test_a_manifest_in_the_folder_of_a_run_names_the_run(tmp_path):
    known = run.begin(tmp_path, {"a": 1})
    (tmp_path / "tokens").mkdir()
    manifest.write(tmp_path / "tokens", manifest.Manifest("tokens", {}))
    assert manifest.read(tmp_path / "tokens")["run_id"] == known.id


def test_damage_is_told_by_size_or_by_hash_and_only_where_it_is_asked(folder):
    assert manifest.verify(folder) is None
    assert manifest.verify(folder, how="size") is None
    files.write_text(folder / NAMES[0], "A.bin")
    assert manifest.verify(folder, how="size") is None
    assert manifest.verify(folder) == "a.bin is not as it was written (SHA-256)"
    assert manifest.verify(folder, only=[NAMES[1]]) is None
    files.write_text(folder / NAMES[0], "a.bi")
    assert manifest.verify(folder, how="size") == "a.bin is not as it was written (4 bytes, not 5)"
    files.remove(folder / NAMES[0])
    assert manifest.verify(folder, how="size") == manifest.verify(folder) == "a.bin is missing"
    assert manifest.verify(folder, only=["b.bin"]) == "b.bin is not in manifest.json"


def test_what_cannot_be_read_now_is_neither_absent_nor_damaged(tmp_path):
    (tmp_path / "loop").symlink_to("loop")  # ELOOP, for root as for anyone
    outputs = {"loop/a.bin": {"bytes": 1, "sha256": "0"}}
    manifest.write(tmp_path, Manifest("tokens", {}, outputs=outputs))
    with pytest.raises(UserError, match="cannot be read now") as caught:
        manifest.verify(tmp_path, how="size")
    assert caught.value.code == TRY_AGAIN
    with pytest.raises(UserError, match="cannot be read now") as caught:
        manifest.read(tmp_path / "loop")
    assert caught.value.code == TRY_AGAIN


def test_format_1_is_read_in_the_shape_of_format_2(tmp_path):
    files.write_text(tmp_path / "a.bin", "a.bin")
    sha256 = files.sha256_of(tmp_path / "a.bin")
    former = {"stage": "tokens", "config": {"a": 1}, "inputs": {"corpus": "00"}, "outputs": {"a.bin": sha256}}
    (tmp_path / "manifest.json").write_text(json.dumps({**former, "counts": {}, "seconds": 1.0, "code": "0.1.0"}))
    found = manifest.read(tmp_path)
    assert found["outputs"] == {"a.bin": {"bytes": None, "sha256": sha256}}
    assert (found["format"], found["output_version"], found["parents"]) == (1, 1, {})
    assert manifest.is_finished(tmp_path, {"a": 1}, {"corpus": "00"}, 1)
    assert not manifest.is_finished(tmp_path, {"a": 1}, {"corpus": "00"}, 2)
    assert manifest.verify(tmp_path, how="size") is None
    (tmp_path / "a.bin").write_text("A.bin")
    assert manifest.verify(tmp_path) == "a.bin is not as it was written (SHA-256)"


@pytest.mark.parametrize("newer", [3, "2.1"])
def test_a_newer_format_is_refused_in_one_line(tmp_path, newer):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": newer, "stage": "tokens", "outputs": {}}))
    with pytest.raises(UserError, match=rf"manifest\.json has format {newer}; expected at most 2; a newer malmoi"):
        manifest.read(tmp_path)
    with pytest.raises(UserError, match="a newer malmoi made it"):
        manifest.is_finished(tmp_path, {}, {})


def test_a_manifest_that_was_read_is_written_again_with_what_changed(folder):
    before = manifest.read(folder)
    manifest.write(folder, manifest.revised(before, counts={"documents": 1}))
    after = manifest.read(folder)
    changed = {key for key in after if after[key] != before[key]}
    assert changed - {"finished_at"} == {"counts"}
