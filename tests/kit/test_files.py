import errno
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from malmoi.kit import events, files, manifest, paths
from malmoi.kit.errors import UserError
from malmoi.kit.manifest import Manifest


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder" / "말뭉치.txt"
    with files.atomic_file(path) as aside:
        aside.write_text("반")
        assert not path.exists()
    assert path.read_text() == "반"
    with pytest.raises(RuntimeError), files.atomic_file(path) as aside:
        aside.write_text("덜 쓴 글")
        raise RuntimeError
    assert path.read_text() == "반"
    assert sorted(path.parent.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "shards"
    with pytest.raises(RuntimeError), files.atomic_directory(folder) as aside:
        (aside / "one").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with files.atomic_directory(folder) as aside:
        (aside / "deep").mkdir()
        (aside / "deep" / "one").write_text("1")
    assert (folder / "deep" / "one").read_text() == "1"


def test_what_a_killed_writer_left_is_removed(tmp_path):
    script = (
        "import os, sys, pathlib; from malmoi.kit import files\n"
        "with files.atomic_directory(pathlib.Path(sys.argv[1]) / 'out') as aside:\n"
        "    (aside / 'half').write_text('x'); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    files.remove_partials(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_threads_that_write_one_file_all_succeed(tmp_path):
    failed = []

    def write(number):
        try:
            for _ in range(100):
                files.write_text(tmp_path / "a", str(number))
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (tmp_path / "a").read_text() in "0123"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_hash_of_a_folder_depends_on_names_and_contents_only(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "글.txt").write_text("가나다")
    assert files.sha256_of(tmp_path / "a") == files.sha256_of(tmp_path / "b")
    (tmp_path / "b" / "deep" / "글.txt").rename(tmp_path / "b" / "글.txt")
    assert files.sha256_of(tmp_path / "a") != files.sha256_of(tmp_path / "b")


def test_the_first_damaged_or_missing_file_is_named(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    made = {name: files.sha256_of(tmp_path / name) for name in ("a", "b")}
    assert files.damage(tmp_path, made) is None
    (tmp_path / "b").write_text("c")
    assert files.damage(tmp_path, made) == "b is not as it was written (SHA-256)"
    (tmp_path / "a").unlink()
    assert files.damage(tmp_path, made) == "a is missing"


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.EACCES])
def test_what_cannot_be_read_now_is_neither_damaged_nor_absent(tmp_path, unreadable, number):
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "a").write_text("a")
    manifest.write(tmp_path, Manifest("corpus", {}, outputs={"folder": files.sha256_of(tmp_path / "folder")}))
    assert manifest.verify(tmp_path) is None
    unreadable(tmp_path / "folder" / "deep", number)
    with pytest.raises(UserError, match=r"folder cannot be read now: .*; nothing was changed; run again") as caught:
        manifest.verify(tmp_path)
    assert caught.value.code == 75
    unreadable(tmp_path / "manifest.json", number)
    for ask in (manifest.read, lambda folder: manifest.is_finished(folder, {}, {})):
        with pytest.raises(UserError, match=r"manifest.json cannot be read now") as caught:
            ask(tmp_path)
        assert caught.value.code == 75
    assert not manifest.is_finished(tmp_path / "absent", {}, {})
    (tmp_path / "file").write_text("")
    assert not manifest.is_finished(tmp_path / "file", {}, {})


