import gzip
import io
import tracemalloc

import pytest
import zstandard

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.lines import read_lines
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.streams import DamagedError, open_stream, read_whole

MEGABYTE = 1_000_000


def test_a_line_of_fifty_megabytes_is_never_held(tmp_path):
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b'{"text": "a"}\n{"text": "')
        for _ in range(50):
            file.write(b"x" * MEGABYTE)
        file.write(b'"}\n{"text": "b"}\n')
    tracemalloc.start()
    items = list(read(Input(tmp_path, max_bytes_per_document=2 * MEGABYTE)))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [getattr(item, "reason", "") for item in items] == ["", "line_too_long", ""]
    assert items[1].raw_bytes == 50 * MEGABYTE + 13
    assert items[2].origin_offset == 14 + items[1].raw_bytes
    assert peak_bytes < 12 * MEGABYTE


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_never_held(pack, tmp_path):
    (tmp_path / "a.txt.x").write_bytes(b"")
    packed = pack(bytes(60 * MEGABYTE))
    stream = open_stream(io.BufferedReader(io.BytesIO(packed)), len(packed))
    tracemalloc.start()
    with pytest.raises(DamagedError) as damage:
        read_whole(stream, 2 * MEGABYTE)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert damage.value.reason == "too_large"
    assert peak_bytes < 45 * MEGABYTE  # zstd may give 32 MB for 1 KiB


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_comes_before_the_damage_is_delivered(pack):
    lines = b"".join(f"{number} 줄\n".encode() for number in range(200_000))
    packed = pack(lines)
    stream = open_stream(io.BufferedReader(io.BytesIO(packed[: len(packed) // 2])), len(packed))
    found = [line.content for line in _until_damage(stream)]
    assert len(found) > 10_000
    assert lines.startswith(b"".join(found))


def _until_damage(stream):
    try:
        yield from read_lines(stream, 100)
    except DamagedError:
        return
    pytest.fail("the stream ended as if it were whole")


def test_lines_keep_their_places():
    stream = io.BytesIO(b"\xef\xbb\xbfa\nbb\n\n" + b"c" * 10 + b"\nd")
    found = [(line.offset, line.content) for line in read_lines(stream, 5)]
    assert found == [(0, b"a\n"), (5, b"bb\n"), (8, b"\n"), (9, None), (20, b"d")]


def test_reading_a_file_twice_gives_the_same(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 100))
    first, second = (list(read(Input(tmp_path))) for _ in range(2))
    assert first == second
    assert all(isinstance(item, Raw) for item in first)
