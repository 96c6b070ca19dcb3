"""A studio on a free loopback port with a fake engine and a made-up run, and a Chromium that looks at it.

Playwright keeps an event loop running in its thread, so the browser is closed at the end of each file: the tests of
other files may use asyncio.
"""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from malmoi.corpus.ledger import rules
from malmoi.corpus.steps.rule import Rule
from malmoi.kit import events, manifest
from malmoi.kit.special_tokens import END_OF_TURN
from malmoi.serve.engine import Capabilities, Description, Guide, Health, Piece, Request, Score
from malmoi.serve.served import Served
from malmoi.serve.server import running
from malmoi.serve.settings import ServeSettings
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.settings import SPECIAL_TOKENS

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WAIT_MS = 15_000

ANSWER = "나무꾼은 산에 올라 나무를 했습니다. 😀 끝."
COPY = '{"제목":"숲으로 가는 걸음","본문":"한 손으로 접히는 의자 하나면 좋아요.","권유":"지금 만나 보세요"}'
STAGES = ("corpus", "tokenizer", "tokens", "train", "model", "report")


def make_codec(folder: Path) -> Codec:
    """A byte-level BPE whose rarer syllables are cut into bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1400,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([ANSWER, COPY], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    return Codec(folder)


class FakeEngine:
    """Says ANSWER, or what the guide asks for. While `held` is set, it stops after its third token."""

    def __init__(self, codec: Codec) -> None:
        self.codec, self.held = codec, threading.Event()
        self.requests, self.num_open = list[Request](), 0

    def describe(self) -> Description:
        able = Capabilities(20, prompt_logprobs=True, guides=("choice", "regex", "json", "lark"), embeddings=True)
        return Description("fake", "fake", self.codec.vocabulary_tokens, 4096, 4, "0" * 64, able)

    async def generate(self, request: Request):
        self.requests.append(request)
        self.num_open += 1
        try:
            top = tuple((token_id, -1.5) for token_id in range(1100, 1100 + request.top_logprobs))
            for count, token_id in enumerate(self.codec.encode(self._words(request.guide)), start=1):
                while count > 3 and self.held.is_set():
                    await asyncio.sleep(0.01)
                yield (Piece(token_id, -0.25, top),)
                if count == request.max_tokens:
                    break
            yield (Piece(self.codec.special(END_OF_TURN), -0.1, (), "stop", is_end=True),)
        finally:
            self.num_open -= 1

    def _words(self, guide: Guide | None) -> str:
        if guide is None:
            return ANSWER
        return guide.value[0] if guide.kind == "choice" else COPY

    async def score(self, token_ids, top: int = 0) -> list[Score]:  # noqa: ARG002
        return [Score(token_ids[0], None), *(Score(token_id, -token_id / 1000) for token_id in token_ids[1:])]

    async def score_many(self, prefix_ids, continuations, top: int = 0, cache_salt=None) -> list[list[Score]]:  # noqa: ARG002
        return [(await self.score([*prefix_ids, *ids], top))[len(prefix_ids) :] for ids in continuations]

    async def embed(self, token_ids) -> list[float]:
        return [float(len(token_ids))]

    def health(self) -> Health:
        return Health("ok")


def make_run(folder: Path) -> None:
    """A finished run of five documents, of which three were dropped, and 40 steps of training."""
    counts = {
        "documents_in": 5,
        "documents_kept": 2,
        "documents_dropped": 3,
        "raw_bytes_in": 4096,
        "text_bytes_kept": 300,
        "dropped_by_reason": {"too_short": 1, "near_duplicate": 1, "profanity": 1},
        "by_kind": {"news": {"documents": 2, "text_bytes": 300}},
        "by_source": {"한들신문": {"documents": 2, "text_bytes": 300}},
        "masked": {"phone": 7, "email": 9, "card": 0},
    }
    for stage in STAGES:
        (folder / stage).mkdir(parents=True)
        # As in a real run, what the training notes is a mean over its last steps, not the loss of the last one.
        noted = {**counts, "loss": 5.2346} if stage == "train" else counts
        manifest.write(folder / stage, manifest.Manifest(stage, {"seed": 1}, counts=noted, seconds=12.0))
    link = '<h1>보고서</h1><a href="../corpus/report.html">말뭉치</a>'
    (folder / "report" / "report.html").write_text(link, encoding="utf-8")
    (folder / "corpus" / "report.html").write_text("<h1>말뭉치 보고서</h1>", encoding="utf-8")
    rows = [_row("a" * 32, "도서관이 문을 열었다"), _row("b" * 32, "새 다리가 놓였다")]
    copy = {"text": "도서관이 문을 열었다.", "near_duplicate_of": "a" * 32, "near_similarity": 0.93}
    dropped = [
        _row("c" * 32, "짧은 글", "too_short", text="짧아요.", characters=4.0),
        _row("d" * 32, "도서관이 문을 열었다 (복사)", "near_duplicate", **copy),
        _row("e" * 32, "거친 댓글", "profanity", text="거친말이 있는 댓글이에요."),
    ]
    _write(folder / "corpus" / "ledger", [*rows, *dropped])
    limits = [Rule("too_short", "characters", minimum=8), Rule("near_duplicate", "near_similarity", maximum=0.7)]
    rules.write(folder / "corpus", limits)
    _write(folder / "corpus" / "shards", [{**row, "text": f"{row['title']}. 본문이에요."} for row in rows])
    for step in range(1, 41):
        number = {"step": step, "tokens": step * 100, "seconds": step / 10, "loss": 9 - step / 10}
        events.append(folder / "train", "step", **number, learning_rate=1e-3, gradient_norm=1.0, tokens_per_s=1000.0)
    events.append(folder / "train", "checkpoint", step=20)


def _row(document_id: str, title: str, reason: str | None = None, **more) -> dict:
    """A row of the ledger. reason: why it was dropped, None for a document that was kept."""
    empty = {
        "text": None,
        "characters": 90.0,
        "near_similarity": None,
        "near_duplicate_of": None,
        "exact_duplicate_of": None,
    }
    return {
        "id": document_id,
        "title": title,
        "origin": {"file": f"pages/{document_id[0]}.html", "offset": 0},
        "source": {"kind": "news", "name": "한들신문", "url": f"https://handeul.example/{document_id[:4]}"},
        "input": "crawl",
        "text_bytes": 150,
        "kept": reason is None,
        "reasons": [reason] if reason else [],
        "detail": None,
        "drop_too_short": reason == "too_short",
        "korean_share": 0.9,
        **empty,
        **more,
    }


def _write(folder: Path, rows: list[dict]) -> None:
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-00000.parquet")


@dataclass
class Studio:
    """An open studio: its address, the engine behind it, and the folder of its runs."""

    url: str
    engine: FakeEngine
    runs: Path
    answer: str = ANSWER

    def said(self) -> str:
        """The text of the prompt that the engine got last."""
        return self.engine.codec.decode(self.engine.requests[-1].prompt_ids)


@pytest.fixture(scope="module")
def studio(tmp_path_factory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    (folder / "tokenizer").mkdir()
    codec = make_codec(folder / "tokenizer")
    make_run(folder / "runs" / "made_up")
    engine = FakeEngine(codec)
    app = create_app(StudioSettings(), Served(engine, codec, ServeSettings()), folder / "runs")
    with running(app) as url:
        yield Studio(url, engine, folder / "runs")


@pytest.fixture(scope="module")
def browser():
    """A Chromium for one file of tests."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def heard() -> list[str]:
    """What the browser complained of: refusals of the policy, errors of scripts, requests to anywhere else."""
    return []


@pytest.fixture
def page(browser, studio, heard):
    """A fresh page. Whatever the test does, nothing may be refused or fail, and nothing may leave the studio."""
    context = browser.new_context(base_url=studio.url, viewport={"width": 1440, "height": 900}, locale="ko-KR")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    opened.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: heard.append(str(error)))
    opened.on("request", lambda request: None if is_own(request.url, studio.url) else heard.append(request.url))
    yield opened
    context.close()
    studio.engine.held.clear()
    assert heard == []


def is_own(address: str, studio_url: str) -> bool:
    """Whether an address stays in the studio."""
    return address.startswith((studio_url + "/", "data:", "blob:"))
