import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.stage import state
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.corpus_text import heldout_limit
from malmoi.tokenizer.encode import encode, made
from malmoi.tokenizer.sample import draw, weigh
from malmoi.tokenizer.settings import MAX_HELDOUT_SHARE, EncodeSettings, id_share
from malmoi.tokenizer.shards import open_part

SETTINGS = EncodeSettings(heldout_share=0.1, shard_tokens=1500, processes=1)


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def tokens(corpus: Path, plain: Path) -> Path:
    out = corpus.parent / "encoded"
    encode(SETTINGS, corpus, plain, out, quiet)
    return out


def test_each_document_lies_whole_in_the_part_its_id_chooses(tokens: Path, codec: Codec, documents: list[dict]):
    texts = {one["id"]: one["text"] for one in documents}
    found = {}
    for name in ("train", "heldout"):
        part = open_part(tokens, name)
        for one in part.located(0, part.num_tokens):
            ids = part.read(one.start, one.stop).tolist()
            assert ids[-1] == 0
            assert 0 not in ids[:-1]
            assert (name == "heldout") == (id_share(one.id) < 0.1)
            assert one.text_bytes == len(texts[one.id].encode())
            found[one.id] = codec.decode(ids)
    assert found == texts


def test_shards_close_before_the_document_that_would_pass_the_limit(tokens: Path):
    sizes = manifest.read(tokens)["counts"]["shards"]
    assert len([name for name in sizes if name.startswith("train-")]) > 3
    assert all(0 < size <= 1500 for size in sizes.values())
    for name, size in sizes.items():
        assert (tokens / name).stat().st_size == 2 * size
        table = pq.read_table(tokens / name.replace(".bin", ".documents.parquet"))
        assert table.column_names == ["id", "kind", "source_name", "start", "tokens", "text_bytes"]
        starts, counts = table["start"].to_numpy(), table["tokens"].to_numpy()
        assert starts.tolist() == [0, *np.cumsum(counts)[:-1].tolist()]


def test_the_counts_agree_with_the_files(tokens: Path, documents: list[dict]):
    counts = manifest.read(tokens)["counts"]
    assert counts["train_documents"] + counts["heldout_documents"] == len(documents)
    for name in ("train", "heldout"):
        part = open_part(tokens, name)
        assert counts[f"{name}_tokens"] == part.num_tokens
        assert counts[f"{name}_documents"] == len(part.documents(0, part.num_tokens))
        assert counts["text_bytes"][name] == sum(one.text_bytes for one in part.located(0, part.num_tokens))
        assert counts[f"{name}_tokens"] == sum(row[f"{name}_tokens"] for row in counts["by_kind"].values())
    text_tokens = counts["train_tokens"] + counts["heldout_tokens"] - len(documents)
    assert counts["bytes_per_token"] == pytest.approx(sum(counts["text_bytes"].values()) / text_tokens)


def test_any_number_of_workers_writes_the_same_bytes(tokens: Path, corpus: Path, plain: Path, tmp_path: Path):
    encode(EncodeSettings(0.1, 1500, processes=2), corpus, plain, tmp_path, quiet)
    made = manifest.read(tmp_path)
    assert made["outputs"] == manifest.read(tokens)["outputs"]
    for name, sha256 in manifest.hashes(made["outputs"]).items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == sha256


def test_a_finished_folder_is_left_and_an_unfinished_one_is_begun_again(corpus: Path, plain: Path, tmp_path: Path):
    counts = encode(SETTINGS, corpus, plain, tmp_path, quiet)
    before = (tmp_path / "train-00000.bin").stat().st_mtime_ns
    assert encode(SETTINGS, corpus, plain, tmp_path, quiet) == counts
    assert (tmp_path / "train-00000.bin").stat().st_mtime_ns == before
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "train-00099.bin").write_bytes(b"old")
    (tmp_path / "train-00000.bin.5.partial").write_bytes(b"half")
    encode(SETTINGS, corpus, plain, tmp_path, quiet)
    assert not (tmp_path / "train-00099.bin").exists()
    assert not list(tmp_path.glob("*.partial"))


