"""samples/written + planted faults -> samples/raw and samples/truth.jsonl, the same bytes each time."""

import filecmp
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from malmoi.sample import containers, plant
from malmoi.sample.containers import Record
from malmoi.sample.pages import page_bytes
from malmoi.sample.words import WORDS
from malmoi.sample.written import Text, read_written

SEED = 1911
"""The year of the first 말모이."""

PAGE_GROUPS = ("news", "notice", "product", "cafe", "blog", "kin", "recipe", "mt", "promotion")
NOT_CLEAN = {"mt": "machine_translated"}
"""Groups that were written as faults, and the name of each fault."""

COPIES_OF_EACH_STRENGTH = 6
EXACT_COPIES = 12
WITH_PERSONAL_DATA = 60


def build(samples: Path) -> list[Record]:
    """Makes samples/raw and samples/truth.jsonl from samples/written. Returns the records. Raises UserError."""
    records = plan(read_written(samples / "written"))
    raw = samples / "raw"
    _empty(raw)
    for write in (_write_pages, _write_files, _write_tables, _write_scraps):
        write(raw, records)
    with (samples / "truth.jsonl").open("w", encoding="utf-8") as stream:
        containers.write_truth(stream, records)
    return records


def differences(samples: Path) -> list[str]:
    """The names of files that `build` would change. Empty where samples/ is up to date. Raises UserError as `build`."""
    read_written(samples / "written")  # a fault in it is told with its own path, not with that of a copy
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        (fresh / "written").symlink_to((samples / "written").resolve())
        build(fresh)
        made = {path.relative_to(fresh) for path in _files(fresh)}
        found = {path.relative_to(samples) for path in _files(samples)}
        changed = {name for name in made & found if not filecmp.cmp(fresh / name, samples / name, shallow=False)}
    return sorted(str(name) for name in changed | (made ^ found))


def _files(samples: Path) -> Iterable[Path]:
    yield from (path for path in (samples / "raw").rglob("*") if path.is_file())
    yield from (path for path in (samples / "truth.jsonl",) if path.is_file())


def plan(texts: list[Text]) -> list[Record]:
    """Every record that will stand in samples/raw, faults planted, before it is put into a file."""
    chance = random.Random(SEED)
    written = [_as_written(text) for text in texts]
    clean = [record for record in written if record.clean and record.text.group not in ("code", "law")]
    chosen = chance.sample(clean, WITH_PERSONAL_DATA)
    for record in chosen:
        _plant_personal(record, chance)
    untouched = [record for record in clean if not record.personal and len(record.text.body) > 350]
    return [*written, *_copies(untouched, chance), *_noise(written, chance)]


def _as_written(text: Text) -> Record:
    fault = NOT_CLEAN.get(text.group)
    return Record(text.id, text, [fault] if fault else [], clean=fault is None)


def _plant_personal(record: Record, chance: random.Random) -> None:
    kinds = chance.choices(("phone", "email", "resident_number"), weights=(5, 3, 2), k=chance.randrange(1, 4))
    record.text, record.personal = plant.with_personal(record.text, kinds, chance)
    record.plants.append("personal_data")


def _copies(originals: list[Record], chance: random.Random) -> list[Record]:
    """Near and exact copies of some texts, each on a site of its own."""
    wanted = len(plant.STRENGTHS) * COPIES_OF_EACH_STRENGTH + EXACT_COPIES
    copies = []
    for number, original in enumerate(chance.sample(originals, wanted)):
        strength = None if number < EXACT_COPIES else plant.STRENGTHS[number % len(plant.STRENGTHS)]
        copy, jaccard = plant.scraped(original.text, strength, chance)
        fault = "near_duplicate" if strength else "exact_duplicate"
        copies.append(Record(f"copy-{number:03d}", copy, [fault], original.name, jaccard, clean=False))
    return copies


