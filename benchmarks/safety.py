"""The safety filter on spellings that hide abuse, on false friends and on comments: what is caught, what is touched.

    python benchmarks/safety.py [--curses FILE] [--text FOLDER]

The tables lie beside the tests: half of the first (by hash) was put aside before the filter was written, and opened
once; the third and the fourth were written before the filter was changed after that, and only their first figures are
of unseen words.
--curses: dataset.txt of curse_detection (text|0 or 1), for precision and recall of a hit. --text: plain files in which
hits are counted and time is measured. Delay is what a stream holds back at most.
"""

import argparse
import re
import time
import tomllib
from pathlib import Path

from malmoi.serve.safety.policy import Rules
from malmoi.serve.safety.stream import HELD, STEP, StreamFilter
from malmoi.serve.safety.words import find_words

TABLES = Path(__file__).parents[1] / "tests" / "serve" / "safety"
MARK = re.compile(r"\[\[(.*?)\]\](?!\])", re.DOTALL)
MOST_LINES = 20_000


def main() -> None:
    """Prints one line for each measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curses", type=Path)
    parser.add_argument("--text", type=Path)
    given = parser.parse_args()
    for name in ("open", "aside", "third", "fourth"):
        show_table(name, tomllib.loads((TABLES / f"attacks_{name}.toml").read_text(encoding="utf-8")))
    if given.curses:
        show_comments(given.curses)
    if given.text:
        show_text(given.text)


def show_table(half: str, table: dict) -> None:
    """Evasions of which every marked word was hit, and false friends with any hit; by the way of hiding."""
    caught = {group["by"]: [is_caught(text) for text in group["texts"]] for group in table["evasions"]}
    for way, hits in caught.items():
        print(f"  {half:6} {sum(hits):3} of {len(hits):3}  {way}")
    hits = [hit for of_way in caught.values() for hit in of_way]
    share = sum(hits) / len(hits)
    touched = sum(bool(find_words(text)) for text in table["friends"]["texts"])
    friends = len(table["friends"]["texts"])
    print(f"{half:6} caught {sum(hits)} of {len(hits)} ({share:.3f}), false friends touched {touched} of {friends}")


def is_caught(marked: str) -> bool:
    """Whether every marked word overlaps a hit."""
    text, wanted = "", []
    for number, part in enumerate(MARK.split(marked)):
        if number % 2:
            wanted.append((len(text), len(text) + len(part)))
        text += part
    found = find_words(text)
    return all(any(hit.start < stop and start < hit.stop for hit in found) for start, stop in wanted)


def show_comments(file: Path) -> None:
    """Precision and recall of any hit against the label of a comment."""
    rows = [line.rsplit("|", 1) for line in file.read_text(encoding="utf-8").splitlines() if "|" in line]
    hits = [(bool(find_words(text)), label.strip() == "1") for text, label in rows]
    right = sum(hit and label for hit, label in hits)
    precision, recall = right / sum(hit for hit, _ in hits), right / sum(label for _, label in hits)
    print(f"comments {len(rows)}: precision {precision:.3f}, recall {recall:.3f}")


def show_text(folder: Path) -> None:
    """Lines with a hit, and CPU time: of whole lines, and of a stream of pieces of two characters."""
    files = (file for file in sorted(folder.rglob("*")) if file.suffix in (".md", ".txt"))
    lines = [line for file in files for line in file.read_text("utf-8", "ignore").splitlines() if line.strip()]
    lines = lines[:MOST_LINES]
    characters = sum(map(len, lines))
    begin = time.process_time()
    touched = sum(bool(find_words(line)) for line in lines)
    whole = time.process_time() - begin
    text = "\n".join(lines)[:100_000]
    stream, begin = StreamFilter(Rules(profanity="mask")), time.process_time()
    for at in range(0, len(text), 2):
        stream.feed(text[at : at + 2])
    streamed = time.process_time() - begin
    print(f"lines {len(lines)}: {touched} with a hit; {1e6 * whole / characters:.1f} µs a character whole")
    print(f"streamed {1e6 * streamed / len(text):.1f} µs a character; at most {HELD + STEP} characters wait")


if __name__ == "__main__":
    main()