def test_what_would_be_encoded_anew_is_known_beforehand(tokens: Path, corpus: Path, plain: Path):
    assert state(tokens, made(SETTINGS, corpus, plain)) == "unchanged"
    assert state(tokens, made(replace(SETTINGS, processes=2), corpus, plain)) == "unchanged"
    other = made(replace(SETTINGS, heldout_share=0.2), corpus, plain)
    assert state(tokens, other) == "again because config.heldout_share changed (0.1 -> 0.2)"


def test_two_encodings_into_one_folder_do_not_break_each_other(tokens: Path, corpus: Path, plain: Path, tmp_path: Path):
    refused = []

    def progress(_done: int, _total: int) -> None:
        if not refused:
            with pytest.raises(UserError, match="is at work in") as caught:
                encode(SETTINGS, corpus, plain, tmp_path / "out", quiet)
            refused.append(caught.value.code)

    encode(SETTINGS, corpus, plain, tmp_path / "out", progress)
    assert refused == [TRY_AGAIN]
    assert manifest.read(tmp_path / "out")["outputs"] == manifest.read(tokens)["outputs"]
    assert manifest.verify(tmp_path / "out") is None


def test_an_error_on_the_way_leaves_no_manifest_and_no_half_shard(write_corpus, plain, tmp_path: Path, make_document):
    corpus = write_corpus(tmp_path / "corpus", [make_document(f"글 {n} " * 50) for n in range(40)])
    shard = corpus / "shards" / "part-00001.parquet"
    raw = bytearray(shard.read_bytes())
    group = pq.ParquetFile(shard).metadata.row_group(0)
    texts = next(group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "text")
    first = texts.dictionary_page_offset or texts.data_page_offset
    raw[first + 20 : first + 220] = bytes(200)  # the footer and the ids stay whole: only reading the texts finds it
    shard.write_bytes(raw)
    with pytest.raises(UserError, match=r"part-00001\.parquet"):
        encode(SETTINGS, corpus, plain, tmp_path / "out", quiet)
    left = [file.name for file in (tmp_path / "out").iterdir()]
    assert left
    assert not [name for name in left if name.endswith((".partial", "manifest.json"))]


def test_damaged_tokens_are_encoded_again(tokens: Path, corpus: Path, plain: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copytree(tokens, out)
    (out / "train-00000.bin").write_bytes(bytes((out / "train-00000.bin").stat().st_size))
    (out / "train-00001.bin").unlink()
    encode(SETTINGS, corpus, plain, out, quiet)
    assert (out / "train-00000.bin").read_bytes() == (tokens / "train-00000.bin").read_bytes()
    assert open_part(out, "train").num_tokens == open_part(tokens, "train").num_tokens


def test_an_unfinished_absent_or_damaged_tokenizer_is_not_encoded_with(corpus: Path, plain: Path, tmp_path: Path):
    with pytest.raises(UserError, match=r"nowhere has no manifest\.json"):
        encode(SETTINGS, corpus, tmp_path / "nowhere", tmp_path / "out", quiet)
    former = tmp_path / "former"
    shutil.copytree(plain, former)
    (former / "tokenizer.json").write_bytes((former / "tokenizer.json").read_bytes()[:-9])
    with pytest.raises(UserError, match=r"tokenizer\.json is not as it was written"):
        encode(SETTINGS, corpus, former, tmp_path / "out", quiet)
    (former / "manifest.json").unlink()  # as `learn` leaves it while it works: the former tokenizer.json still there
    with pytest.raises(UserError, match=r"former has no manifest\.json"):
        encode(SETTINGS, corpus, former, tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_a_text_that_is_no_utf8_after_damage_names_its_shard(write_corpus, plain, tmp_path: Path, make_document):
    corpus = write_corpus(tmp_path / "corpus", [make_document("가나다라마바사")], shards=1)
    shard = corpus / "shards" / "part-00000.parquet"
    table = pq.read_table(shard)
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], "<i4")), pa.py_buffer(b"\xea\xff")]
    )
    place = table.schema.get_field_index("text")
    pq.write_table(table.set_column(place, table.schema.field(place), text.cast(table.schema.field(place).type)), shard)
    with pytest.raises(UserError, match=r"part-00000\.parquet cannot be read: .*UTF8"):
        encode(EncodeSettings(0.0, processes=1), corpus, plain, tmp_path / "out", quiet)


