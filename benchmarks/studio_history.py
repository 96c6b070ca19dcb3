"""How long the first page of the studio's history takes with 100,000 answers: plain, filtered, and with words to find.

Run: python benchmarks/studio_history.py [ROWS]. It makes a database of its own in a temporary folder. The bar is 300 ms
for the first page. A rare word takes several pages: each has its own time, and the whole search is printed too.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from malmoi.serve.records.database import open_database
from malmoi.studio.answers import listing
from malmoi.studio.answers.tables import HistoryRow

BAR_MS = 300.0
_ROUNDS = 7
_WORDS = (
    "산속 나무꾼 바다 아침 편지 시장 도서관 학교 여름 바람 구름 감자 약속 기차 노래 이야기 마을 친구 강물 달빛".split()
)


def fill(engine, rows: int) -> None:
    """Answers of some 300 characters; one in 40,000 has the rare word."""
    draw = random.Random(7)
    now_ms = time.time_ns() // 1_000_000
    batch = []
    for number in range(rows):
        text = " ".join(draw.choice(_WORDS) for _ in range(90))
        if number % 40_000 == 777:
            text += " 두루마기"
        kind = ("completion", "chat", "card")[number % 3]
        asked = " ".join(draw.choice(_WORDS) for _ in range(20))
        batch.append(
            {
                "id": f"{now_ms - (rows - number) * 1000:012x}{draw.getrandbits(80):020x}",
                "at": "2026-11-30T00:00:00.000+00:00",
                "kind": kind,
                "model": f"demo-{number % 4}",
                "subject": "marketing_copy" if number % 3 == 2 else None,
                "source": {},
                "asked": asked,
                "state": "done",
                "finish": "stop",
                "seed": number,
                "prompt_tokens": 20,
                "answer_tokens": 90,
                "seconds": 1.0,
                "text": text,
                "body": {"prompt": asked, "max_tokens": 128, "temperature": 0.8},
                "told": {},
            }
        )
        if len(batch) == 5_000:
            with engine.begin() as connection:
                connection.execute(insert(HistoryRow), batch)
            batch = []


def timed_ms(work) -> float:
    """The median of several calls."""
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def search_ms(engine, wanted) -> tuple[int, int, float]:
    """(pages, answers found, ms) until nothing is left."""
    started, after, pages, found = time.perf_counter(), None, 0, 0
    while True:
        page = listing.page(engine, wanted, after, 50)
        pages, found, after = pages + 1, found + len(page.answers), page.after
        if after is None:
            return pages, found, (time.perf_counter() - started) * 1e3


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(Path(folder) / "studio.db")
        fill(engine, rows)
        cases = {
            "no filter": listing.Wanted(),
            "cards only": listing.Wanted(kind="card"),
            "one model": listing.Wanted(model="demo-3"),
            "a common word": listing.Wanted(q="나무꾼"),
            "a rare word": listing.Wanted(q="두루마기"),
            "a word of nobody": listing.Wanted(q="존재하지않는말"),
            "the trash, empty": listing.Wanted(is_trash=True),
        }
        worst = 0.0
        for name, wanted in cases.items():
            first = timed_ms(lambda wanted=wanted: listing.page(engine, wanted, None, 50))
            worst = max(worst, first)
            print(f"{name:18} first page {first:7.1f} ms")
        pages, found, whole = search_ms(engine, listing.Wanted(q="두루마기"))
        print(f"a rare word, whole: {pages} pages, {found} answers, {whole:.0f} ms")
        deep = listing.page(engine, listing.Wanted(), f"{int(time.time() * 1000) - rows * 500:012x}" + "0" * 20, 50)
        middle = timed_ms(lambda: listing.page(engine, listing.Wanted(), deep.after, 50))
        print(f"a page in the middle: {middle:.1f} ms; worst first page {worst:.1f} ms, bar {BAR_MS:.0f} ms")
        engine.dispose()
    return 0 if worst <= BAR_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
