"""Where letters went: source by step, and in words each source of which a step took more than the recipe expects."""

from collections.abc import Iterable
from typing import Any

from malmoi.corpus.report.labels import REASONS, STEPS
from malmoi.corpus.steps.account import Losses

Loss = dict[str, Any]


def losses(counts: dict[str, Any], settings: Losses) -> list[Loss]:
    """A row for each source and step (or reason of dropping) that took letters, the largest first.

    Each has source, step, letters, share (0..1, of the source's letters as read), documents, documents_mostly (of which
    the step took more than half), and excess: "share", "documents" or None, by what it is more than `settings` expect.
    """
    rows = [
        {"source": name, "step": step, "share": loss["letters"] / (source["letters_in"] or 1), **loss}
        | {"excess": _excess(step, loss, source, settings)}
        for name, source in counts["by_source"].items()
        for step, loss in source.get("losses", {}).items()
    ]
    return sorted(rows, key=lambda row: (-row["letters"], row["source"], row["step"]))


def _excess(step: str, loss: Loss, source: dict[str, Any], settings: Losses) -> str | None:
    if source["letters_in"] < settings.least_letters:
        return None
    if loss["letters"] > settings.most_of(step) * source["letters_in"]:
        return "share"
    too_many = loss["documents_mostly"] > settings.most_documents_share * source["documents_in"]
    return "documents" if too_many and step in settings.edits else None


def sentences(rows: Iterable[Loss], settings: Losses) -> list[tuple[str, str]]:
    """Each row with an excess in words, Korean and English."""
    return [_sentence(row, settings) for row in rows if row["excess"]]


def _sentence(row: Loss, settings: Losses) -> tuple[str, str]:
    korean, english = {**REASONS, **STEPS}.get(row["step"], (row["step"], row["step"]))
    if row["excess"] == "documents":
        limit = f"{100 * settings.most_documents_share:g}%"
        return (
            f"{row['source']}: 문서 {row['documents_mostly']:,}건이 '{korean}' 단계에서 글자의 절반 넘게 잃었어요."
            f" 문서의 {limit}까지가 보통이에요.",
            f"{row['source']}: {row['documents_mostly']:,} documents lost more than half of their letters to"
            f" {row['step']} ({english}); up to {limit} of the documents is usual.",
        )
    share, limit = f"{100 * row['share']:.1f}%", f"{100 * settings.most_of(row['step']):g}%"
    return (
        f"{row['source']}: '{korean}' 단계가 글자의 {share}를 뺐어요. {limit}까지가 보통이에요.",
        f"{row['source']}: {row['step']} ({english}) took {share} of the letters; up to {limit} is usual.",
    )
