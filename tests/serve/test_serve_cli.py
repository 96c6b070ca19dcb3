import contextlib
import json
import os
import socket
import stat
import threading

import pytest

from malmoi.cli.main import main
from malmoi.cli.studio import places
from malmoi.kit.errors import UserError
from malmoi.serve import server
from malmoi.serve.keys import add_key, hash_of, read_keys
from malmoi.serve.settings import ServeSettings


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["serve", "absent", "--port", "0"],
        ["serve", "absent", "--host", "0.0.0.0"],
        ["serve", "absent", "--keys", "absent"],
        ["serve", "absent", "--slots", "0"],
        ["serve", "absent", "--port", "99999"],
        ["serve", "absent", "--device", "tpu"],
        ["serve", "--new-key", "a"],
        ["serve", "--new-key", "a b", "--keys", "absent"],
        ["studio", "absent"],
        ["studio", "--model", "absent"],
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("malmoi: ")
    assert error.count("\n") == 1


def test_dry_run_prints_the_settings(capsys):
    assert main(["serve", "runs/x/model", "--slots", "3", "--dry-run"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["slots"], printed["host"]) == (3, "127.0.0.1")


def test_every_setting_can_stand_in_a_file_and_an_option_goes_before_it(tmp_path, capsys):
    path = tmp_path / "serve.toml"
    path.write_text(
        'slots = 5\nprefill_tokens = 64\ndefault_max_tokens = 32\n[web]\nqueue_s = 5.0\norigins = ["https://a.kr"]\n'
        '[records]\ndatabase = "answers.db"\nretention_days = 7\n[safety.output]\nprofanity = "mask"\n'
    )
    told = ["--settings", str(path), "--slots", "3", "--allow-host", "b.kr", "--retention-days", "1", "--dry-run"]
    assert main(["serve", "runs/x/model", *told]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["slots"], printed["prefill_tokens"], printed["default_max_tokens"]) == (3, 64, 32)
    web = printed["web"]
    assert (web["queue_s"], web["origins"], web["allowed_hosts"]) == (5.0, ["https://a.kr"], ["b.kr"])
    assert printed["records"] == {"database": "answers.db", "policy": "metadata", "retention_days": 1}
    assert printed["safety"]["output"]["profanity"] == "mask"
    path.write_text("slotz = 5\n")
    assert main(["serve", "runs/x/model", "--settings", str(path)]) == 2
    assert "slots" in capsys.readouterr().err


def test_a_new_key_is_printed_once_and_kept_as_a_hash(tmp_path, capsys):
    path = tmp_path / "keys"
    assert main(["serve", "--keys", str(path), "--new-key", "team"]) == 0
    key = capsys.readouterr().out.strip()
    assert key not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys(path).of({"authorization": f"Bearer {key}"}).name == "team"
    with pytest.raises(UserError, match="already"):
        add_key(path, "team")


@pytest.mark.parametrize("content", ["", "team\n", "team xyz\n", "a b " + "0" * 64])
def test_a_malformed_file_of_keys_is_refused(tmp_path, content):
    (tmp_path / "keys").write_text(content)
    with pytest.raises(UserError):
        read_keys(tmp_path / "keys")


def test_a_port_in_use_is_a_clear_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="--port"):
            server.bind("127.0.0.1", taken.getsockname()[1])


def test_the_studio_opens_a_run_with_its_own_model_or_the_folder_of_all(tmp_path):
    run = tmp_path / "runs" / "demo"
    (run / "model").mkdir(parents=True)
    assert places(run, None) == (tmp_path / "runs", None), "an export without a manifest is not finished"
    (run / "model" / "manifest.json").write_text("{}")
    (run / "model" / "config.json").write_text("{}")
    assert places(run, None) == (tmp_path / "runs", run / "model")
    assert places(tmp_path / "runs", None) == (tmp_path / "runs", None)
    with pytest.raises(UserError, match="no exported model"):
        places(run, tmp_path)


def test_settings_refuse_what_cannot_be():
    for wrong in ({"queue": -1}, {"threads": 0}, {"max_body_bytes": 1}, {"prefill_tokens": 0}):
        with pytest.raises(UserError):
            ServeSettings(**wrong)


def test_a_file_of_keys_is_at_no_moment_readable_by_others(tmp_path):
    """The first byte is written with the mode already set: a watcher sees no other mode, whatever the umask."""
    seen, done = set(), threading.Event()

    def watch():
        while not done.is_set():
            for path in tmp_path.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    seen.add(stat.S_IMODE(path.stat().st_mode))

    watcher, umask = threading.Thread(target=watch), os.umask(0)
    try:
        watcher.start()
        for number in range(40):
            add_key(tmp_path / "keys", f"team{number}")
    finally:
        os.umask(umask)
        done.set()
        watcher.join()
    assert seen == {0o600}


def test_keys_are_added_listed_limited_and_revoked_by_words(tmp_path, capsys):
    for place in (["--records", str(tmp_path / "records.db")], ["--keys", str(tmp_path / "keys")]):
        assert main(["serve", "keys", "add", "team", "--limits", "qpm=5", *place]) == 0
        key = capsys.readouterr().out.strip()
        assert key.startswith("mm_")
        assert main(["serve", "keys", "add", "team", *place]) == 2
        assert main(["serve", "keys", "limits", "team", "--limits", "qpm=many", *place]) == 2
        assert main(["serve", "keys", "limits", "team", "--limits", "qpm=7", *place]) == 0
        assert main(["serve", "keys", "limits", "team", *place]) == 2
        capsys.readouterr()
        assert main(["serve", "keys", "list", *place]) == 0
        shown = capsys.readouterr().out
        assert json.loads(shown)["limits"] == "qpm=7" and key not in shown and hash_of(key) not in shown
        assert main(["serve", "keys", "revoke", "team", *place]) == 0
        assert main(["serve", "keys", "revoke", "absent", *place]) == 2
        assert main(["serve", "keys", "list", *place]) == 0
        shown = capsys.readouterr().out
        assert not shown or json.loads(shown)["revoked"]
    assert main(["serve", "keys", "list"]) == 2
