"""Inputs and corpora on an object store: the same bytes as on a disk, and one sentence where it cannot be reached."""

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import urllib.request
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import content, forget, served, upload
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.passes import inputs
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.files import read, read_file
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import list_files, sized_files
from malmoi.corpus.sources.raw import Raw
from malmoi.kit import files, manifest, paths
from malmoi.kit.errors import UserError

pytestmark = [
    pytest.mark.slow,
    # Connections of the client and the server that are still open when either ends.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def bucket():
    with served() as path:
        yield path


def raw_of_many_formats(folder: Path) -> None:
    write_rows(folder / "나.jsonl", [{"text": sentences(number)} for number in (1, 2, 2, 3)])
    (folder / "가 [1]").mkdir()
    (folder / "가 [1]" / "글.txt").write_text(sentences(4), encoding="utf-8")
    (folder / "가 [1]" / "euckr.txt.gz").write_bytes(gzip.compress(sentences(5).encode("cp949"), mtime=0))
    (folder / ".숨은").mkdir()
    (folder / ".숨은" / "a.txt").write_text(sentences(6), encoding="utf-8")
    (folder / "empty.jsonl").write_bytes(b"")
    pq.write_table(pa.table({"text": [sentences(7), sentences(8)]}), folder / "rows.parquet")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for number in range(3):
            member = tarfile.TarInfo(f"texts/{number}.txt")
            member.size = len(sentences(9 + number).encode())
            tar.addfile(member, io.BytesIO(sentences(9 + number).encode()))
    (folder / "archive.tar.gz").write_bytes(archive.getvalue())
    (folder / "cut.tar.gz").write_bytes(archive.getvalue()[:700])
    record = b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
    text = sentences(20).encode()
    (folder / "crawl.warc.gz").write_bytes(gzip.compress(record % (len(text), text), mtime=0))


def test_items_of_a_bucket_are_those_of_the_same_folder_on_a_disk(bucket, tmp_path):
    raw_of_many_formats(tmp_path)
    upload(tmp_path, bucket / "formats")
    local, remote = Input(tmp_path), Input(bucket / "formats")
    names = [path.relative_to(tmp_path).as_posix() for path in list_files(local)]
    assert [path.relative_to(remote.path).as_posix() for path in list_files(remote)] == names
    assert [size for _, size in sized_files(remote)] == [size for _, size in sized_files(local)]
    assert list(read(remote)) == list(read(local))
    assert (
        len(list(read(local))) == 4 + 2 + 1 + 2 + 3 + 2 + 1
    )  # the last two: of the archive that is cut, a member and why


def test_one_object_and_patterns_are_inputs_too(bucket, tmp_path):
    raw_of_many_formats(tmp_path)
    upload(tmp_path, bucket / "one")
    assert len(list(read(Input(bucket / "one" / "나.jsonl")))) == 4
    chosen = list_files(Input(bucket / "one", include=("*.txt",), exclude=("*.tar.gz",)))
    assert [path.name for path in chosen] == ["글.txt", "one"]  # the folder carries what the patterns leave out


def test_a_large_archive_is_read_by_ranges_and_never_copied(bucket, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "large.tar", mode="w") as tar:
        for number in range(30):
            filler = os.urandom(1_000_000)
            for name, body in ((f"{number}.bin", filler), (f"{number}.txt", sentences(number).encode())):
                member = tarfile.TarInfo(name)
                member.size = len(body)
                tar.addfile(member, io.BytesIO(body))
    upload(tmp_path, bucket / "large")
    monkeypatch.setattr("tempfile.tempdir", "/proc/no/such")  # a copy would have nowhere to go
    source = Input(bucket / "large", include=("*.txt",))
    assert sum(isinstance(item, Raw) for item in read(source)) == 30


def test_a_folder_of_a_bucket_is_removed_and_its_neighbours_stay(bucket):
    for name in ("남 [1]*/깊이/글.txt", "남 [1]*/글.txt", "남 [1]*2/글.txt", "남 1x/글.txt"):
        files.write_text(bucket / "moves" / name, name)
    files.remove(bucket / "moves" / "남 [1]*")
    assert list(files.sizes_below(bucket / "moves")) == ["남 1x/글.txt", "남 [1]*2/글.txt"]


RECIPE_ROWS = 150


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("remote") / "raw"
    for number in range(6):
        rows = [{"text": sentences(1000 * number + place)} for place in range(RECIPE_ROWS)]
        write_rows(folder / f"{number}.jsonl", [*rows, *rows[:5], "{"])
    return folder


@pytest.fixture(scope="module")
def locally(raw, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("remote") / "corpus"
    build(CorpusRecipe(inputs=(Input(raw, name="raw"),), processes=2), out, quiet)
    return out


def outputs(folder: Path) -> dict[str, str]:
    return manifest.hashes(manifest.read(folder)["outputs"])


def test_a_corpus_from_a_bucket_into_a_bucket_is_the_local_one_byte_for_byte(bucket, raw, locally, monkeypatch):
    upload(raw, bucket / "raw")
    local = manifest.read(locally)["counts"]
    recipe = CorpusRecipe(inputs=(Input(bucket / "raw", name="raw"),), processes=2)
    out = bucket / "run" / "corpus"
    assert build(recipe, out, quiet) == local
    assert outputs(out) == outputs(locally)
    for name, sha256 in outputs(out).items():
        assert files.sha256_of(out / name) == sha256
        assert (out / name).read_bytes() == (locally / name).read_bytes()
    assert not [name for name in content(out) if name.startswith("work/")]
    finished_at = manifest.read(out)["finished_at"]
    monkeypatch.setattr(
        inputs, "sha256_of", None
    )  # what is asked of the bucket is a listing: nothing is read for a hash
    assert build(recipe, out, quiet) == local  # finished: nothing is done again
    assert manifest.read(out)["finished_at"] == finished_at
    (bucket / "raw" / "0.jsonl").write_bytes((bucket / "raw" / "0.jsonl").read_bytes().replace(b"{", b"[", 1))
    assert build(recipe, out, quiet) != local  # another version of one object, with as many bytes


DRIVER = """
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.build import build
from malmoi.kit.paths import to_path
if __name__ == "__main__":
    recipe = CorpusRecipe(inputs=(Input(to_path({raw!r}), name="raw"),), processes=2)
    build(recipe, to_path({out!r}), lambda done, total: None)
"""


def test_a_killed_build_goes_on_in_its_bucket_and_ends_with_the_same_bytes(bucket, raw, locally, tmp_path):
    upload(raw, bucket / "raw")
    out, script = bucket / "torn" / "corpus", tmp_path / "driver.py"
    script.write_text(DRIVER.format(raw=str(bucket / "raw"), out=str(out)))
    driver = subprocess.Popen([sys.executable, str(script)])
    _wait_for(lambda: [name for name in files.sizes_below(out) if "/pass-" in name and name.endswith(".json")])
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert not (out / "manifest.json").exists()
    kept = [name for name in files.sizes_below(out) if name.startswith("work/")]
    assert kept
    build(CorpusRecipe(inputs=(Input(bucket / "raw", name="raw"),), processes=2), out, quiet)
    assert outputs(out) == outputs(locally)


def test_a_missing_bucket_a_missing_folder_and_no_server_are_one_sentence_each(bucket, monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"^s3://no-such-bucket/raw is not there: The specified bucket does not exist"):
        list_files(Input(paths.to_path("s3://no-such-bucket/raw")))
    with pytest.raises(UserError, match=r"no input at .*nowhere"):
        list_files(Input(bucket / "nowhere"))
    with pytest.raises(UserError, match="is not there"):
        write_rows(tmp_path / "raw" / "a.jsonl", [{"text": sentences(1)}])
        build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), paths.to_path("s3://no-such-bucket/out"), quiet)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    forget()
    with pytest.raises(UserError, match=r"cannot be reached.*AWS_ENDPOINT_URL") as raised:
        list_files(Input(paths.to_path("s3://bucket/raw")))
    assert "\n" not in str(raised.value)
    forget()


