import json
import subprocess
import sys
from dataclasses import replace

import pytest

from malmoi.kit import files, manifest, paths
from malmoi.kit import stage as stages
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.lock import Terms, lock
from malmoi.kit.stage import Made, former, stage, state

MADE = Made("tokens", 1, {"limits": {"words": [5, 7]}, "seed": 1}, {"corpus": "0" * 64, "code": "1" * 64}, ("corpus",))
QUICK = Terms(settle_s=0.0)


@pytest.fixture(params=["local", "remote"])
def folder(request, tmp_path):
    where = tmp_path / "말뭉치" if request.param == "local" else paths.to_path(f"memory://{tmp_path.name}/말뭉치")
    yield where
    files.remove(where)


def names(folder):
    return [path.name for path in files.listed(folder)]


def make(folder, made=MADE, text="글"):
    """Whether there was work to do."""
    with stage(folder, made, QUICK) as work:
        if work is not None:
            files.write_text(folder / "글.txt", text)
            work.add(["글.txt"])
            work.counts = {"documents": 1}
        return work is not None


def killed(folder, made=MADE):
    """A start that ends on the way, with something in its folder of work and half a file."""
    with pytest.raises(KeyboardInterrupt), stage(folder, made, QUICK) as work:
        assert work is not None
        files.make_folder(work.work)
        files.write_text(work.work / "piece", made.fingerprint)
        files.write_text(folder / "half.1.partial", "half")
        raise KeyboardInterrupt
    return work.is_resumed


def test_a_stage_is_made_once_and_its_manifest_tells_what_was_made(folder):
    assert state(folder, MADE) == "absent"
    assert make(folder)
    assert state(folder, MADE) == "unchanged"
    assert not make(folder)
    assert names(folder) == ["manifest.json", "글.txt"]
    found = manifest.read(folder)
    assert found["outputs"] == {"글.txt": {"bytes": 3, "sha256": files.sha256_of(folder / "글.txt")}}
    assert found["parents"] == {"corpus": "0" * 64}
    assert (found["stage"], found["output_version"], found["counts"]) == ("tokens", 1, {"documents": 1})


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (replace(MADE, config=MADE.config | {"seed": 2}), "config.seed changed (1 -> 2)"),
        (replace(MADE, config=MADE.config | {"limits": {"words": [5, 8]}}), "config.limits.words[1] changed (7 -> 8)"),
        (replace(MADE, config=MADE.config | {"limits": {"words": [5]}}), "config.limits.words changed ([5, 7] -> [5])"),
        (replace(MADE, config=MADE.config | {"말투": "반말"}), 'config.말투 changed (null -> "반말")'),
        (replace(MADE, config={"seed": 1}), 'config.limits changed ({"words": [5, 7]} -> null)'),
        (replace(MADE, output_version=2), "output_version changed (1 -> 2)"),
        (
            replace(MADE, inputs=MADE.inputs | {"corpus": "2" * 64}),
            f'inputs.corpus changed ("{"0" * 38}… -> "{"2" * 38}…)',
        ),
    ],
)
def test_what_changed_is_named_and_makes_the_stage_anew(tmp_path, other, words):
    make(tmp_path)
    assert state(tmp_path, other) == f"again because {words}"
    assert make(tmp_path, other)
    assert state(tmp_path, other) == "unchanged"


def test_a_tuple_in_the_settings_is_no_change(tmp_path):
    made = replace(MADE, config={"words": (5, 7), "path": None})
    make(tmp_path, made)
    assert state(tmp_path, made) == "unchanged"
    assert not make(tmp_path, made)


def test_damaged_outputs_are_made_anew(folder):
    make(folder)
    files.write_text(folder / "글.txt", "긂")
    assert make(folder)
    assert (folder / "글.txt").read_text(encoding="utf-8") == "글"
    files.remove(folder / "글.txt")
    assert state(folder, MADE) == "again because 글.txt is missing"
    assert make(folder)


def test_a_killed_start_is_gone_on_with_by_the_same_and_by_no_other(folder):
    make(folder, replace(MADE, output_version=0))
    assert not killed(folder)
    assert state(folder, MADE) == "unfinished"
    assert killed(folder)
    work = folder / "work"
    assert names(work) == [MADE.fingerprint]
    newer = replace(MADE, output_version=2)
    with stage(folder, newer, QUICK) as begun:
        assert begun is not None
        assert not begun.is_resumed
        assert (names(work), names(folder)) == ([], ["lock.json", "unfinished.json", "글.txt"])
    assert names(folder) == ["manifest.json", "글.txt"]


def test_what_was_finished_here_is_known_after_any_number_of_kills(folder):
    make(folder, replace(MADE, config={"seed": 1}))
    for number in (2, 3):
        with pytest.raises(RuntimeError), stage(folder, replace(MADE, config={"seed": number}), QUICK):
            raise RuntimeError
    assert state(folder, MADE) == "unfinished"
    assert former(folder) == {"config": {"seed": 1}, "inputs": MADE.inputs, "output_version": MADE.output_version}


def test_leftovers_that_are_half_removed_are_gone_on_with_by_nobody(tmp_path):
    killed(tmp_path)
    script = (
        "import os, sys, pathlib; from malmoi.kit import files, stage\n"
        "stage.remove = lambda path: path.name == 'work' and os.kill(os.getpid(), 9)\n"
        "made = stage.Made('tokens', 2, {}, {})\n"
        "with stage.stage(pathlib.Path(sys.argv[1]), made): pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert ended.returncode == -9
    assert json.loads((tmp_path / "unfinished.json").read_text())["fingerprint"] is None
    assert not killed(tmp_path)


def test_a_process_killed_just_after_its_manifest_leaves_a_finished_folder_that_is_cleared(tmp_path):
    script = (
        "import os, sys, pathlib; from malmoi.kit import stage\n"
        "stage._clear = lambda folder: os.kill(os.getpid(), 9)\n"
        "made = stage.Made('tokens', 1, {}, {})\n"
        "with stage.stage(pathlib.Path(sys.argv[1]), made) as work: work.work.mkdir(parents=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert ended.returncode == -9
    made = Made("tokens", 1, {}, {})
    assert state(tmp_path, made) == "unchanged"
    with stage(tmp_path, made) as work:
        assert work is None
    assert names(tmp_path) == ["manifest.json"]


def test_whoever_waited_for_the_lock_asks_again_whether_there_is_work(tmp_path, monkeypatch):
    """Both see an absent stage; one makes it while the other is on its way to the lock."""

    def lock_after_another(folder, terms):
        monkeypatch.undo()
        assert make(folder)
        return lock(folder, terms)

    monkeypatch.setattr(stages, "lock", lock_after_another)
    with stage(tmp_path, MADE) as work:
        assert work is None
    assert names(tmp_path) == ["manifest.json", "글.txt"]


def test_an_error_leaves_no_manifest_and_the_folder_free(folder):
    with pytest.raises(RuntimeError), stage(folder, MADE, QUICK):
        raise RuntimeError
    assert state(folder, MADE) == "unfinished"
    assert make(folder)


def test_a_folder_at_work_is_refused_and_keeps_its_manifest(folder):
    make(folder)
    with lock(folder, QUICK), pytest.raises(UserError, match="is at work in") as caught:
        make(folder, replace(MADE, output_version=2))
    assert caught.value.code == TRY_AGAIN
    assert state(folder, MADE) == "unchanged"
