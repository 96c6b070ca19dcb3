"""Personal data: recall by written form, false alarms on law and technical text, speed against its peers.

    python benchmarks/personal_data.py DATA [--peers PYTHON] [--show] [--json]

DATA holds the unpacked law_kr, nsmc_raw, ms_dotnet_docs_ko, tensorflow_docs_ko, docs_and_literature, labelled and
near_duplicates. Recall: the forms of tests/gates/personal_forms.py, between real lines of reviews and documents, with a
seed that nothing was tuned on; and the 84 cases of presidio's Korean recognisers. False alarms: documents with a hit of
a type, on both halves of law and technical text (by a hash of the path; half 0 was tuned on, half 1 was looked at once
before the last changes, see the results file) and on law versions that were never tuned on; --show prints every hit
with its surroundings, to be judged by hand. Speed: MB of UTF-8 text per CPU second of one process, the whole step
(candidates, validation, masking), the best of five passes over 16 MB batches. The halves of
tests/gates/personal_templates.toml (split by hash before anything was mended for them) are counted for ours and for the
peers. presidio-analyzer (its recognisers for Korea among them) and ko-pii are no dependencies of ours: they live in a
virtual environment of their own (python -m venv P; P/bin/pip install presidio-analyzer ko-pii), whose Python --peers
names; they get a sample of the same text.
"""
# presidio-analyzer is installed by whoever measures, in an environment of its own:
# pyright: reportMissingImports=false

import argparse
import csv
import hashlib
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

SEED = 20261125
EACH = 60
BATCH_BYTES = 16_000_000
REPEATS = 5
PEER_SAMPLE_BYTES = 2_000_000
LAW_AND_TECHNICAL = (
    ("law_kr", "kr/**/*.md"),
    ("ms_dotnet_docs_ko", "**/*.md"),
    ("tensorflow_docs_ko", "**/*.md"),
    ("tensorflow_docs_ko", "**/*.ipynb"),
    ("docs_and_literature/react_docs_ko", "**/*.md"),
)
PUBLISHED = ("email", "phone", "ip_address")
"""Types of which such text holds real ones: offices, mailing lists, examples. The rest are alarms without cause."""

PATTERNS = {
    "phone": (
        r"(?<!\d)01[016789][-. ]?\d{3,4}[-. ]?\d{4}(?!\d)|(?<!\d)\(?0(?:2|"
        r"[3-6][1-5]|70|50\d)\)?[-. ]?\d{3,4}[-. ]\d{4}(?!\d)"
    ),
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    "resident_number": r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[- ]?[1-8]\d{6}(?!\d)",
    "card": r"(?<!\d)\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}(?!\d)",
    "ip_address": r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])",
    "bank_account": r"(?<!\d)\d{3,6}-\d{2,6}-\d{3,8}(?!\d)",
}
"""What is usually written for it in Python, one pattern for a type."""


def main() -> None:
    """Prints one line for each figure, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer", choices=("presidio", "ko-pii"), help=argparse.SUPPRESS)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.peer:
        work = {"presidio": run_presidio, "ko-pii": run_ko_pii}[given.peer]
        print(json.dumps(work(json.loads(given.data.read_text(encoding="utf-8")))))
        return
    planted = plant(given.data)
    for result in itertools.chain(
        halves(find_ours, "malmoi"),
        speeds(given.data),
        peers(given.data, planted, given.peers),
        recalls(given.data, planted),
        alarms(given.data, given.show),
    ):
        print(
            json.dumps(result, ensure_ascii=False) if given.json else "  ".join(f"{k} {v}" for k, v in result.items())
        )


def plant(data: Path) -> list[tuple[str, Any, str, int]]:
    """Every form EACH times between real lines."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "gates"))
    import personal_forms

    return list(personal_forms.planted(SEED, EACH, carriers(data)))


