"""The report of a corpus as one HTML page: what page.html shows, prepared from the findings (findings.py)."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

from malmoi.corpus.ledger.layout import REPORTS
from malmoi.corpus.report.findings import gather
from malmoi.corpus.report.labels import KINDS, PERSONAL, REASONS, SCORES, STEPS
from malmoi.kit.files import write_text
from malmoi.kit.page import render

HTML, JSON = REPORTS
TEMPLATE = Path(__file__).with_name("page.html")
MAX_SOURCES = 20
"""A crawl has more names than anyone reads; the rest is summed up in one bar."""

Findings = dict[str, Any]


def write_report(folder: Path) -> Path:
    """Writes report.html and report.json into a finished corpus and returns the page's path."""
    findings = gather(folder)
    write_text(folder / JSON, json.dumps(findings, ensure_ascii=False, indent=1, default=str) + "\n")
    write_text(folder / HTML, page(findings))
    return folder / HTML


def page(findings: Findings) -> str:
    """The whole page."""
    counts = findings["counts"]
    masked = Counter(counts.get("masked") or {}).most_common()
    drawn = {
        "flow": _flow(findings["flow"], counts["documents_in"]),
        "kinds": _largest(counts["by_kind"]),
        "sources": _largest(counts["by_source"]),
        "masked": [(name, documents) for name, documents in masked if documents],
        "distributions": [
            {**score, "tallest": max(sum(counted.values()) for counted in score["bins"])}
            for score in findings["distributions"]
        ],
        "losses": findings["losses"][:MAX_SOURCES],
        "limits": _alike(findings["limits"]),
    }
    words = {"KINDS": KINDS, "PERSONAL": PERSONAL, "REASONS": REASONS, "SCORES": SCORES, "TAKES": {**REASONS, **STEPS}}
    return render(TEMPLATE, **{**findings, **drawn, **words})


def _flow(steps: list[Findings], read: int) -> list[Findings]:
    """The steps, each with how many documents are left after it."""
    left = itertools.accumulate((-step["documents"] for step in steps), initial=read)
    return [{**step, "left": after} for step, after in zip(steps, itertools.islice(left, 1, None), strict=True)]


def _largest(parts: dict[str, Findings]) -> Findings:
    """The parts with the most kept bytes, largest first, and the sum of those beyond MAX_SOURCES.

    Where there are more, those that gave nothing are summed up too.
    """
    rows = sorted(parts.items(), key=lambda item: -item[1]["text_bytes"])
    shown = [item for item in rows[:MAX_SOURCES] if item[1]["text_bytes"]] if len(rows) > MAX_SOURCES else rows
    others = [row for _, row in rows[len(shown) :]]
    rest = {name: sum(row[name] for row in others) for name in ("documents", "documents_in", "text_bytes")}
    full = max((row["text_bytes"] for row in (rest, *parts.values())), default=0)
    return {"rows": shown, "rest": {**rest, "names": len(others)}, "full": full}


def _alike(limits: list[Findings]) -> list[Findings]:
    """One row for all kinds of a score whose limit is the same for the same cause; a learnt one stands alone.

    kinds: [""] where a row is for all of them.
    """
    groups: dict[tuple[Any, ...], Findings] = {}
    for row in limits:
        alone = row["kind"] if row["how"] in ("learned", "bounded") else None
        key = (row["reason"], row["score"], row["limit"], row["how"], alone)
        group = groups.setdefault(key, {**row, "kinds": [], "documents": row["documents"]})
        group["kinds"].append(row["kind"])
        if row["documents"] is not None:
            group["documents"] = max(group["documents"] or 0, row["documents"])
    of_score = Counter((row["reason"], row["score"]) for row in limits)
    for row in groups.values():
        if len(row["kinds"]) == of_score[row["reason"], row["score"]]:
            row["kinds"] = [""]
        row["kind_labels"] = [KINDS.get(kind, (kind, kind)) for kind in row["kinds"]]
    return list(groups.values())
