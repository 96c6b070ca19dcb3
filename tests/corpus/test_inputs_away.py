"""An input that cannot be read now is neither changed nor damaged: the build stops (75) and loses nothing."""

import errno
import gzip
import io
import os
import tarfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build, made_from
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.files import read_file
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import list_files
from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.stage import state

AWAY = [errno.ESTALE, errno.EIO, errno.ETIMEDOUT, errno.ENODEV]


@pytest.fixture
def recipe(tmp_path) -> CorpusRecipe:
    for number, name in enumerate(("a", "b")):
        write_rows(tmp_path / "raw" / f"{name}.jsonl", [{"text": sentences(n, number + 1)} for n in range(5)])
    return CorpusRecipe(inputs=(Input(tmp_path / "raw"),), processes=1)


@pytest.mark.parametrize("number", AWAY)
@pytest.mark.parametrize("where", ["raw", "raw/b.jsonl"])
def test_a_finished_corpus_stays_while_the_storage_of_its_input_is_away(
    recipe, tmp_path, unreadable, monkeypatch, where, number
):
    out = tmp_path / "corpus"
    build(recipe, out, quiet)
    before = manifest.read(out)
    unreadable(tmp_path / where, number)
    for ask in (lambda: state(out, made_from(recipe, out)), lambda: build(recipe, out, quiet)):
        with pytest.raises(UserError, match="cannot be read now") as raised:
            ask()
        assert raised.value.code == TRY_AGAIN
    monkeypatch.undo()
    assert manifest.read(out) == before
    assert state(out, made_from(recipe, out)) == "unchanged"


def test_a_file_that_cannot_be_opened_now_gives_no_row(recipe, unreadable):
    source = recipe.inputs[0]
    path = list_files(source)[1]
    unreadable(path, errno.EIO)
    with pytest.raises(UserError, match=r"b\.jsonl cannot be read now") as raised:
        list(read_file(path, source))
    assert raised.value.code == TRY_AGAIN


def test_what_may_not_be_opened_is_a_row_as_before(recipe, unreadable):
    source = recipe.inputs[0]
    path = list_files(source)[1]
    unreadable(path, errno.EACCES)
    assert [item.reason for item in read_file(path, source)] == ["no_permission"]


class Failing(io.FileIO):
    """A file on a disk that fails in the middle of it."""

    def readinto(self, buffer):
        if self.tell() + len(buffer) > os.fstat(self.fileno()).st_size // 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().readinto(buffer)

    def read(self, size=-1):
        content = bytearray(size)
        return bytes(content[: self.readinto(content)])


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet", "a.tar", "a.warc", "a.json", "a.csv", "a.txt"])
def test_a_disk_that_fails_while_a_file_is_read_loses_no_item(tmp_path, monkeypatch, name):
    path = tmp_path / name
    head = b"text\n" if name == "a.csv" else b""
    rows = head + "".join(f'{{"text": "{os.urandom(500).hex()}"}}\n' for _ in range(5_000)).encode()
    if name == "a.parquet":
        pq.write_table(pa.table({"text": rows.decode().splitlines()}), path, row_group_size=500)
    elif name == "a.tar":
        with tarfile.open(path, "w") as archive:
            for number in range(20):
                member = tarfile.TarInfo(f"{number}.jsonl")
                member.size = len(rows)
                archive.addfile(member, io.BytesIO(rows))
    else:
        path.write_bytes(gzip.compress(rows, 1) if name.endswith("gz") else rows)
    before = io.open
    monkeypatch.setattr(io, "open", lambda file, *a, **k: Failing(file) if file == path else before(file, *a, **k))
    with pytest.raises(UserError, match="cannot be read now: Input/output error") as raised:
        list(read_file(path, Input(tmp_path)))
    assert raised.value.code == TRY_AGAIN


def test_a_killed_rebuild_of_an_older_version_is_known_again(recipe, tmp_path):
    out, newer = tmp_path / "corpus", replace(recipe, shard_bytes=recipe.shard_bytes + 1)
    build(recipe, out, quiet)
    (out / "inputs.json").unlink()  # an older version kept none
    before = made_from(newer, out).fingerprint

    def killed(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(newer, out, quiet, killed)
    assert made_from(newer, out).fingerprint == before
