"""Documents taken out of token shards: what is left is what encoding the rest gives, byte for byte."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.erase import erase, ids_in, plan
from malmoi.tokenizer.former import keep, open_index
from malmoi.tokenizer.settings import EncodeSettings
from malmoi.tokenizer.shards import ERASING, open_part

SETTINGS = EncodeSettings(heldout_share=0.1, shard_tokens=1500, processes=1)
EPOCHS = [1, 3, 2]


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def with_epochs(corpus):
    for file in (corpus / "shards").glob("*.parquet"):
        table = pq.read_table(file)
        epochs = pa.array([EPOCHS[int(one[-1], 16) % 3] for one in table["id"].to_pylist()], pa.int32())
        pq.write_table(table.append_column("epochs", epochs), file)


@pytest.fixture
def road(tmp_path, write_corpus, documents, plain):
    """A corpus, the corpus without some documents, tokens, and the ids: of both parts, some written repeatedly."""
    corpus, smaller = (tmp_path / name / "corpus" for name in ("run", "smaller"))
    gone = {one["id"] for one in documents[::7]}
    write_corpus(corpus, documents)
    write_corpus(smaller, [one for one in documents if one["id"] not in gone])
    for folder in (corpus, smaller):
        with_epochs(folder)
    tokens = tmp_path / "run" / "tokens"
    encode(SETTINGS, corpus, plain, tokens, quiet)
    return corpus, smaller, tokens, gone


def same_files(one, other):
    names = sorted(file.name for file in one.iterdir() if file.suffix in (".bin", ".parquet"))
    assert names == sorted(file.name for file in other.iterdir() if file.suffix in (".bin", ".parquet"))
    return all(
        (one / name).read_bytes() == (other / name).read_bytes() if name.endswith(".bin")
        else pq.read_table(one / name).equals(pq.read_table(other / name))
        for name in names
    )  # fmt: skip


def test_what_is_left_is_what_encoding_the_rest_gives(road, plain, tmp_path):
    corpus, smaller, tokens, gone = road
    done = erase(tokens, gone, smaller, plan(tokens, gone, corpus))
    assert done["train"] + done["heldout"] == len(gone)
    assert min(done["train"], done["heldout"]) > 0
    encode(SETTINGS, smaller, plain, tmp_path / "fresh", quiet)
    assert same_files(tokens, tmp_path / "fresh")
    assert manifest.read(tokens)["counts"] == manifest.read(tmp_path / "fresh")["counts"]
    assert manifest.verify(tokens) is None
    assert any(ids_in(tokens, gone).values()) is False
    before = {file.name: file.stat().st_mtime_ns for file in tokens.iterdir() if file.is_file()}
    encode(SETTINGS, smaller, plain, tokens, quiet)
    assert {file.name: file.stat().st_mtime_ns for file in tokens.iterdir() if file.is_file()} == before


def test_tokens_of_another_corpus_are_encoded_again_later(road):
    corpus, smaller, tokens, gone = road
    erase(tokens, gone, smaller, plan(tokens, gone, corpus) | {"was": "another content"})
    assert manifest.read(tokens)["inputs"]["corpus"] == content_sha256(corpus)


def test_the_former_index_still_tells_where_documents_lay_and_holds_no_token_and_no_name(road):
    corpus, smaller, tokens, gone = road
    content, was = content_sha256(tokens), open_part(tokens, "train")
    places = sorted(was.places_of(gone))
    size, spans = was.num_tokens, was.documents(0, 5000)
    erase(tokens, gone, smaller, plan(tokens, gone, corpus))
    index = open_index(tokens, content, "train")
    assert index.num_tokens == size
    assert sorted(index.places_of(gone)) == places
    assert index.documents(0, 5000) == spans
    kept = list((tokens / "former" / content).iterdir())
    assert {file.suffix for file in kept} == {".parquet", ".json"}
    tables = [pq.read_table(file) for file in kept if file.suffix == ".parquet"]
    assert {name for table in tables for name in table["source_name"].to_pylist()} == {""}
    with pytest.raises(UserError, match="is not known"):
        open_index(tokens, "0" * 64, "train")
    assert open_index(tokens, content_sha256(tokens), "heldout").num_tokens == open_part(tokens, "heldout").num_tokens


def killed_at(moment):
    def progress(done, _total):
        if done == moment:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("moment", [0, 3])
def test_killed_between_two_files_it_is_finished_by_the_next(road, plain, tmp_path, moment):
    corpus, smaller, tokens, gone = road
    planned = plan(tokens, gone, corpus)
    with pytest.raises(KeyboardInterrupt):
        erase(tokens, gone, smaller, planned, killed_at(moment))
    assert (tokens / ERASING).exists()
    assert erase(tokens, gone, smaller, planned)["train"] == planned["train"] > 0
    encode(SETTINGS, smaller, plain, tmp_path / "fresh", quiet)
    assert same_files(tokens, tmp_path / "fresh")
    assert not (tokens / ERASING).exists()
    assert manifest.verify(tokens) is None


def test_new_shards_that_are_not_whole_are_thrown_away(road):
    corpus, _, tokens, _ = road
    (tokens / ERASING).mkdir()
    (tokens / ERASING / "train-00000.bin").write_bytes(b"half")
    before = (tokens / "train-00000.bin").read_bytes()
    erase(tokens, {"f" * 32}, corpus, plan(tokens, {"f" * 32}, corpus))
    assert (tokens / "train-00000.bin").read_bytes() == before
    assert not (tokens / ERASING).exists()


def test_encoding_after_a_killed_erasure_forgets_it(road, plain):
    corpus, smaller, tokens, gone = road
    with pytest.raises(KeyboardInterrupt):
        erase(tokens, gone, smaller, plan(tokens, gone, corpus), killed_at(0))
    encode(SETTINGS, smaller, plain, tokens, quiet)
    assert not (tokens / ERASING).exists()
    assert manifest.verify(tokens) is None


def test_nothing_to_take_out_writes_nothing(road):
    corpus, _, tokens, _ = road
    before = {file.name: file.stat().st_mtime_ns for file in tokens.iterdir()}
    assert erase(tokens, {"f" * 32}, corpus, plan(tokens, {"f" * 32}, corpus)) == {
        "train": 0,
        "heldout": 0,
        "files": {},
    }
    assert {file.name: file.stat().st_mtime_ns for file in tokens.iterdir()} == before


def test_an_index_is_kept_once(road):
    tokens = road[2]
    keep(tokens)
    folder = tokens / "former" / content_sha256(tokens)
    before = [file.stat().st_mtime_ns for file in sorted(folder.iterdir())]
    keep(tokens)
    assert [file.stat().st_mtime_ns for file in sorted(folder.iterdir())] == before


def test_erased_tokens_are_in_no_shard(road):
    corpus, smaller, tokens, gone = road
    part = open_part(tokens, "train")
    start, stop = next(iter(part.places_of(gone)))
    line = part.read(start, stop - 1).astype("<u2").tobytes()
    assert any(line in file.read_bytes() for file in tokens.glob("*.bin"))
    erase(tokens, gone, smaller, plan(tokens, gone, corpus))
    assert not any(line in file.read_bytes() for file in tokens.rglob("*") if file.is_file())