def carriers(data: Path) -> tuple[str, ...]:
    """Real lines without digits or mail, half of reviews and half of React's documents."""
    lines = [line for path in sorted((data / "docs_and_literature/react_docs_ko").rglob("*.md"))
             for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    reviews = [row["review"] or "" for path in sorted((data / "nsmc_raw" / "raw").glob("*.json"))[:200]
               for row in json.loads(path.read_text(encoding="utf-8"))]  # fmt: skip

    def chosen(source: Sequence[str]) -> list[str]:
        return [line.strip() for line in source if 15 < len(line) < 120 and not re.search(r"[0-9@]", line)][:2000]

    return (*chosen(lines), *chosen(reviews))


def covered(item: Any, start: int, spans: Sequence[tuple[str, int, int]], *, typed: bool = True) -> bool:
    """Whether one span holds every letter and digit of the item."""
    places = [start + place for place, letter in enumerate(item.text) if letter.isalnum()]
    return any(
        (not typed or kind == item.type) and first <= places[0] and last > places[-1] for kind, first, last in spans
    )


def recalls(data: Path, planted: list[tuple[str, Any, str, int]]) -> Iterator[dict[str, Any]]:
    """Over all forms, by type, the forms below 0.97, and presidio's cases."""
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal_data import PersonalData

    found, by_type, totals = Counter[str](), Counter[str](), Counter[str]()
    for (form, item, _, start), (_, spans) in zip(
        planted, find_spans_of([text for _, _, text, _ in planted], PersonalData()), strict=True
    ):
        hit = covered(item, start, [(span["type"], span["start"], span["end"]) for span in spans])
        found[form] += hit
        by_type[item.type] += hit
        totals[item.type] += 1
    yield {
        "recall": sum(found.values()) / len(planted),
        "forms": len({row[0] for row in planted}),
        "items": len(planted),
    }
    yield {"recall by type": {kind: round(by_type[kind] / totals[kind], 4) for kind in totals}}
    yield {"forms below 0.97": {form: round(found[form] / EACH, 3) for form in {row[0] for row in planted}
                                if found[form] < 0.97 * EACH}}  # fmt: skip
    yield unusual()
    cases, right = presidio_cases(data)
    yield {"presidio's Korean cases": cases, "right": right}


Finder = Callable[[list[str]], list[list[tuple[str, int, int]]]]


def find_ours(texts: list[str]) -> list[list[tuple[str, int, int]]]:
    """(type, start, stop) of everything in each text."""
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal_data import PersonalData

    return [[(s["type"], s["start"], s["end"]) for s in spans] for _, spans in find_spans_of(texts, PersonalData())]


def templates() -> list[Any]:
    """What tests/gates/personal_templates.toml plants."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "gates"))
    import personal_templates

    return [(personal_templates.half(one.template), one) for one in personal_templates.planted(SEED, EACH // 3)]


def halves(find: Finder, name: str) -> Iterator[dict[str, Any]]:
    """Recall of each half of the templates, whatever a finder calls what it found."""
    planted = templates()
    hits: Counter[tuple[int, str]] = Counter()
    totals: Counter[tuple[int, str]] = Counter()
    for (half, one), spans in zip(planted, find([one.text for _, one in planted]), strict=True):
        places = [place for place in range(one.start, one.stop) if one.text[place].isalnum()]
        totals[half, one.type] += 1
        hits[half, one.type] += any(first <= places[0] and last > places[-1] for _, first, last in spans)
    for half, kind in ((0, "seen in tuning"), (1, "set aside")):
        found, of = (sum(n for (h, _), n in counts.items() if h == half) for counts in (hits, totals))
        yield {
            "templates": kind,
            "by": name,
            "recall": round(found / of, 4),
            "by type": {k: round(hits[half, k] / n, 3) for (h, k), n in totals.items() if h == half},
        }


def unusual() -> dict[str, Any]:
    """Rare forms, one of each, with the right type somewhere in the sentence."""
    import personal_forms

    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal_data import PersonalData

    rare = [(kind, form) for kind, table in personal_forms.UNUSUAL.items() for form in table.split("|")]
    found = find_spans_of([f"안녕하세요, {form} 확인 부탁드려요." for _, form in rare], PersonalData())
    missed = [
        form for (kind, form), (_, spans) in zip(rare, found, strict=True) if kind not in {s["type"] for s in spans}
    ]
    return {"unusual forms": len(rare), "found": len(rare) - len(missed), "missed": missed}


def presidio_cases(data: Path) -> tuple[int, int]:
    """(cases, those with the expected number of findings)."""
    from malmoi.corpus.steps.written_forms import find

    types = {"KR_RRN": "resident_number", "KR_FRN": "foreigner_number", "KR_BRN": "business_number",
             "KR_DRIVER_LICENSE": "driver_licence", "KR_PASSPORT": "passport"}  # fmt: skip
    table = next((data / "labelled").rglob("presidio_kr_cases.tsv"))
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    right = sum(
        sum(span.type == types[row["entity"]] for span in find(row["text"])) == int(row["expected_matches"])
        for row in rows
    )
    return len(rows), right


def alarms(data: Path, show: bool) -> Iterator[dict[str, Any]]:
    """Documents with hits, by half and by type."""
    files = [(path, str(path.relative_to(data))) for folder, glob in LAW_AND_TECHNICAL
             for path in sorted((data / folder).glob(glob))]  # fmt: skip
    halves = [[pair for pair in files if hashlib.md5(pair[1].encode()).digest()[0] % 2 == half] for half in (0, 1)]
    versions = [(path, str(path.relative_to(data))) for path in sorted((data / "near_duplicates").rglob("*.md"))]
    for name, chosen in (("half 0", halves[0]), ("half 1", halves[1]), ("law versions", versions)):
        documents: dict[str, set[str]] = {}
        for kind, path, around in hits(chosen):
            documents.setdefault(kind, set()).add(path)
            if show:
                print(f"{name} {kind} {path[-50:]} | {around}")
        unexpected = set().union(*(paths for kind, paths in documents.items() if kind not in PUBLISHED))
        yield {
            "text": name,
            "documents": len(chosen),
            "documents with hits": {kind: len(paths) for kind, paths in sorted(documents.items())},
            "of types that it does not hold, per 10,000": round(10_000 * len(unexpected) / max(1, len(chosen)), 2),
        }


def hits(files: Sequence[tuple[Path, str]]) -> Iterator[tuple[str, str, str]]:
    """(type, path, what was found with its surroundings)."""
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal_data import PersonalData

    texts = [path.read_text(encoding="utf-8", errors="replace") for path, _ in files]
    for (_, name), text, (_, spans) in zip(files, texts, find_spans_of(texts, PersonalData()), strict=True):
        for span in spans:
            first, last = span["start"], span["end"]
            around = f"{text[max(0, first - 40) : first]}[{text[first:last]}]{text[last : last + 30]}"
            yield span["type"], name, around.replace("\n", "⏎")


def texts_of(data: Path) -> dict[str, list[str]]:
    """The text that speed is measured on: law, reviews (a film each), technical documents."""

    def read(glob: Sequence[Path]) -> list[str]:
        return [path.read_text(encoding="utf-8", errors="replace") for path in glob]

    reviews = ["\n".join(row["review"] or "" for row in json.loads(path.read_text(encoding="utf-8")))
               for path in sorted((data / "nsmc_raw" / "raw").glob("*.json"))]  # fmt: skip
    documents = [
        path
        for folder, glob in LAW_AND_TECHNICAL[1:]
        if glob.endswith("md")
        for path in sorted((data / folder).glob(glob))
    ]
    return {"law": read(sorted((data / "law_kr").glob("kr/**/*.md"))), "reviews": reviews, "documents": read(documents)}


def speeds(data: Path) -> Iterator[dict[str, Any]]:
    """Ours, by kind of text and over all of it."""
    from malmoi.corpus.steps.personal_data import PersonalData

    step, megabytes, seconds = PersonalData(), 0.0, 0.0
    for name, texts in texts_of(data).items():
        batches, size = list(batches_of(texts)), sum(len(text.encode()) for text in texts) / 1e6
        step(batches[0])
        best = min(timed(lambda: [step(batch) for batch in batches]) for _ in range(REPEATS))  # noqa: B023
        megabytes, seconds = megabytes + size, seconds + best
        yield {"speed": name, "MB": round(size, 1), "MB/s/core": round(size / best, 1)}
    yield {"speed": "all", "MB": round(megabytes, 1), "MB/s/core": round(megabytes / seconds, 1)}


def timed(work: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def batches_of(texts: Sequence[str]) -> Iterator[Any]:
    """Batches in the corpus' schema of some BATCH_BYTES of text."""
    import pyarrow as pa

    from malmoi.corpus.document import DOCUMENTS as SCHEMA

    rows, size = [], 0
    for place, text in enumerate(texts):
        source = {**dict.fromkeys(field.name for field in SCHEMA.field("source").type), "kind": "web"}
        rows.append({"id": f"{place:032x}", "text": text, "source": source, "origin": {"file": "a", "offset": place}})
        size += len(text.encode())
        if size > BATCH_BYTES or place == len(texts) - 1:
            yield pa.RecordBatch.from_pylist([{**dict.fromkeys(SCHEMA.names), **row} for row in rows], SCHEMA)
            rows, size = [], 0


def peers(data: Path, planted: list[tuple[str, Any, str, int]], python: Path | None) -> Iterator[dict[str, Any]]:
    """Python re, presidio and ko-pii on a sample of the same text, and what they find of the same items."""
    sample = [text for texts in texts_of(data).values() for text in shortened(texts, PEER_SAMPLE_BYTES // 3)]
    texts = [text for _, _, text, _ in planted]
    found, seconds = run_re(sample), timed(lambda: run_re(sample))
    megabytes = sum(len(text.encode()) for text in sample) / 1e6
    yield {"same sample": "malmoi", "MB": round(megabytes, 2), "MB/s/core": round(megabytes / ours(sample), 1)}
    yield {"peer": "Python re, 6 patterns", "MB/s/core": round(megabytes / seconds, 2), "hits": sum(map(len, found)),
           **recall_of(planted, run_re(texts))}  # fmt: skip
    if python is None:
        return
    more = [one.text for _, one in templates()]
    for name in ("presidio", "ko-pii"):
        answer = asked(python, name, {"sample": sample, "planted": texts, "templates": more})
        spans = [[(kind, first, last) for kind, first, last in one] for one in answer["planted"]]
        speed = round(megabytes / answer["seconds"], 2)
        yield {"peer": answer["name"], "MB/s/core": speed, "hits": answer["hits"], **recall_of(planted, spans)}
        yield from halves(lambda _: answer["templates"], answer["name"])  # noqa: B023


def asked(python: Path, name: str, texts: dict[str, list[str]]) -> dict[str, Any]:
    """What a peer finds, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "texts.json"
        given.write_text(json.dumps(texts), encoding="utf-8")
        done = subprocess.run(
            [str(python), __file__, str(given), "--peer", name], check=True, capture_output=True, text=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def ours(sample: Sequence[str]) -> float:
    """CPU seconds of the whole step over the peers' sample, the best of five."""
    from malmoi.corpus.steps.personal_data import PersonalData

    step, batches = PersonalData(), list(batches_of(sample))
    return min(timed(lambda: [step(batch) for batch in batches]) for _ in range(REPEATS))


def recall_of(
    planted: list[tuple[str, Any, str, int]], spans: Sequence[Sequence[tuple[str, int, int]]]
) -> dict[str, float]:
    """Of all items, and of those whose type the peer looks for, whatever it calls them."""
    known = set(PATTERNS) | {"foreigner_number"}
    each = [(item.type in known, covered(item, start, found, typed=False))
            for (_, item, _, start), found in zip(planted, spans, strict=True)]  # fmt: skip
    mine = [hit for of_known, hit in each if of_known]
    return {
        "recall of all types": round(sum(hit for _, hit in each) / len(each), 4),
        "of its own": round(sum(mine) / len(mine), 4),
    }


def shortened(texts: Sequence[str], most_bytes: int) -> Iterator[str]:
    """Every twentieth text, until there is enough."""
    size = 0
    for text in texts[::20]:
        if size > most_bytes:
            return
        size += len(text.encode())
        yield text


def run_re(texts: Sequence[str]) -> list[list[tuple[str, int, int]]]:
    """Each pattern over each text."""
    compiled = {kind: re.compile(pattern) for kind, pattern in PATTERNS.items()}
    return [
        [(kind, *match.span()) for kind, pattern in compiled.items() for match in pattern.finditer(text)]
        for text in texts
    ]


def run_presidio(given: dict[str, list[str]]) -> dict[str, Any]:
    """In presidio's own environment: mail, cards, IP, Korean telephones, resident numbers, and our account pattern."""
    from importlib.metadata import version

    from presidio_analyzer import Pattern, PatternRecognizer
    from presidio_analyzer.nlp_engine import NlpArtifacts
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IpRecognizer,
        KrBrnRecognizer,
        KrDriverLicenseRecognizer,
        KrFrnRecognizer,
        KrPassportRecognizer,
        KrRrnRecognizer,
        PhoneRecognizer,
    )

    recognizers = [
        EmailRecognizer(supported_language="ko"),
        CreditCardRecognizer(supported_language="ko"),
        IpRecognizer(supported_language="ko"),
        PhoneRecognizer(supported_language="ko", supported_regions=["KR"]),
        *(
            one(supported_language="ko")
            for one in (
                KrRrnRecognizer,
                KrFrnRecognizer,
                KrBrnRecognizer,
                KrDriverLicenseRecognizer,
                KrPassportRecognizer,
            )
        ),
        PatternRecognizer(
            "ACCOUNT", supported_language="ko", patterns=[Pattern("account", PATTERNS["bank_account"], 0.5)]
        ),
    ]
    nothing = NlpArtifacts(entities=[], tokens=[], tokens_indices=[], lemmas=[], nlp_engine=None, language="ko")

    def analyse(texts: Sequence[str]) -> list[list[tuple[str, int, int]]]:
        return [
            [(hit.entity_type, hit.start, hit.end) for one in recognizers
             for hit in one.analyze(text, one.supported_entities, nothing) or []]
            for text in texts
        ]  # fmt: skip

    name = f"presidio-analyzer {version('presidio-analyzer')}, {len(recognizers)} recognisers, no NLP engine"
    return answered(name, analyse, given)


def run_ko_pii(given: dict[str, list[str]]) -> dict[str, Any]:
    """In its own environment: everything that ko-pii looks for, as it comes."""
    from importlib.metadata import version

    from ko_pii import detect_all

    def analyse(texts: Sequence[str]) -> list[list[tuple[str, int, int]]]:
        return [[(hit.label, hit.start, hit.end) for hit in detect_all(text)] for text in texts]

    return answered(f"ko-pii {version('ko-pii')}, detect_all", analyse, given)


def answered(name: str, analyse: Finder, given: dict[str, list[str]]) -> dict[str, Any]:
    """What was found where, and how long the sample took, after a warm-up."""
    found = {key: analyse(given[key]) for key in ("planted", "templates")}
    start = time.process_time()
    hits = analyse(given["sample"])
    return {"name": name, "seconds": time.process_time() - start, "hits": sum(map(len, hits)), **found}


if __name__ == "__main__":
    main()
