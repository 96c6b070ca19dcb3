import json
import resource
import shutil

import pytest
import torch

from malmoi.kit import fence, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.lock import lock
from malmoi.kit.manifest import Manifest
from malmoi.train import checkpoint


def tensors(value=1.0):
    return {
        "model.embed": torch.full((50, 8), value),
        "model.norm": torch.arange(8.0) * value,
        "optimizer.norm.step": torch.tensor(value),
        "optimizer.norm.exp_avg": torch.full((8,), -value),
    }


def save(folder, step):
    path = folder / checkpoint.name_of(step)
    record = Manifest("checkpoint", {"train": {"seed": 1}}, {"tokens": "ab"}, counts={"step": step, "tokens": 9})
    checkpoint.save(path, tensors(float(step)), record)
    return path


def test_what_is_saved_loads_bit_for_bit_and_no_file_can_run_code(tmp_path):
    path, found = save(tmp_path, 7), tensors(0.0)
    checkpoint.load(path, found)
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors(7.0).items())
    assert {file.suffix for file in path.iterdir()} == {".json", ".safetensors"}
    assert checkpoint.fault(path) is None


def flip_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 4
    path.write_bytes(content)


WEIGHTS = "model-00001-of-00002.safetensors"
DAMAGES = {
    "a flipped bit in the weights": (lambda path: flip_bit(path / WEIGHTS), "model-00001-of-00002.safetensors is not"),
    "a truncated file": (lambda path: (path / WEIGHTS).write_bytes((path / WEIGHTS).read_bytes()[:-8]), "is not as it"),
    "a missing file": (lambda path: (path / WEIGHTS).unlink(), f"{WEIGHTS} is missing"),
    "no manifest": (lambda path: (path / "manifest.json").unlink(), "has no manifest.json"),
    "half a manifest": (lambda path: (path / "manifest.json").write_text('{"config"'), "cannot be read"),
    "a manifest of nothing": (lambda path: (path / "manifest.json").write_text("[]"), "cannot be read"),
    "another number of steps": (lambda path: edit(path, "counts", "step", 9), "manifest.json is not as it was written"),
    "another setting": (lambda path: edit(path, "config", "train", {}), "manifest.json is not as it was written"),
}


def edit(path, part, key, value):
    content = json.loads((path / "manifest.json").read_text())
    content[part][key] = value
    (path / "manifest.json").write_text(json.dumps(content))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_refused_by_name_and_the_one_before_it_is_used(tmp_path, damage):
    do, message = damage
    before, newest = save(tmp_path, 3), save(tmp_path, 6)
    do(newest)
    found, wrong = checkpoint.newest_whole(tmp_path)
    assert found == before
    assert list(wrong) == [newest]
    assert message in wrong[newest]
    checkpoint.set_aside(newest)
    assert (tmp_path / "step-00000006.refused").is_dir()
    assert save(tmp_path, 6) in checkpoint.checkpoints(tmp_path)  # its place is free again


def test_a_good_checkpoint_of_a_newer_version_is_not_called_damaged(tmp_path):
    before, newest = save(tmp_path, 3), save(tmp_path, 6)
    content = json.loads((newest / "manifest.json").read_text())
    (newest / "manifest.json").write_text(json.dumps(content | {"format": 3}))
    with pytest.raises(UserError, match="has format 3; expected at most 2; a newer malmoi made it"):
        checkpoint.newest_whole(tmp_path)
    assert checkpoint.checkpoints(tmp_path) == [before, newest]


@pytest.mark.parametrize("change", [checkpoint.set_aside, lambda path: checkpoint.prune(path.parent, keep=1)])
def test_who_lost_the_folder_renames_and_removes_no_checkpoint(tmp_path, change):
    saved = [save(tmp_path / "checkpoints", step) for step in (3, 6)]
    with pytest.raises(UserError, match="was taken over"), lock(tmp_path):
        (tmp_path / fence.NAME).unlink()
        change(saved[0])
    assert sorted((tmp_path / "checkpoints").iterdir()) == saved
    assert [checkpoint.fault(path) for path in saved] == [None, None]


def test_a_checkpoint_under_the_name_of_another_step_is_refused(tmp_path):
    shutil.copytree(save(tmp_path, 3), tmp_path / "step-00000009")
    assert checkpoint.fault(tmp_path / "step-00000009") == "manifest.json is not as it was written"


def test_all_damaged_means_none(tmp_path):
    (save(tmp_path, 3) / "manifest.json").unlink()
    found, wrong = checkpoint.newest_whole(tmp_path)
    assert found is None
    assert [path.name for path in wrong] == ["step-00000003"]


def test_only_the_newest_are_kept_and_leftovers_go(tmp_path):
    for step in (10, 5, 100_000_000, 20):
        save(tmp_path, step)
    (tmp_path / "step-00000030.123.partial").mkdir()
    checkpoint.prune(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000020", "step-100000000"]


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_behind(tmp_path):
    save(tmp_path, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UserError, match=r"step-00000002 cannot be written: OSError.*make room"):
            save(tmp_path, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_a_checkpoint_that_goes_away_while_it_is_loaded_is_not_told_as_one_of_another_model(tmp_path):
    path = save(tmp_path, 1)
    (path / WEIGHTS).rename(tmp_path / "moved")
    (path / WEIGHTS).symlink_to(tmp_path / "not_mounted")
    with pytest.raises(UserError, match=f"step-00000001: {WEIGHTS} is missing; run again") as caught:
        checkpoint.load(path, tensors(0.0))
    assert caught.value.code == 75


def test_tensors_of_another_shape_are_a_user_error(tmp_path):
    path = save(tmp_path, 1)
    with pytest.raises(UserError, match="does not fit this model"):
        checkpoint.load(path, {"model.embed": torch.zeros(51, 8)})
    with pytest.raises(UserError, match="does not fit this model"):
        checkpoint.load(path, {"model.unknown": torch.zeros(3)})


def test_a_checkpoint_of_the_former_format_is_whole(tmp_path):
    path = save(tmp_path, 3)
    content = json.loads((path / "manifest.json").read_text())
    former = {key: content[key] for key in ("stage", "config", "inputs", "counts", "seconds", "code", "finished_at")}
    former["outputs"] = manifest.hashes(content["outputs"])
    (path / "manifest.json").write_text(json.dumps(former))
    assert checkpoint.fault(path) is None
    former["config"]["seed"] = 7
    (path / "manifest.json").write_text(json.dumps(former))
    assert checkpoint.fault(path) == "manifest.json is not as it was written"
