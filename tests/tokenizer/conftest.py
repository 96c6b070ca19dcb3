"""A small corpus folder with real shards, and the tokenizers learnt from it."""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.document import SCHEMA, document_id
from malmoi.kit import manifest
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.learn import learn
from malmoi.tokenizer.settings import LearnSettings

NOUNS = "학교 도서관 회사 시장 병원 공원 서울 부산 친구 선생님 아이 영화 음악 신문 법원 바다".split()
PARTICLES = "에서 에는 으로 까지 부터 에서는 처럼 보다 에게 이나".split()
VERBS = "먹었다 만났다 보았다 읽었습니다 기다린다 좋아하지만 걸어갔는데 이야기했다 사라졌다 배우고 있다".split()

Write = Callable[..., Path]


def quiet(done: int, total: int) -> None:
    """A progress that nobody watches."""
    assert 0 <= done <= total


def sentences(count: int, start: int = 0) -> list[str]:
    """Sentences in which every noun meets every particle, so that plain BPE is tempted to glue them."""
    return [
        f"{NOUNS[n % 16]}{PARTICLES[(n // 3) % 10]} {NOUNS[(n * 7 + 3) % 16]}{PARTICLES[(n * 5) % 10]} {VERBS[n % 11]}."
        for n in range(start, start + count)
    ]


def document(text: str, kind: str = "web", name: str | None = "누리집") -> dict:
    text = unicodedata.normalize("NFC", text)
    source = dict.fromkeys(("url", "category", "author_hash", "published", "licence", "popularity"))
    return {
        "id": document_id("test", f"{kind}/{name}/{text}".encode()),
        "title": None,
        "text": text,
        "source": {"kind": kind, "name": name, **source},
        "turns": None,
        "segments": None,
        "origin": {"file": "test", "offset": 0},
    }


@pytest.fixture(scope="session")
def make_document() -> Callable[..., dict]:
    return document


@pytest.fixture(scope="session")
def write_corpus() -> Write:
    """Writes documents as a finished corpus folder of `shards` shards."""

    def write(folder: Path, documents: Sequence[dict], shards: int = 2) -> Path:
        (folder / "shards").mkdir(parents=True)
        size = -(-len(documents) // shards)
        for number in range(shards):
            table = pa.Table.from_pylist(documents[number * size : (number + 1) * size], schema=SCHEMA)
            pq.write_table(table, folder / "shards" / f"part-{number:05d}.parquet", compression="zstd")
        made = {"shards": document_id("shards", repr(documents).encode())}
        manifest.write(folder, manifest.Manifest("corpus", {}, outputs=made))
        return folder

    return write


@pytest.fixture(scope="session")
def documents() -> list[dict]:
    kinds = ("news", "blog", "comment")
    texts = ["\n".join(sentences(6, start=number * 5)) for number in range(240)]
    return [document(text, kinds[number % 3], f"곳{number % 7}") for number, text in enumerate(texts)]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, write_corpus: Write, documents: list[dict]) -> Path:
    return write_corpus(tmp_path_factory.mktemp("run") / "corpus", documents)


@pytest.fixture(scope="session")
def plain(corpus: Path) -> Path:
    """The folder of a tokenizer learnt without the analyser."""
    out = corpus.parent / "plain"
    learn(LearnSettings(1600, guide="none", processes=1), corpus, out, quiet)
    return out


@pytest.fixture(scope="session")
def guided(corpus: Path) -> Path:
    """The folder of a tokenizer learnt along morphemes."""
    out = corpus.parent / "guided"
    learn(LearnSettings(1600, processes=1), corpus, out, quiet)
    return out


@pytest.fixture(scope="session")
def codec(plain: Path) -> Codec:
    return Codec(plain)
