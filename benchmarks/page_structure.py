"""Structure of Korean pages, ours and trafilatura's Markdown: cells in their rows, lines of code, numbered items.

    python benchmarks/page_structure.py PAGES [--folds FOLDER] [--shipped] [--labels FILE] [--write] [--json]

PAGES is a folder in which pages.tar.zst and pages_kr.tar.zst are unpacked. Every page is read with weights that have
seen no page of its site: they are learned here five times, each time without a fifth of the sites, with TREES trees as
in tests/gates (--folds keeps them for another run). --shipped: with the shipped weights, which have seen the pages.

The labels name parts of pages of pages_kr by page, kind and path in lxml's tree, and hold hashes of what stands there,
never words; pages of our own stand beside them with their HTML. --write makes the labels again: lxml reads each
innermost table, each <pre> and each <ol> of which the words are in the gold text.

A cell is right where its letters are a cell of the row of the output that holds most of its row. A line of code is
right where it stands in a fence in order, indentation included. An item is right where it has its number and follows
the item before it. `there`: only parts of which the output has any word, that is, without what the core region lost.
"""

import argparse
import difflib
import hashlib
import json
import pickle
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from core_region import fold_weights, peer_python

from malmoi.corpus.html.core_region import extract
from malmoi.corpus.html.region_model import RegionWeights
from malmoi.corpus.learning.boosting import Boosting
from malmoi.corpus.learning.labelled_pages import KOREAN, LabelledPage, read_labelled
from malmoi.corpus.learning.region_learner import fold_of

LABELS = Path(__file__).with_suffix(".jsonl")
KINDS = ("table", "code", "list")
TREES = 60
"""Of the weights of each fold, one model each: the shipped ones have more, which takes hours here."""
PEER = """
import pickle, sys
from importlib.metadata import version
from trafilatura import extract
pages = pickle.load(open(sys.argv[1], "rb"))
found = [extract(page, output_format="markdown", include_tables=True, include_comments=False) or "" for page in pages]
pickle.dump((f"trafilatura {version('trafilatura')} markdown", found), open(sys.argv[2], "wb"))
"""
LABELLER = """
import json, pickle, re, sys
from lxml import html

def text_of(node):
    return "".join(node.itertext())

def letters(text):
    return "".join(filter(str.isalnum, text)).casefold()

def code_of(node):
    for caption in node.find_class("caption"):
        caption.drop_tree()
    for inner in node.iter("br"):
        inner.tail = chr(10) + (inner.tail or "")
    return [line.rstrip() for line in text_of(node).replace("\\u00a0", " ").split(chr(10)) if line.strip()]

def label(page, gold):
    tree, known = html.fromstring(page), letters(gold)
    root = tree.getroottree()
    for table in tree.iter("table"):
        if table.xpath(".//table|.//pre") or table.xpath("ancestor::pre"):
            continue
        rows = [[letters(text_of(cell)) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]
        cells = [cell for row in rows for cell in row if cell]
        several = sum(len([cell for cell in row if cell]) > 1 for row in rows)
        if len(cells) >= 4 and several >= 2 and all(cell in known for cell in cells):
            yield "table", root.getpath(table), rows
    for box in [*tree.iter("pre"), *tree.find_class("__se_code_view")]:
        if box.xpath("ancestor::pre|ancestor::*[contains(@class, 'gutter')]"):
            continue
        lines = code_of(box)
        if lines and all(letters(line) in known for line in lines):
            yield "code", root.getpath(box), lines
    for listed in tree.iter("ol"):
        own = ["".join([item.text or "", *(text_of(part) + (part.tail or "") for part in item
               if part.tag not in ("ul", "ol", "pre", "table", "div"))]) for item in listed.iterchildren("li")]
        own = [letters(text)[:24] for text in own]
        if all(item.xpath(".//a") for item in listed.iterchildren("li")):
            continue  # a table of contents
        if len(own) >= 2 and all(len(text) > 3 and text in known for text in own):
            yield "list", root.getpath(listed), own

pages = pickle.load(open(sys.argv[1], "rb"))
pickle.dump([list(label(page, gold)) for page, gold in pages], open(sys.argv[2], "wb"))
"""
FENCE = re.compile(r"^ {0,3}(`{3,})[^\n`]*\n(.*?)^ {0,3}\1`*\s*$", re.DOTALL | re.MULTILINE)
NUMBERED = re.compile(r"^\s*(\d+)[.)]\s+(.*)$")


def letters(text: str) -> str:
    """Letters and digits in small letters."""
    return "".join(filter(str.isalnum, text)).casefold()


def hashed(text: str) -> str:
    """A name for a text from which it cannot be read; "" for none."""
    return hashlib.sha256(b"page structure\0" + text.encode()).hexdigest()[:16] if text else ""


