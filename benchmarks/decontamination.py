"""Decontamination: evaluation items planted in other texts with changes, found by n-grams of words and of letters.

    python benchmarks/decontamination.py DATA [--items N] [--pages N]

DATA holds the folders labelled (klue, 3i4k, sci_news_sum), law_kr and nsmc_raw. Items are planted one a text into laws
and film reviews. Recall: of planted items, those named for their text. False alarms: texts of laws without a planted
item that are dropped; reviews are only shown, since klue quotes some of them. Speed: MB per CPU-second on one core.
Nothing was tuned on the items with an odd checksum (`--part aside`).
"""

import argparse
import json
import random
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pyarrow as pa

from malmoi.corpus.steps.decontamination import Decontamination, read_all
from malmoi.corpus.steps.evaluation_sets import EvaluationSet

CHOICES: tuple[tuple[Literal["words", "letters"], int, int], ...] = (
    *(("words", 13, 5), ("words", 8, 5)),
    *(("letters", 10, 10), ("letters", 13, 10), ("letters", 20, 10), ("letters", 30, 10)),
)
SHARES = (0.0, 0.3, 0.5)
PARTICLES = (("은", "이"), ("는", "가"), ("을", "도"), ("를", "도"), ("에", "에서"), ("이", "은"), ("가", "는"))
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--items", type=int, default=400, help="planted for each kind of change")
    parser.add_argument("--pages", type=int, default=1500, help="texts of each source")
    parser.add_argument("--part", choices=("tuning", "aside"), default="aside")
    given = parser.parse_args()
    laws, reviews = law_texts(given.data, given.pages), review_texts(given.data, given.pages)
    for unit, ngram, least in CHOICES:
        settings = Decontamination(evaluation_sets(given.data), unit, ngram, least)
        measure(settings, given.items, given.part, laws, reviews)


def evaluation_sets(data: Path) -> tuple[EvaluationSet, ...]:
    def path(name: str) -> Path:
        return next((data / "labelled").rglob(name))

    return (
        EvaluationSet("klue-nli", path("klue-nli-v1.1_dev.json"), ("premise", "hypothesis")),
        EvaluationSet("klue-sts", path("klue-sts-v1.1_dev.json"), ("sentence1", "sentence2")),
        EvaluationSet("sci-news-sum", path("sci_news_sum"), ("sentences",)),
    )


def law_texts(data: Path, count: int) -> list[str]:
    paths = sorted((data / "law_kr").rglob("kr/*/*.md"))
    chosen = random.Random(1).sample(paths, min(count, len(paths)))
    return [path.read_text("utf-8").split("\n---\n", 1)[-1][:20_000] for path in chosen]


def review_texts(data: Path, count: int) -> list[str]:
    paths = sorted((data / "nsmc_raw").rglob("raw/*.json"))
    chosen = random.Random(2).sample(paths, min(count, len(paths)))
    return ["\n".join(row["review"] for row in json.loads(path.read_text("utf-8"))[:100]) for path in chosen]


def drop_spaces(text: str, chance: random.Random) -> str:
    return "".join(letter for letter in text if letter != " " or chance.random() > 0.3)


def add_spaces(text: str, chance: random.Random) -> str:
    return "".join(letter + (" " if chance.random() < 0.08 else "") for letter in text)


def other_particle(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    ends = [
        (k, old, new) for k, word in enumerate(words) for old, new in PARTICLES if word.endswith(old) and len(word) > 2
    ]
    if ends:
        place, old, new = chance.choice(ends)
        words[place] = words[place].removesuffix(old) + new
    return " ".join(words)


def other_word(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    words[chance.randrange(len(words))] = "아마도"
    return " ".join(words)


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, _: text,
    "no_marks": lambda text, _: re.sub(r"[^\w\s]", "", text),
    "no_spaces": lambda text, _: text.replace(" ", ""),
    "fewer_spaces": drop_spaces,
    "more_spaces": add_spaces,
    "other_particle": other_particle,
    "other_word": other_word,
}


def measure(settings: Decontamination, count: int, part: str, laws: list[str], reviews: list[str]) -> None:
    items = read_all(settings)
    of_part = (zlib.crc32(name.encode()) % 2 == (part == "aside") for name in items.names)
    # All that has ten letters: what a setting leaves out as too short counts against it.
    able = [k for k, own in enumerate(of_part) if own and len(re.findall(r"\w", items.texts[k])) >= 10]
    figures: dict[str, object] = {"unit": settings.unit, "ngram": settings.ngram, "least": settings.least}
    figures["items"], figures["looked_for"] = len(items.names), int((items.sizes > 0).sum())
    for share in SHARES:
        step = Decontamination(settings.sets, settings.unit, settings.ngram, settings.least, share)
        recall = {}
        for change, edit in CHANGES.items():
            chance = random.Random(7)
            planted = chance.sample(able, min(count, len(able)))
            texts = [plant(chance.choice(laws + reviews), edit(items.texts[k], chance), chance) for k in planted]
            named = found(step, texts)
            hits = [items.names[k] in names for k, names in zip(planted, named, strict=True)]
            recall[change] = round(sum(hits) / len(hits), 4)
        figures[f"recall_over_{share}"] = recall
        figures[f"false_alarms_over_{share}"] = sum(map(bool, found(step, laws)))
        figures[f"reviews_over_{share}"] = sum(map(bool, found(step, reviews)))
    figures["mb_per_s"] = round(speed(settings, laws), 1)
    print(json.dumps(figures, ensure_ascii=False), flush=True)


def plant(host: str, item: str, chance: random.Random) -> str:
    lines = host.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), item)
    return "\n".join(lines)


def batch(texts: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})


def found(step: Decontamination, texts: list[str]) -> list[list[str]]:
    return [names or [] for names in step(batch(texts)).column("contaminated_items").to_pylist()]


def speed(step: Decontamination, texts: list[str]) -> float:
    texts_batch = batch(texts)
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        step(texts_batch)
        times.append(time.process_time() - begun)
    return texts_batch.column("text").nbytes / 1e6 / min(times)


if __name__ == "__main__":
    main()
