"""A small run folder: a real corpus, tokenizer and tokens, and a 20-line engine that counts."""

import math
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.document import SCHEMA, document_id
from malmoi.kit import events, manifest
from malmoi.serve.engine import Description, Piece, Request, Score
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.learn import learn
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings

VOCABULARY_TOKENS = 1400


class FakeEngine:
    """Gives every token the same probability, and notes what it was asked."""

    def __init__(self, context_tokens: int = 64, logprob: float | None = None) -> None:
        self.context_tokens = context_tokens
        self.logprob = -math.log(VOCABULARY_TOKENS) if logprob is None else logprob
        self.scored: list[tuple[int, ...]] = []
        self.requests: list[Request] = []

    def describe(self) -> Description:
        return Description("fake", "fake", VOCABULARY_TOKENS, self.context_tokens, 3, "0" * 64)

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        assert len(token_ids) <= self.context_tokens
        assert top == 0
        self.scored.append(tuple(token_ids))
        return [Score(token_ids[0], None), *(Score(token, self.logprob) for token in token_ids[1:])]

    async def generate(self, request: Request) -> AsyncIterator[tuple[Piece, ...]]:
        assert len(request.prompt_ids) + request.max_tokens <= self.context_tokens
        self.requests.append(request)
        draw = random.Random(request.seed)
        for _ in range(request.max_tokens - 1):
            yield (Piece(draw.randrange(1029, VOCABULARY_TOKENS), -1.0),)
        yield (Piece(0, finish="stop", is_end=True),)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="session")
def make_engine() -> type[FakeEngine]:
    return FakeEngine


def _document(number: int) -> dict:
    kind = ("news", "law", "comment")[number % 3]
    lines = [
        f"{number}번째 {'가나다라마'[n % 5]}마을에서 {n}일에 만난 사람들이 이야기를 나누었다."
        for n in range(number % 9 + 1)
    ]
    source = dict.fromkeys(("url", "category", "author_hash", "published", "licence", "popularity"))
    text = "\n".join(lines)
    return {
        "id": document_id("test", text.encode()),
        "title": None,
        "text": text,
        "source": {"kind": kind, "name": "곳", **source},
        "turns": None,
        "segments": None,
        "origin": {"file": "test", "offset": number},
    }


@pytest.fixture(scope="session")
def measured_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with the stages corpus, tokenizer and tokens. Not to be written to."""
    folder = tmp_path_factory.mktemp("runs") / "작은 실행"
    fill_corpus(folder / "corpus", [_document(number) for number in range(150)])
    learn(LearnSettings(VOCABULARY_TOKENS, guide="none", processes=1), folder / "corpus", folder / "tokenizer", quiet)
    encode(EncodeSettings(0.2, processes=1), folder / "corpus", folder / "tokenizer", folder / "tokens", quiet)
    return folder


@pytest.fixture
def run_folder(measured_run: Path, tmp_path: Path) -> Path:
    """The same run, to be written to, with a trained model's events and manifests."""
    folder = tmp_path / measured_run.name
    folder.mkdir()
    for stage in ("corpus", "tokenizer", "tokens"):
        (folder / stage).symlink_to(measured_run / stage)
    for step in range(1, 21):
        events.append(folder / "train", "step", step=step, tokens=step * 100, loss=9.0 / step, tokens_per_s=50.0)
    manifest.write(folder / "train", manifest.Manifest("train", {}, counts={"steps": 20, "loss": 0.5}, seconds=40.0))
    events.append(folder, "stage", stage="train", seconds=41.0, peak_bytes=3_000_000)
    events.append(folder, "stage", stage="train", seconds=0.1, peak_bytes=1_000)
    return folder


def quiet(done: int, total: int) -> None:
    """A progress that nobody watches."""
    assert 0 <= done <= total


def fill_corpus(folder: Path, documents: list[dict]) -> None:
    """A corpus stage: shards, a ledger of what was dropped, counts."""
    (folder / "shards").mkdir(parents=True)
    (folder / "ledger").mkdir()
    pq.write_table(pa.Table.from_pylist(documents, schema=SCHEMA), folder / "shards" / "part-00000.parquet")
    rows = [(True, [], 100, 90)] * 150 + [(False, ["drop_near_duplicate", "drop_jamo"], 70, 60)] * 4
    rows += [(False, ["malformed_json"], 500, None)]
    names = ("kept", "reasons", "raw_bytes", "text_bytes")
    ledger = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    pq.write_table(ledger, folder / "ledger" / "part-00000.parquet")
    by_kind = {kind: {"documents": 50, "text_bytes": 4500} for kind in ("news", "law", "comment")}
    counts = {
        "documents_in": 155,
        "documents_kept": 150,
        "documents_dropped": 5,
        "dropped_by_reason": {"drop_near_duplicate": 4, "malformed_json": 1},
        "raw_bytes_in": 15_780,
        "text_bytes_kept": 13_500,
        "by_kind": by_kind,
        "by_source": {"<img src=x onerror=alert(1)>": {"documents": 150, "text_bytes": 13_500}},
        "masked": {"phone": 3},
    }
    manifest.write(folder, manifest.Manifest("corpus", {}, outputs={"part": "0"}, counts=counts, seconds=3.0))