def main() -> None:
    """Prints one line a tool and kind, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-core-region-venv")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    python = peer_python(given.venv)
    labelled = read_labelled(given.pages)
    if given.write:
        write_labels(python, labelled, given.labels)
    labels = [json.loads(line) for line in given.labels.read_text("utf-8").splitlines()]
    pages = {page.name: _text(page) for page in labelled if page.collection == KOREAN}
    pages |= {label["page"]: label["html"] for label in labels if "html" in label}
    names = sorted({label["page"] for label in labels})
    name, texts = in_peer(python, PEER, [pages[page] for page in names])
    ours = "malmoi, shipped" if given.shipped else "malmoi, site folds"
    weights = {} if given.shipped else unseen_weights(labelled, given.folds, names)
    outputs = {
        ours: {page: extract(pages[page], weights=weights.get(page)).text for page in names},
        name: dict(zip(names, texts, strict=True)),
    }
    for tool, found in outputs.items():
        show(tool, measure(labels, found), given.json)


def unseen_weights(labelled: list[LabelledPage], kept: Path | None, names: list[str]) -> dict[str, RegionWeights]:
    """Weights for each page, learned without its site; nothing is learned from pages of our own."""
    sites = {page.name: page.site for page in labelled if page.collection == KOREAN}
    weights = fold_weights(labelled, kept, replace(Boosting(), num_trees=TREES), bags=1)
    return {name: weights[fold_of(sites.get(name, name))] for name in names}


def in_peer(python: Path, program: str, given: Any) -> Any:
    """What a program of the peer's interpreter makes of a value."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "in.pickle", Path(folder) / "out.pickle"]
        paths[0].write_bytes(pickle.dumps(given))
        subprocess.run([python, "-c", program, *paths], check=True)
        return pickle.loads(paths[1].read_bytes())


def write_labels(python: Path, labelled: list[LabelledPage], path: Path) -> None:
    """Writes the labels of pages_kr, hashed, after those of our own pages, which stay."""
    kept = [line for line in path.read_text("utf-8").splitlines() if '"html"' in line] if path.exists() else []
    read = [(page, re.sub(r"^\s*<\?xml[^>]*>", "", _text(page))) for page in labelled if page.collection == KOREAN]
    found = in_peer(python, LABELLER, [(text, page.truth) for page, text in read])
    for (page, _), parts in zip(read, found, strict=True):
        for kind, place, truth in parts:
            values = [[hashed(cell) for cell in row] if kind == "table" else hashed(row) for row in truth]
            kept.append(json.dumps({"page": page.name, "kind": kind, "path": place, "truth": values}))
    path.write_text("\n".join(kept) + "\n", "utf-8")


def _text(page: LabelledPage) -> str:
    return page.html.decode("utf-8", "replace")


def measure(labels: list[dict[str, Any]], outputs: dict[str, str]) -> dict[str, list[int]]:
    """By kind: right values, all of them, those of parts of which anything is there, and the parts."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for label in labels:
        truth = label["truth"]
        if "html" in label:
            truth = [
                [hashed(letters(v)) for v in row] if isinstance(row, list) else OWN[label["kind"]](row) for row in truth
            ]
        right = RIGHT[label["kind"]](truth, outputs[label["page"]])
        total = sum(len(list(filter(None, row))) if isinstance(row, list) else 1 for row in truth)
        for place, value in enumerate((right, total, total if right else 0, 1)):
            counts[label["kind"]][place] += value
    return counts


def right_cells(rows: list[list[str]], text: str) -> int:
    """Cells of each row that stand together in one row of the output."""
    rows_found = [line.strip().strip("|").split("|") for line in text.split("\n") if line.lstrip().startswith("|")]
    found = [{hashed(letters(cell)) for cell in row} for row in rows_found]
    return sum(max((sum(cell in row for cell in filter(None, cells)) for row in found), default=0) for cells in rows)


def right_lines(lines: list[str], text: str) -> int:
    """Lines of code that stand in fences, in order, with their indentation."""
    fenced = [line.rstrip() for _, code in FENCE.findall(text) for line in code.split("\n")]
    found = [hashed(line) for line in fenced if line.strip()]
    return sum(block.size for block in difflib.SequenceMatcher(None, lines, found, False).get_matching_blocks())


def right_items(items: list[str], text: str) -> int:
    """Items that have a number, each one more than that of the item before it in the list."""
    numbered = [(int(match[1]), match[2]) for line in text.split("\n") if (match := NUMBERED.match(line))]
    numbers: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, (number, rest) in enumerate(numbered):
        numbers[hashed(letters(rest)[:24])].append((place, number))
    right, last = 0, (-1, 0)
    for item in items:
        fits = [found for found in numbers[item] if found[0] > last[0] and (last[0] < 0 or found[1] == last[1] + 1)]
        if fits:
            right, last = right + 1, fits[0]
    return right


OWN = {"code": hashed, "list": lambda text: hashed(letters(text)[:24])}
RIGHT = {"table": right_cells, "code": right_lines, "list": right_items}


def show(tool: str, counts: dict[str, list[int]], as_json: bool) -> None:
    """One line a kind."""
    if as_json:
        print(json.dumps({"tool": tool, **counts}), flush=True)
        return
    for kind in KINDS:
        right, total, there, parts = counts[kind]
        share, of_there = right / max(1, total), right / max(1, there)
        print(
            f"{tool:28} {kind:6} {parts:4} parts  {right:5}/{total:5} right {share:.3f}  of those there {of_there:.3f}"
        )


if __name__ == "__main__":
    main()