def test_a_wrong_key_and_none_at_all_are_one_sentence_each(bucket, monkeypatch):
    """The server is told to look at keys: it knows none."""
    _ask_for_keys("0")
    try:
        with pytest.raises(
            UserError, match=r"^s3://.*/raw may not be read: .*; check the key and its rights$"
        ) as raised:
            list_files(Input(bucket / "raw"))
        assert "\n" not in str(raised.value)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/proc/no/such")
        forget()
        with pytest.raises(UserError, match=r"^s3://.*/raw cannot be reached: Unable to locate credentials"):
            list_files(Input(paths.to_path(str(bucket / "raw"))))
    finally:
        _ask_for_keys("1e9")
        monkeypatch.undo()
        forget()


def _ask_for_keys(after_requests: str) -> None:
    address = os.environ["AWS_ENDPOINT_URL"] + "/moto-api/reset-auth"
    told = urllib.request.Request(address, after_requests.encode(), {"Content-Type": "text/plain"})
    with urllib.request.urlopen(told) as answer:
        assert answer.status == 200


def test_a_network_that_fails_ends_the_build_instead_of_losing_the_file(bucket, tmp_path):
    write_rows(tmp_path / "a.jsonl", [{"text": sentences(number)} for number in range(8_000)])
    upload(tmp_path, bucket / "cut")
    source = Input(bucket / "cut")
    (path,) = list_files(source)
    items = read_file(path, source)
    next(items)
    path.unlink()  # gone while it is read: the next range is refused
    with pytest.raises(OSError, match=r"a\.jsonl"):
        list(items)


def _wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
