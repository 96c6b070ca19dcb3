"""Every hostile page gives documents or the reason why not, in bounded time and memory."""

import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hostile_pages import ARTICLE, PAGES

from malmoi.corpus.document import KINDS, SCHEMA
from malmoi.corpus.html.core_region import MAX_PAGE_BYTES
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

SMALL, LARGE = 3_000, 1_000_000
LONGEST_S = 6.0
"""CPU seconds for 16 MB of the worst; a page of the web has 0.2 MB."""
MOST_BYTES = 1_100_000_000


def check(content: bytes, kind: str | None = None) -> None:
    source = Input(Path("unused"), kind=kind)
    found = to_documents(Raw(content, "html", "a.html", 0, len(content)), source)
    if isinstance(found, Unreadable):
        assert found.reason in ("no_text", "binary", "encoding", "too_large")
        assert found.raw_bytes == len(content)
        return
    assert found
    table = pa.Table.from_pylist(found, SCHEMA)
    for row in table.to_pylist():
        assert row["text"] == row["text"].strip() != ""
        assert row["source"]["kind"] in KINDS
        for segment in row["segments"] or ():
            assert 0 <= segment["start"] <= segment["end"] <= len(row["text"])
        for view in row["views"] or ():
            assert 0 <= view["start"] < view["end"] <= len(row["text"])


def test_there_are_sixty_kinds_and_more():
    assert len(PAGES) >= 60


@pytest.mark.parametrize("kind", [None, "kin", "cafe"])
@pytest.mark.parametrize("name", PAGES)
def test_no_hostile_page_raises_or_is_lost(name, kind):
    check(PAGES[name](SMALL), kind)


def test_an_article_survives_what_stands_around_it():
    kept = [name for name in PAGES if _is_kept(PAGES[name](300))]
    assert len(kept) >= 0.7 * len(PAGES)


def _is_kept(content: bytes) -> bool:
    found = to_documents(Raw(content, "html", "a.html", 0, len(content)), Input(Path("unused")))
    return isinstance(found, list) and "첫눈이 내렸다" in found[0]["text"]


def test_a_page_of_a_hundred_megabytes_is_refused_unread():
    from processor_time import least_seconds  # not found where this file is run as a program of its own

    page = Raw(b"<p>x" * 25_000_000, "html", "a.html", 0, 100_000_000)
    found = to_documents(page, Input(Path("unused")))
    assert isinstance(found, Unreadable)
    assert found.reason == "too_large"
    assert least_seconds(lambda: to_documents(page, Input(Path("unused")))) < 1


def test_an_attribute_of_fifty_megabytes_is_refused_unread():
    content = f"{ARTICLE}<div data-x='{'x' * 50_000_000}'>".encode()
    found = to_documents(Raw(content, "html", "a.html", 0, len(content)), Input(Path("unused")))
    assert isinstance(found, Unreadable)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_of_anything_costs_seconds_and_bounded_memory():
    words = [sys.executable, __file__]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    *lines, most = done.stdout.splitlines()
    slow = {name: float(seconds) for name, seconds in (line.split("\t") for line in lines)}
    assert len(slow) == len(PAGES)
    assert {name: seconds for name, seconds in slow.items() if seconds > LONGEST_S} == {}
    assert int(most) < MOST_BYTES


def main() -> None:
    """Prints the CPU seconds of each page at full size, and at the end the most memory that this process has held."""
    check(PAGES["nothing at all"](1))
    check(ARTICLE.encode(), "kin")
    for name, make in PAGES.items():
        content = make(LARGE)[:MAX_PAGE_BYTES]
        begun = time.process_time()
        check(content)
        print(f"{name}\t{time.process_time() - begun:.2f}", flush=True)
    # Not ru_maxrss: it begins with what the process held that this one was forked from (getrusage counts over exec).
    most = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(most.split()[1]) * 1024)


if __name__ == "__main__":
    main()
