"""Any number of raw files with truth: `malmoi sample grow`. Document n is a function of the seed and n alone."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.files import atomic_directory
from malmoi.sample import containers, grammar, plant
from malmoi.sample.containers import Record
from malmoi.sample.pages import page_bytes

DOCUMENTS_PER_FILE = 2_000
"""Two thousand texts of about 2 kB are a shard of 4 MB: small enough to spread over processes."""

SHARES = {"near_duplicate": 0.10, "exact_duplicate": 0.02, "personal_data": 0.08, "word_list": 0.01}
"""Share of documents with each planted fault."""


def grow(folder: Path, documents: int, seed: int, progress: Callable[[int, int], None]) -> None:
    """Writes `documents` raw documents with truth.jsonl to the new folder. Raises UserError if it exists."""
    if documents < 1:
        raise UserError(f"--documents {documents}", "a number above 0")
    if folder.exists():
        raise UserError(f"{folder} exists already", "a folder that does not exist yet")
    with atomic_directory(folder) as aside:
        raw = aside / "raw"
        raw.mkdir()
        with (aside / "truth.jsonl").open("w", encoding="utf-8") as truth:
            for first in range(0, documents, DOCUMENTS_PER_FILE):
                numbers = range(first, min(first + DOCUMENTS_PER_FILE, documents))
                records = [record(number, seed) for number in numbers]
                _write(raw, first // DOCUMENTS_PER_FILE, records, seed)
                containers.write_truth(truth, records)
                progress(numbers.stop, documents)


def record(number: int, seed: int) -> Record:
    """The record with this number. Copies are made of a document of the same file, so that its place is known."""
    chance = random.Random(f"{seed}:{number}:fault")
    fault = _fault(chance)
    own = grammar.text(number, seed)
    name = f"grown-{number:07d}"
    if fault in ("near_duplicate", "exact_duplicate") and (original := _original(number, seed)) is not None:
        source = grammar.text(original, seed)
        strength = chance.choice(plant.STRENGTHS) if fault == "near_duplicate" else None
        copy, jaccard = plant.scraped(source, strength, chance)
        return Record(name, replace(copy, id=own.id), [fault], f"grown-{original:07d}", jaccard, clean=False)
    if fault == "word_list":
        listed = replace(own, title="인기 검색어 모음", body=plant.word_list(chance))
        return Record(name, listed, [fault], clean=False)
    if fault == "personal_data":
        kinds = chance.choices(("phone", "email", "resident_number"), k=chance.randrange(1, 3))
        text, items = plant.with_personal(own, kinds, chance)
        return Record(name, text, [fault], personal=items)
    return Record(name, own)


def _fault(chance: random.Random) -> str:
    """The fault of a document by its own draw, with the chances of SHARES; "" for none."""
    draw = chance.random()
    for name, share in SHARES.items():
        if draw < share:
            return name
        draw -= share
    return ""


def _original(number: int, seed: int) -> int | None:
    """An earlier document of the same file that has no fault of its own; None where there is none near."""
    first = number - number % DOCUMENTS_PER_FILE
    for candidate in range(number - 1, max(first - 1, number - 50), -1):
        if not _fault(random.Random(f"{seed}:{candidate}:fault")):
            return candidate
    return None


def _write(raw: Path, number: int, records: list[Record], seed: int) -> None:
    """One file (or folder of pages) of records; the format goes round by the file's number."""
    chance = random.Random(f"{seed}:{number}:file")
    sort = ("jsonl", "warc", "html")[number % 3]
    if sort == "jsonl":
        containers.write_jsonl(raw, f"rows-{number:05d}.jsonl", records)
        return
    pages = []
    for one in records:
        charset = chance.choices(("utf-8", "euc-kr"), weights=(8, 2))[0]
        pages.append((one, page_bytes(one.text, one.url, charset, chance, broken_share=0.1), charset))
    if sort == "warc":
        containers.write_warc(raw, f"crawl-{number:05d}.warc.gz", pages)
        return
    for one, content, _ in pages:
        containers.write_file(raw, f"pages-{number:05d}/{one.name}.html", one, content)
