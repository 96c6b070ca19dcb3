import os
import signal
import subprocess
import sys

import pytest

from malmoi.corpus.sources.extractor import MAX_PAGE_BYTES, Extractor, PageError

WORDS = "한국어 문장입니다. 오늘은 날씨가 맑고 바람이 시원합니다. " * 8
GOOD = f"<html><body><article><p>{WORDS}</p></article></body></html>".encode()


@pytest.fixture(scope="module")
def extractor():
    extractor = Extractor(page_s=2.0)
    yield extractor
    extractor.close()


def reason(extractor, html):
    with pytest.raises(PageError) as failure:
        extractor.read_page(html, None, None)
    return failure.value.reason


def test_a_page_that_takes_too_long_is_stopped_and_the_next_one_read(extractor):
    attributes = " ".join(f"a{number}=b" for number in range(200_000))  # libxml2 compares each with all before it
    assert reason(extractor, f"<div {attributes}>{WORDS}".encode()) == "page_timeout"
    assert extractor.read_page(GOOD, None, None)["text"].startswith("한국어 문장입니다.")


def test_a_process_that_is_killed_is_started_again(extractor):
    extractor.read_page(GOOD, None, None)
    first = extractor._process.pid
    os.kill(first, signal.SIGSTOP)  # so that it cannot answer before it is killed
    os.kill(first, signal.SIGKILL)
    for _ in range(2):
        try:
            page = extractor.read_page(GOOD, None, None)
            break
        except PageError as error:
            assert error.reason == "page_crash"
    assert page["text"]
    assert extractor._process.pid != first


@pytest.mark.parametrize("tag", ["div", "span", "b", "table><tr><td", "ul><li"])
def test_nesting_without_end_crashes_nothing(extractor, tag):
    try:
        extractor.read_page(f"<{tag}>".encode() * 20_000 + WORDS.encode(), None, None)
    except PageError as error:
        assert error.reason in ("page_timeout", "page_crash")
    assert extractor.read_page(GOOD, None, None)["text"]


def test_a_page_of_fifty_megabytes_is_refused_unread(extractor):
    assert reason(extractor, b"x" * (MAX_PAGE_BYTES + 1)) == "too_large"


def test_what_a_library_prints_does_not_reach_the_answers(extractor):
    assert extractor.read_page(b"<html><body><p>\xff\xfe", None, None)["text"] is not None
    assert extractor.read_page(GOOD, "news", "https://a.kr")["url"] == "https://a.kr"


def test_a_closed_extractor_leaves_no_process():
    extractor = Extractor()
    extractor.read_page(GOOD, None, None)
    pid = extractor._process.pid
    extractor.close()
    extractor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_page_worker_whose_parent_is_gone_says_nothing():
    words = [sys.executable, "-m", "malmoi.corpus.sources.page_worker"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    worker.stdout.close()
    worker.stdin.close()
    assert worker.stderr.read() == b""
    worker.stderr.close()
    assert worker.wait() == 0