def _noise(written: list[Record], chance: random.Random) -> list[Record]:
    """Promotion, swearing, word lists, empty shells of pages, and texts broken by a wrong charset."""
    clean = [record.text for record in written if record.clean and not record.personal]
    threads = [text for text in clean if text.group == "comment"]

    def noise(name: str, fault: str, title: str, body: str, kind: str = "web") -> Record:
        return Record(name, Text(name, kind, title, body, site="모둠터"), [fault], clean=False)

    promotions = [
        noise(f"promotion-{n:03d}", "promotion", "놓치면 안 되는 소식", plant.promotion(chance), "blog")
        for n in range(16)
    ]
    angry = [
        noise(f"angry-{n:03d}", "profanity", text.title, plant.profanity(text.body, chance), "comment")
        for n, text in enumerate(chance.choices(threads, k=12))
    ]
    lists = [noise(f"list-{n:03d}", "word_list", "인기 검색어 모음", plant.word_list(chance)) for n in range(14)]
    shells = [noise(f"shell-{n:03d}", "boilerplate", "안내", chance.choice(WORDS["pages"]["shells"])) for n in range(8)]
    breaks: tuple[Callable[[str], str], ...] = (plant.mojibake, lambda body: plant.torn(body, chance))
    broken = [
        noise(f"broken-{n:03d}", "broken_encoding", text.title, breaks[n % 2](text.body))
        for n, text in enumerate(chance.sample(clean, 12))
    ]
    return [*promotions, *angry, *lists, *shells, *broken]


def _group(record: Record) -> str:
    return record.name.rsplit("-", 1)[0]


def _write_pages(raw: Path, records: list[Record]) -> None:
    """Pages as files, one site a folder, three in ten in EUC-KR/CP949; every fifth page goes into a crawl instead."""
    chance = random.Random(SEED + 1)
    crawled = []
    paged = [record for record in records if _group(record) in (*PAGE_GROUPS, "shell") or _is_paged_copy(record)]
    for number, record in enumerate(paged):
        charset = chance.choices(("utf-8", "euc-kr", "cp949"), weights=(7, 2, 1))[0]
        content = page_bytes(record.text, record.url, charset, chance, broken_share=0.15)
        if number % 5 == 4:
            crawled.append((record, content, chance.choice(("", charset))))
        else:
            containers.write_file(raw, f"pages/{record.text.group}/{record.name}.html", record, content)
    containers.write_warc(raw, "crawl.warc.gz", crawled)


def _is_paged_copy(record: Record) -> bool:
    return _group(record) == "copy" and int(record.name[-3:]) % 2 == 0


def _write_files(raw: Path, records: list[Record]) -> None:
    """Encyclopedia, code and half of the law as Markdown, books as text (two in five in CP949), dialogues in a tar."""
    dialogues = []
    for number, record in enumerate(records):
        group = _group(record)
        if group in ("wiki", "code") or (group == "law" and number % 2):
            containers.write_file(raw, f"{group}/{record.name}.md", record, containers.markdown(record))
        elif group == "book":
            content = f"{record.text.title}\n\n{record.text.body}\n"
            charset = "cp949" if number % 5 < 2 else "utf-8"
            encoded = content.encode(charset, "replace")
            containers.write_file(raw, f"book/{record.name}.txt", record, encoded)
        elif group == "dialogue" and number % 2:
            dialogues.append((f"dialogue/{record.name}.txt", record, record.text.body.encode()))
    containers.write_tar(raw, "dialogue.tar.gz", dialogues)


def _write_tables(raw: Path, records: list[Record]) -> None:
    """What is left, as rows: JSONL and Parquet."""
    left = [record for record in records if record.place is None]
    parquet = [record for record in left if _group(record) in ("expert", "law")]
    containers.write_parquet(raw, "expert.parquet", parquet)
    rows: dict[str, list[Record]] = {}
    for record in left:
        if record.place is None:
            rows.setdefault(_group(record), []).append(record)
    for group, members in rows.items():
        containers.write_jsonl(raw, f"{group}.jsonl", members)


def _write_scraps(raw: Path, _: list[Record]) -> None:
    """Rows that cannot be read at all; they have no truth but to be told of in the ledger."""
    scraps = [b'{"text": "\xea\xb0\x80', b'{"title": "no text here"}', b'{"text": 5}', b"not json", b'{"text": ""}']
    (raw / "scraps.jsonl").write_bytes(b"\n".join(scraps) + b"\n")


def _empty(raw: Path) -> None:
    for path in sorted(raw.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    raw.mkdir(parents=True, exist_ok=True)
