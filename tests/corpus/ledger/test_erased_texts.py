"""What is kept of an erased text: it is known again, and nobody reads it there."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import sentences

from malmoi.corpus.kernels.keyed_hash import nearest, siphash
from malmoi.corpus.kernels.signatures import similarity
from malmoi.corpus.ledger import erased_texts, tombstones
from malmoi.corpus.ledger.erased_texts import ADDRESS, AUTHOR, BELOW, KEY, KEY_VARIABLE, NAME, PLACE
from malmoi.kit.errors import GIVE_UP, UserError


def alike(marks, *texts):
    return marks.texts(*erased_texts.signed(pa.array(texts, pa.large_string()))).tolist()


def one_word_less(text):
    words = text.split(" ")
    return " ".join([*words[:40], *words[41:]])


def test_siphash_is_that_of_its_authors():
    key, message = bytes(range(16)), np.frombuffer(bytes(range(8)), "<u8")
    assert int(siphash(message, key)[0]) == 0x93F5F5799A932462  # vectors_sip64 of the reference, 8 bytes


def test_the_nearest_is_that_of_the_plain_estimate():
    chance = np.random.default_rng(3)
    targets = chance.integers(0, 256, (5, 100), np.uint8)
    sketches = targets[[3, 1]].copy()
    sketches[0, :30] ^= 1
    found, which = nearest(sketches, targets)
    assert which.tolist() == [3, 1]
    assert found.tolist() == pytest.approx([similarity(sketches[n], targets[w]) for n, w in enumerate(which)])


def test_the_same_text_and_near_copies_are_known_and_others_are_not(tmp_path):
    text = sentences(1)
    erased_texts.remember(tmp_path, [text], 0.7)
    marks = erased_texts.read(tmp_path)
    spaced, copy, other = "\u200b".join(text), one_word_less(text), sentences(2)
    same, loose, near, none = alike(marks, text, f"  {spaced}\n", copy, other)
    assert (same, loose, none) == (1, 1, 0)
    assert 0.7 <= near < 1
    erased_texts.remember(tmp_path / "strict", [text], 0.999) if (tmp_path / "strict").mkdir() is None else None
    assert alike(erased_texts.read(tmp_path / "strict"), copy) == [0]


def test_a_short_text_is_known_as_a_whole_alone(tmp_path):
    short = "홍길동은 어제 여기에 왔다."
    erased_texts.remember(tmp_path, [short, "", "!!!"], 0.7)
    marks = erased_texts.read(tmp_path)
    assert alike(marks, short, short.upper(), "홍길동은 어제 거기에 왔다.", "", "???") == [1, 1, 0, 0, 0]
    assert marks.rows.column("sketch").null_count == len(marks.rows) == 1


def test_addresses_authors_and_places_are_known(tmp_path):
    others = {ADDRESS: ["https://a.example/1"], BELOW: ["https://b.example/"], AUTHOR: ["ab12"], PLACE: ["raw\0a\0003"]}
    erased_texts.remember(tmp_path, [], 0.7, **others)
    marks = erased_texts.read(tmp_path)
    assert marks.has_address("http://www.a.example/1/")
    assert not marks.has_address("http://a.example/1/2")
    assert marks.has_address("https://b.example/x/y?z=1")
    assert not marks.has_address("https://bb.example/")
    assert (marks.has(AUTHOR, "ab12"), marks.has(PLACE, "raw\0a\0003"), marks.has(PLACE, "ab12")) == (True, True, False)


def test_without_the_secret_nothing_can_be_told_and_another_secret_gives_other_marks(tmp_path):
    text, rows = sentences(1), []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        erased_texts.remember(tmp_path / name, [text], 0.7, address=["https://a.example/1"])
        rows.append(pq.read_table(tmp_path / name / NAME).to_pylist())
    assert not {row["hash"] for row in rows[0]} & {row["hash"] for row in rows[1]}
    equal = np.mean([x == y for x, y in zip(rows[0][1]["sketch"] or b"", rows[1][1]["sketch"] or b"", strict=True)])
    assert equal < 0.05
    assert (tmp_path / "one" / KEY).stat().st_mode & 0o077 == 0
    (tmp_path / "one" / KEY).write_text("00" * 32)
    with pytest.raises(UserError, match="is another secret"):
        erased_texts.read(tmp_path / "one")
    (tmp_path / "one" / KEY).unlink()
    with pytest.raises(UserError, match="is gone"):
        erased_texts.read(tmp_path / "one")


@pytest.mark.parametrize("content", [b"", b"zz\n", b"\xff" * 64, b"ab" * 16])
def test_a_secret_that_is_damaged_is_said_and_never_taken(tmp_path, content):
    (tmp_path / KEY).write_bytes(content)
    for create in (False, True):
        with pytest.raises(UserError, match="is damaged") as error:
            erased_texts.key_of(tmp_path, create)
        assert error.value.code == GIVE_UP


def test_damaged_marks_and_ids_are_said_for_without_them_all_would_come_back(tmp_path):
    (tmp_path / NAME).write_bytes(b"torn")
    tombstones.file_of(tmp_path).write_bytes(b"torn")
    for read in (erased_texts.read, tombstones.erased_ids):
        with pytest.raises(UserError, match="is damaged") as error:
            read(tmp_path)
        assert error.value.code == GIVE_UP


def test_the_secret_may_come_from_the_environment_and_then_lies_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(UserError, match="has 5 bytes"):
        erased_texts.remember(tmp_path, [sentences(1)], 0.7)
    monkeypatch.setenv(KEY_VARIABLE, "a secret of the house")
    erased_texts.remember(tmp_path, [sentences(1)], 0.7)
    assert not (tmp_path / KEY).exists()
    assert alike(erased_texts.read(tmp_path), sentences(1)) == [1]


def test_marks_are_added_and_an_empty_corpus_has_none(tmp_path):
    assert erased_texts.read(tmp_path) is None
    assert erased_texts.hashes(tmp_path) == {}
    for number in range(3):
        erased_texts.remember(tmp_path, [sentences(number)], 0.7)
    assert alike(erased_texts.read(tmp_path), *(sentences(number) for number in range(4))) == [1, 1, 1, 0]
    assert len(erased_texts.hashes(tmp_path)) == 1
