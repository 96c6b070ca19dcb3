"""Paths on S3: what needs a disk says so in one sentence, before anything is made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from object_store import content, served

from malmoi.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "words",
    [
        ["run", "recipes/demo.toml", "--set", "folder=s3://box/run"],
        ["run", "recipes/demo.toml", "--set", "folder=s3://box/run", "--dry-run"],
        ["tokenizer", "learn", "recipes/demo.toml", "--set", "folder=s3://box/run"],
        ["tokenizer", "encode", "recipes/demo.toml", "--set", "folder=s3://box/run"],
        ["train", "run", "recipes/demo.toml", "--set", "folder=s3://box/run"],
        ["evaluate", "run", "recipes/demo.toml", "--set", "folder=s3://box/run"],
        ["evaluate", "report", "s3://box/run"],
        ["model", "export", "s3://box/run"],
        ["studio", "s3://box/run"],
        ["serve", "s3://box/run"],
        ["train", "show", "s3://box/run"],
        ["tokenizer", "show", "s3://box/run"],
        ["corpus", "extract", "s3://box/run"],
    ],
)
def test_what_needs_a_disk_says_so_at_once_and_eats_no_slash(words, capsys, monkeypatch):
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'malmoi[s3]'")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody is asked
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("malmoi: s3://box/run is not on a disk; expected a local path")
    assert "aws s3 cp --recursive s3://box/run FOLDER" in err


@pytest.mark.parametrize(
    "words", [["corpus", "show", "s3://box/run/corpus"], ["corpus", "why", "s3://box/run/corpus", "1"]]
)
def test_a_store_that_does_not_answer_is_one_sentence(words):
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'malmoi[s3]'")
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [sys.executable, "-m", "malmoi", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (75, ""), done.stderr
    assert done.stderr.startswith("malmoi: ")
    assert "http://127.0.0.1:9" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_corpus_copied_from_s3_is_gone_on_with_and_not_built_again(tmp_path, capsys):
    raw, local = tmp_path / "raw", tmp_path / "run"
    raw.mkdir()
    (raw / "글.txt").write_text("오늘은 도서관에서 책을 한 권 읽고 돌아왔다. " * 20, encoding="utf-8")
    with served() as bucket:
        recipe = tmp_path / "recipe.toml"
        text = 'name = "recipe"\nfolder = "{folder}"\n[corpus]\nprocesses = 1\n[[corpus.inputs]]\npath = "{raw}"\n'
        recipe.write_text(text.format(folder=bucket / "run", raw=raw), encoding="utf-8")
        assert main(["corpus", "build", str(recipe)]) == 0
        for name, content_bytes in content(bucket / "run" / "corpus").items():
            (local / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
            (local / "corpus" / name).write_bytes(content_bytes)
    capsys.readouterr()
    assert main(["run", str(recipe), "--set", f"folder={local}", "--dry-run", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert [stage["state"] for stage in stages] == ["unchanged"] + 5 * ["to do"]
