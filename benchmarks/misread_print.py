"""Text that OCR misread: how much of it the rule "garbled" drops, and how much good text; and the table it goes by.

    python benchmarks/misread_print.py DATA [--learn]

DATA holds the unpacked law_kr, nsmc_raw, text_more, tensorflow_docs_ko, ms_dotnet_docs_ko, and evaluation_sets and
labelled, of which nothing was learnt. Texts are cut to 3,000 characters; every so many letters become another syllable
or a sign for a stroke, or a syllable with the same beginning. --learn writes kernels/syllable_pairs.npz: the pairs of
syllables that stand twice or more in the five sets.
"""

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.kernels.quality_features import measure
from malmoi.corpus.kernels.syllable_pairs import NUM_COMMON, TABLE, numbers
from malmoi.corpus.learning.datasets import folder_of
from malmoi.kit.hangul import FIRST_SYLLABLE, LAST_SYLLABLE

LEARNED = ("law_kr", "nsmc_raw", "text_more", "tensorflow_docs_ko", "ms_dotnet_docs_ko")
UNSEEN = ("evaluation_sets", "labelled")
ENDINGS = set(".md .txt .json .jsonl .csv .tsv .yaml .yml .Rmd .po .py .java .ipynb .xml .page".split())
LIMIT, CHARACTERS, EACH = 0.1, 3_000, 400
SIGNS = "뵐즐쏵ㅣIl1!|"


def main() -> None:
    """One line of JSON for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true")
    given = parser.parse_args()
    if given.learn:
        bits = learn(text for name in LEARNED for text in texts(folder_of(given.data, name)))
        np.savez_compressed(TABLE, bits=bits)
        print(json.dumps({"pairs": int(np.unpackbits(bits).sum())}))
        return
    for name in (*LEARNED, *UNSEEN):
        chance = random.Random(name)
        found = [text[:CHARACTERS] for text in texts(folder_of(given.data, name)) if re.search("[가-힣]{2}", text)]
        found = chance.sample(found, min(EACH, len(found)))
        rows = {"good": found}
        for every in (9, 12):
            rows[f"every {every}th a sign"] = [signs(text, every, chance) for text in found]
            rows[f"every {every}th another syllable"] = [neighbours(text, every, chance) for text in found]
        print(json.dumps({"texts": name, **{kind: dropped(these) for kind, these in rows.items()}}, ensure_ascii=False))


def texts(folder: Path) -> Iterator[str]:
    """Every file that is UTF-8; what JSON escapes is read."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in ENDINGS:
            try:
                text = path.read_text(encoding="utf-8")
                yield json.dumps(json.loads(text), ensure_ascii=False) if path.suffix in (".json", ".ipynb") else text
            except ValueError:
                continue


def learn(found: Iterator[str], least_times: int = 2) -> np.ndarray:
    """uint8: a bit for each pair of numbers, the low one first. A pair that comes once is often a slip of the pen."""
    counts = np.zeros(NUM_COMMON * NUM_COMMON, np.int64)
    for text in found:
        codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.int64) - FIRST_SYLLABLE
        is_syllable = (codes >= 0) & (codes <= LAST_SYLLABLE - FIRST_SYLLABLE)
        places = np.where(is_syllable, numbers()[np.where(is_syllable, codes, 0)], -1).astype(np.int64)
        both = (places[:-1] >= 0) & (places[1:] >= 0)
        np.add.at(counts, places[:-1][both] * NUM_COMMON + places[1:][both], 1)
    return np.packbits(counts >= least_times, bitorder="little")


def signs(text: str, every: int, chance: random.Random) -> str:
    return "".join(chance.choice(SIGNS) if place % every == 0 else letter for place, letter in enumerate(text))


def neighbours(text: str, every: int, chance: random.Random) -> str:
    """Syllables with another vowel or final, as a worn print gives them."""
    return "".join(
        chr(FIRST_SYLLABLE + (ord(letter) - FIRST_SYLLABLE) // 588 * 588 + chance.randrange(588))
        if "가" <= letter <= "힣" and chance.random() < 1 / every
        else letter
        for letter in text
    )


def dropped(found: list[str]) -> dict[str, float]:
    """Judged texts, the share over the limit, and the highest value."""
    values = measure(*string_buffers(pa.array(found, pa.large_string())))[:, FEATURES.index("unseen_pair_share")]
    values = values[~np.isnan(values)]
    return {
        "judged": len(values),
        "over": round(float((values > LIMIT).mean()), 4),
        "highest": round(float(values.max()), 3),
    }


if __name__ == "__main__":
    main()
