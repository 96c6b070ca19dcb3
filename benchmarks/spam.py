"""Promotion and spam on 303 real passages that were labelled by hand: AUROC of the shipped model and of the phrases.

    python benchmarks/spam.py DATA [--venv FOLDER]

spam_labels.csv has no text: a hash of each passage (SHA-256 of what is no white space, 16 digits), where it comes from,
and its label (0 honest, 1 promotes, 2 list of links). The passages are cut out of DATA again, which holds the unpacked
pages_kr, docs_and_literature, nsmc_raw, labelled and text_more; whatever has a hash of the list is measured, and it is
told how many were found. Pages are cut with lxml (BSD-3-Clause), which is no dependency of ours: it comes into a venv.
"""

import argparse
import csv
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.ensemble import load_ensemble
from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.learning.classifiers import auroc_of
from malmoi.corpus.learning.datasets import folder_of
from malmoi.corpus.steps.promotion import Promotion
from malmoi.corpus.steps.quality import Quality

LABELS = Path(__file__).with_name("spam_labels.csv")
HONEST, PROMOTES, LINKS = 0, 1, 2
LONGEST = 300
"""Characters of a passage."""
OFFER = re.compile(r"[^\n]*(?:신청|이벤트|할인|무료|모집|출시|구매)[^\n]*(?:\n[^\n]+){0,2}")
PAGES = r"""
import gzip, json, re, sys
from pathlib import Path
from lxml import html
folder = Path(sys.argv[1])
for line in (folder / "gold.jsonl").open(encoding="utf-8"):
    row = json.loads(line)
    gold = row["gold"] if isinstance(row["gold"], str) else "\n".join(row["gold"])
    for part in gold.split("\n"):
        print(json.dumps(part[:300]))
    raw = gzip.open(folder / "pages" / (row["id"] + ".html.gz")).read()
    charset = "cp949" if row["encoding"].lower() in ("cp949", "euc-kr") else "utf-8"
    content = raw.decode(charset, "replace").encode()
    try:
        tree = html.fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    except Exception:
        continue
    for bad in tree.xpath("//script|//style|//noscript"):
        bad.drop_tree()
    for element in tree.iter("div", "ul", "section", "footer", "aside", "p", "table", "nav", "dl"):
        print(json.dumps(re.sub(r"\s+", " ", element.text_content()).strip()[:300]))
"""


def main() -> None:
    """Prints one line of JSON for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-spam-venv")
    given = parser.parse_args()
    rows = list(csv.DictReader(LABELS.open(encoding="utf-8")))
    texts: dict[str, str] = {}
    wanted = {row["hash"] for row in rows}
    for passage in passages(given.data, given.venv):
        if (name := hash_of(passage)) in wanted:
            texts.setdefault(name, passage)
    found = [row for row in rows if row["hash"] in texts]
    print(json.dumps({"labelled": len(rows), "found": len(found)}))
    for figure in measure(found, [texts[row["hash"]] for row in found]):
        print(json.dumps(figure))


def hash_of(text: str) -> str:
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]


def passages(data: Path, environment: Path) -> Iterator[str]:
    """Every piece of the data that a labelled passage may have been cut from in the same way."""
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "lxml"], check=True, stdout=sys.stderr)
    pages = [str(python), "-c", PAGES, str(next(folder_of(data, "pages_kr").rglob("gold.jsonl")).parent)]
    yield from map(json.loads, subprocess.run(pages, check=True, capture_output=True, text=True).stdout.splitlines())
    places = [row["key"].split("@") for row in csv.DictReader(LABELS.open(encoding="utf-8")) if "@" in row["key"]]
    (book,) = folder_of(data, "boddari").rglob("csv/book_review02.csv")
    reviews = list(csv.reader(book.open(encoding="utf-8")))
    for row, start in places:
        yield re.sub(r"\s+", " ", reviews[int(row)][-1])[int(start) :][:LONGEST]
    for path in sorted((folder_of(data, "nsmc_raw") / "raw").glob("*.json")):
        yield from (review["review"] or "" for review in json.loads(path.read_text(encoding="utf-8")))
    (comments,) = folder_of(data, "kocohub_hate").rglob("unlabeled_comments_5.txt")
    yield from comments.read_text(encoding="utf-8").split("\n")
    for name in ("sktelecom_oss_guide", "sculove_blog", "kakao_oss_guide", "opensource_guide_ko"):
        for path in sorted(folder_of(data, name).rglob("*.md*")):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield from (re.sub(r"\s+", " ", offer[0])[:LONGEST] for offer in OFFER.finditer(text))


def measure(rows: list[dict[str, str]], texts: list[str]) -> Iterator[dict[str, Any]]:
    labels = np.array([int(row["label"]) for row in rows])
    spam = load_ensemble().score(pa.array(texts, pa.large_string()))["spam"]
    phrases = phrases_of(texts)
    elsewhere = np.array([row["source"] != "publisher" for row in rows])
    for name, chosen in (("all", labels != LINKS), ("without the publisher", (labels != LINKS) & elsewhere)):
        truth = labels[chosen] == PROMOTES
        yield {
            "passages": name,
            "promote": int(truth.sum()),
            "honest": int((~truth).sum()),
            "auroc of the model": round(auroc_of(truth, spam[chosen]), 3),
            "auroc of the phrases": round(auroc_of(truth, phrases[chosen]), 3),
        }
    chosen = labels != PROMOTES
    yield {
        "lists of links": int((labels == LINKS).sum()),
        "auroc": round(auroc_of(labels[chosen] == LINKS, spam[chosen]), 3),
    }
    limit = Promotion().maximum_per_1000_characters
    yield {"alarms of the phrases on honest text": int((phrases[labels == HONEST] > limit).sum())}


def phrases_of(texts: list[str]) -> np.ndarray:
    """What the promotion step counts in 1,000 characters of each."""
    source = {"kind": "web"}
    rows = [
        {"id": f"{number:032x}", "text": text, "source": source, "origin": {"file": "", "offset": 0}, "input": ""}
        for number, text in enumerate(texts)
    ]
    batch = pa.RecordBatch.from_pylist(rows, DOCUMENTS)
    return np.array(Promotion()(Quality()(batch)).column("promotion_per_1000").to_pylist())


if __name__ == "__main__":
    main()
