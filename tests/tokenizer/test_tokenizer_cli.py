import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from malmoi.cli.main import main


@pytest.fixture
def tokens(corpus: Path, plain: Path) -> Path:
    """The held-out part beside the tokenizer, as a run has it."""
    from malmoi.tokenizer.encode import encode
    from malmoi.tokenizer.settings import EncodeSettings

    out = plain.parent / "tokens"
    encode(EncodeSettings(0.2, processes=1), corpus, plain, out, lambda *_: None)
    return out


def test_show_measures_the_heldout_text_beside_the_tokenizer(plain: Path, tokens: Path, capsys: pytest.CaptureFixture):
    assert tokens.is_dir()
    assert main(["tokenizer", "show", str(plain), "--json", "--bytes", "2000"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["measures"]) == {"blog", "comment", "news"}
    assert 0 < shown["measures"]["news"]["crossed_share"] < 1
    assert shown["vocabulary_tokens"] == 1600


def test_show_measures_a_text_file(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    file = tmp_path / "글.txt"
    file.write_text("학교에서 만났다.\n" * 30, encoding="utf-8")
    assert main(["tokenizer", "show", str(plain), "--text", str(file), "--no-morphemes"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].startswith("1,600 tokens, 1,029 of them")
    assert table[2].startswith("글.txt")


def test_show_without_text_and_without_tokens_says_what_to_do(
    plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    (tmp_path / "tokenizer.json").write_bytes((plain / "tokenizer.json").read_bytes())
    assert main(["tokenizer", "show", str(tmp_path)]) == 2
    assert "--text" in capsys.readouterr().err
    assert main(["tokenizer", "show", str(plain), "--text", str(tmp_path / "none.txt")]) == 2
    assert "none.txt" in capsys.readouterr().err
    assert main(["tokenizer", "show", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(["tokenizer", "show", str(plain), "--bytes", "0"]) == 2
    assert capsys.readouterr().err == "malmoi: --bytes 0; expected 1 or more\n"


def test_encode_text_shows_each_token(plain: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("학교에서 <|user|> 뷁".encode())))
    assert main(["tokenizer", "encode-text", str(plain)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(int(line.split("\t")[0]) >= 1029 for line in lines)
    assert "학교" in lines[0]


def test_a_wrong_verb_is_one_line_with_a_guess(capsys: pytest.CaptureFixture):
    assert main(["tokenizer", "lern", "x.toml"]) == 2
    assert "did you mean 'learn'" in capsys.readouterr().err


def test_held_out_text_of_another_tokenizer_is_not_measured(plain: Path, tokens: Path, tmp_path: Path, capsys):
    """Decoded with ids of other words it would give a table of nonsense."""
    shutil.copytree(tokens, tmp_path / "tokens")
    shutil.copytree(plain, tmp_path / "tokenizer")
    assert main(["tokenizer", "show", str(tmp_path / "tokenizer"), "--no-morphemes"]) == 0
    with (tmp_path / "tokenizer" / "tokenizer.json").open("a") as stream:
        stream.write(" ")
    capsys.readouterr()
    assert main(["tokenizer", "show", str(tmp_path / "tokenizer"), "--no-morphemes"]) == 2
    assert "was made with tokenizer" in capsys.readouterr().err
