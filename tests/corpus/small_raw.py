"""A raw folder of some eighty items: clean, planted and malformed, with a truth file beside it."""

import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

from small_batches import sentences, write_rows

from malmoi.sample import plant

CLEAN = 40


def rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of clean and planted documents, and their truth without file and offset."""
    chance = random.Random(7)
    texts = [sentences(number) for number in range(CLEAN)]
    made: list[tuple[str, list[str], int | None]] = [(text, [], None) for text in texts]
    made += [(texts[number], ["exact_duplicate"], number) for number in range(4)]
    for number, strength in enumerate(plant.STRENGTHS):
        made.append((plant.near_duplicate(texts[number + 4], strength, chance), ["near_duplicate"], number + 4))
    made += [(plant.word_list(chance), ["word_list"], None) for _ in range(3)]
    made += [(plant.promotion(chance), ["promotion"], None) for _ in range(3)]
    items: dict[int, list[plant.Personal]] = {}
    for number in range(6):
        items[len(made)] = [plant.personal(kind, chance) for kind in ("phone", "email", "resident_number")]
        text = plant.plant_personal(sentences(100 + number), items[len(made)], chance)
        made.append((text, ["personal_data"], None))
    documents = [
        {"text": text, "kind": "web", "name": f"누리집 {place % 3}"} for place, (text, _, _) in enumerate(made)
    ]
    truth = [
        {
            "plants": plants,
            "duplicate_of": original,
            "jaccard": None if original is None else plant.char5_jaccard(texts[original], text),
            "personal": [{"type": item.type, "text": item.text} for item in items.get(place, [])],
            "clean": plants in ([], ["personal_data"]),
        }
        for place, (text, plants, original) in enumerate(made)
    ]
    return documents, truth


def write_raw(folder: Path) -> None:
    """Writes the folder, and `truth.jsonl` beside it."""
    documents, truth = rows()
    write_rows(folder / "rows.jsonl", documents)
    _write_truth(folder, truth)
    lines = [
        '{"text": "끝나지 않는',
        "[]",
        '{"body": "본문이 없다"}',
        '{"text": null}',
        '{"text": 5}',
        '{"text": ""}',
        "",
        '{"text": "짧다"}',
    ]
    write_rows(folder / "malformed.jsonl", lines)
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (folder / "euckr.txt").write_bytes(sentences(60).encode("cp949"))
    (folder / "page.md").write_text(f"---\ntitle: 안내\n---\n\n{sentences(61)}\n", encoding="utf-8")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for number in range(4):
            content = sentences(70 + number).encode()
            member = tarfile.TarInfo(f"texts/{number}.txt")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (folder / "cut.tar").write_bytes(archive.getvalue()[:4_000])


def _write_truth(folder: Path, truth: list[dict[str, Any]]) -> None:
    offsets, place = [], 0
    for line in (folder / "rows.jsonl").read_bytes().splitlines(keepends=True):
        offsets.append(place)
        place += len(line)
    places = [{"file": "rows.jsonl", "offset": offset} for offset in offsets]
    with (folder.parent / "truth.jsonl").open("w", encoding="utf-8") as stream:
        for own, item in zip(places, truth, strict=True):
            original = item["duplicate_of"]
            item = {**own, **item, "duplicate_of": None if original is None else places[original]}
            stream.write(json.dumps(item, ensure_ascii=False) + "\n")