def test_an_unwritable_folder_is_one_clear_line(corpus: Path, plain: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file cannot be written to: .*; make room or choose another folder"):
        encode(SETTINGS, corpus, plain, tmp_path / "file", quiet)


def test_hard_texts_come_back_from_the_shards(write_corpus, plain: Path, tmp_path: Path, make_document):
    texts = ["", "ㅋ", "나랏말ᄊᆞ미", "끝<|endoftext|>아님", "가\x00나\x1f다\r\n", "👨‍👩‍👧", "가" * 20_000, " \n\t "]
    documents = [make_document(text, name=None if n % 2 else f"곳{n}") for n, text in enumerate(texts)]
    corpus = write_corpus(tmp_path / "corpus", documents)
    encode(EncodeSettings(0.0, 100, processes=1), corpus, plain, tmp_path / "out", quiet)
    part = open_part(tmp_path / "out", "train")
    codec = Codec(plain)
    found = [codec.decode(part.read(start, stop).tolist()) for _, start, stop in part.documents(0, part.num_tokens)]
    assert found == [one["text"] for one in documents]
    heldout = open_part(tmp_path / "out", "heldout")
    assert (heldout.num_tokens, heldout.documents(0, 10)) == (0, [])


@pytest.mark.parametrize("wrong", [{"heldout_share": 0.5}, {"heldout_share": -0.1}, {"shard_tokens": 0}])
def test_impossible_settings_are_refused_by_name(wrong: dict):
    with pytest.raises(UserError, match=next(iter(wrong))):
        EncodeSettings(**wrong)


def some_ids(make_document, picked: int, others: int, share: float) -> list[dict]:
    """Documents of which `picked` have an id below `share`."""
    pool = [make_document(f"글 {n} 하나") for n in range(2000)]
    below = [one for one in pool if id_share(one["id"]) < share]
    return below[:picked] + [one for one in pool if one not in below][:others]


@pytest.mark.parametrize(("picked", "others"), [(0, 3), (3, 0), (2, 5)])
def test_each_part_has_a_document_however_few_there_are(picked, others, write_corpus, plain, tmp_path, make_document):
    documents = some_ids(make_document, picked, others, 0.1)
    counts = encode(SETTINGS, write_corpus(tmp_path / "corpus", documents), plain, tmp_path / "out", quiet)
    by_share = sorted(documents, key=lambda one: id_share(one["id"]))
    expected = picked if picked and others else picked - 1 if picked else 1
    part = open_part(tmp_path / "out", "heldout")
    assert {one.id for one in part.located(0, part.num_tokens)} == {one["id"] for one in by_share[:expected]}
    assert counts["train_documents"] == picked + others - expected


def test_the_tokenizer_is_learnt_from_no_document_that_is_held_out_later(write_corpus, tmp_path, make_document):
    for number, (picked, others) in enumerate([(0, 3), (3, 0), (2, 5)]):
        documents = some_ids(make_document, picked, others, MAX_HELDOUT_SHARE)
        corpus = write_corpus(tmp_path / str(number), documents)
        learnt = [one.text for one in draw(corpus, weigh(corpus, 10**6), 0)]
        limit = heldout_limit(corpus, 0.1)
        held = {one["text"] for one in documents if id_share(one["id"]) < limit}
        assert learnt
        assert held
        assert not held & set(learnt)


def test_one_document_cannot_be_trained_on_and_held_out(write_corpus, plain, tmp_path, make_document):
    corpus = write_corpus(tmp_path / "corpus", [make_document("글 하나")], shards=1)
    with pytest.raises(UserError, match="has 1 documents; expected two or more: one is held out"):
        encode(SETTINGS, corpus, plain, tmp_path / "out", quiet)
    assert encode(EncodeSettings(0.0, processes=1), corpus, plain, tmp_path / "out", quiet)["train_documents"] == 1
