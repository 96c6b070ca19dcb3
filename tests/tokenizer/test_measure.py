import unicodedata
from pathlib import Path

import pytest

from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.measure import Measure, heldout_texts, measure, read_text
from malmoi.tokenizer.settings import EncodeSettings
from malmoi.tokenizer.shards import open_part

TEXT = "친구는 학교에서 만났다.\n선생님은 도서관까지 걸어갔는데 😀 없었다.\n"


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_a_guided_tokenizer_crosses_fewer_boundaries(plain: Path, guided: Path, documents: list[dict]):
    texts = [one["text"] for one in documents[:20]]
    without, along = (measure(Codec(folder), texts) for folder in (plain, guided))
    assert without.boundaries == along.boundaries
    assert along.crossed_share is not None
    assert without.crossed_share is not None
    assert along.crossed_share < 0.5 * without.crossed_share


def test_the_sums_are_those_of_the_nfc_text(codec: Codec):
    found = measure(codec, [unicodedata.normalize("NFD", TEXT)])
    assert found == measure(codec, [TEXT])
    assert (found.text_bytes, found.characters) == (len(TEXT.encode()), len(TEXT))
    assert found.tokens == len(codec.encode(TEXT))
    assert found.bytes_per_token == found.text_bytes / found.tokens


def test_bytes_and_boundaries_of_single_bytes_are_never_crossed(codec: Codec):
    found = measure(codec, ["뷁쀍 뚫훓"])
    assert found.crossed == 0
    assert measure(codec, ["가"], morphemes=False).crossed_share is None
    assert Measure().bytes_per_token == 0.0


def test_heldout_texts_are_drawn_by_kind(corpus: Path, plain: Path, codec: Codec, tmp_path: Path):
    encode(EncodeSettings(0.2, processes=1), corpus, plain, tmp_path, quiet)
    part = open_part(tmp_path, "heldout")
    texts = heldout_texts(part, codec, 1000)
    assert list(texts) == ["blog", "comment", "news"]
    for some in texts.values():
        assert 1000 <= sum(len(text.encode()) for text in some) < 2000


@pytest.mark.parametrize(("limit", "text"), [(100, "가나\ufffd다"), (4, "가\ufffd")])
def test_a_text_file_is_read_up_to_the_limit(tmp_path: Path, limit: int, text: str):
    file = tmp_path / "a.txt"
    file.write_bytes("가나".encode() + b"\xff" + "다".encode())
    assert read_text(file, limit) == text