def test_what_cannot_be_written_is_one_clear_line(tmp_path):
    words = "out cannot be written to: No space left on device; make room"
    with pytest.raises(UserError, match=words), files.writing(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_input_that_cannot_be_read_is_not_blamed_on_the_folder_that_is_written_to(tmp_path):
    with pytest.raises(FileNotFoundError, match="in/말뭉치"), files.writing(tmp_path / "out"):
        (tmp_path / "in" / "말뭉치").read_text()
    for refused in (tmp_path / "out" / "a", tmp_path):
        with pytest.raises(UserError, match="out cannot be written to"), files.writing(tmp_path / "out"):
            raise OSError(errno.EACCES, "Permission denied", str(refused))


def test_a_folder_is_finished_only_for_the_same_config_and_inputs(tmp_path):
    assert not manifest.is_finished(tmp_path, {"a": 1}, {})
    manifest.write(tmp_path, Manifest("corpus", {"a": 1, "b": (1, 2)}, {"raw": "00"}, counts={"documents": 3}))
    assert manifest.is_finished(tmp_path, {"a": 1, "b": (1, 2)}, {"raw": "00"})
    assert not manifest.is_finished(tmp_path, {"a": 2, "b": (1, 2)}, {"raw": "00"})
    assert not manifest.is_finished(tmp_path, {"a": 1, "b": (1, 2)}, {"raw": "01"})
    found = manifest.read(tmp_path)
    assert found["counts"] == {"documents": 3}
    assert found["code"].startswith("0.")


@pytest.mark.parametrize("content", [None, "{", "\x00", "[]", "5", "null"])
def test_a_missing_or_damaged_manifest_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json"):
        manifest.read(tmp_path)
    if content is not None:
        with pytest.raises(UserError, match="remove that file"):
            manifest.is_finished(tmp_path, {}, {})


def test_text_with_a_protocol_is_a_remote_path_and_nothing_else_is():
    assert paths.to_path("a/b") == Path("a/b")
    assert paths.to_path("file:///a/b") == Path("/a/b")
    remote = paths.to_path("memory://bucket/말뭉치")
    assert str(remote / "하나.txt") == "memory://bucket/말뭉치/하나.txt"
    assert [paths.is_remote(path) for path in (remote, remote / "a", Path("a"))] == [True, True, False]
    assert [paths.is_path(value) for value in (remote, Path("a"), "a", None)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [("foo://a", "Unsupported filesystem: 'foo'"), ("s3://", "names no bucket"), ("s3:///", "names no bucket")],
)
def test_path_of_no_file_system_is_refused_in_one_sentence(text, words):
    with pytest.raises(UserError, match=words):
        paths.to_path(text)


@pytest.fixture
def remote() -> Iterator[Path]:
    folder = paths.to_path(f"memory://{uuid.uuid4().hex}/말뭉치 [1]")
    yield folder
    files.remove(folder)


def test_remote_file_appears_whole_or_not_at_all(remote):
    with pytest.raises(RuntimeError), files.atomic_file(remote / "글.txt") as aside:
        aside.write_text("덜 쓴 글")
        raise RuntimeError
    assert files.listed(remote) == []
    files.write_text(remote / "깊이" / "글.txt", "온전한 글")
    assert files.sizes_below(remote) == {"깊이/글.txt": len("온전한 글".encode())}
    with files.opened(remote / "깊이" / "글.txt") as stream:
        stream.seek(3)
        assert stream.read(3).decode() == "전"


def test_nothing_lies_below_a_remote_file_nor_below_a_neighbour_whose_name_begins_alike(remote):
    for name in ("a.txt", "ab/1.txt", "a/2.txt"):
        files.write_text(remote / name, name)
    assert files.sizes_below(remote / "a.txt") == {}
    assert files.sizes_below(remote / "a") == {"2.txt": len("a/2.txt")}


def test_an_error_of_a_connection_names_the_path_whatever_its_class_takes(remote):
    """aiohttp's error is an OSError whose constructor takes a key and another error."""
    aiohttp = pytest.importorskip("aiohttp")
    client = pytest.importorskip("aiohttp.client_reqrep")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")
    key = client.ConnectionKey("127.0.0.1", 9, False, True, None, None, None)
    raised = aiohttp.ClientConnectorError(key, refused)
    with pytest.raises(ConnectionRefusedError, match="Connect call failed") as caught, paths.reaching(remote):
        raise raised
    assert caught.value.filename == str(remote)
    with pytest.raises(FileNotFoundError, match="없음") as caught, paths.reaching(remote):
        raise FileNotFoundError("없음")
    assert caught.value.filename == str(remote)


def test_a_dead_web_server_is_an_error_that_names_the_address():
    pytest.importorskip("aiohttp")
    path = paths.to_path("http://127.0.0.1:9/글.txt")
    with pytest.raises(OSError, match=r"127\.0\.0\.1") as caught, files.opened(path) as stream:
        stream.read()
    assert caught.value.filename == str(path)


def test_remote_folder_has_the_hash_of_the_local_one_with_the_same_files(remote, tmp_path):
    for name in ("나.txt", "a/b.txt", "a-/b.txt", "a.txt"):  # "/" sorts after "-" and before nothing else here
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
        files.write_text(remote / name, name)
    assert files.sha256_of(remote) == files.sha256_of(tmp_path)
    assert files.damage(remote, {"나.txt": files.sha256_of(tmp_path / "나.txt")}) is None


@pytest.mark.parametrize("kind", ["local", "remote"])
def test_trees_are_listed_moved_and_removed_wherever_they_are(remote, tmp_path, kind):
    folder = tmp_path if kind == "local" else remote
    for name in ("old/1.txt", "old/깊이/2.txt", "new/3.txt", "half.partial"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / name, name)
    files.remove_partials(folder)
    assert [path.name for path in files.listed(folder)] == ["new", "old"]
    assert [path.name for path in files.listed(folder / "old")] == ["1.txt", "깊이"]
    assert [path.name for path in files.listed(folder / "old", ".txt")] == ["1.txt"]
    assert list(files.sizes_below(folder)) == ["new/3.txt", "old/1.txt", "old/깊이/2.txt"]
    if kind == "local":  # an object store cannot rename
        files.move(folder / "old", folder / "new")
        assert (folder / "new" / "깊이" / "2.txt").read_text() == "old/깊이/2.txt"
        assert list(files.sizes_below(folder)) == ["new/1.txt", "new/깊이/2.txt"]
    files.remove(folder / "new")
    files.remove(folder / "new")
    assert files.listed(folder / "new") == files.listed(folder / "nowhere") == []
    assert files.sizes_below(folder / "nowhere") == {}


def test_events_and_manifest_lie_in_a_remote_folder_as_in_a_local_one(remote):
    events.append(remote, "resume", step=1)
    events.append(remote, "resume", step=2, note="다시")
    assert [event["step"] for event in events.every(remote, "resume")] == [1, 2]
    assert not manifest.is_finished(remote, {"a": 1}, {})
    manifest.write(remote, Manifest("corpus", {"a": 1}))
    assert manifest.is_finished(remote, {"a": 1}, {})
    with pytest.raises(UserError, match=r"no manifest\.json"):
        manifest.read(remote / "elsewhere")
