"""The report as one HTML page, drawn from the findings: nothing loaded, no script, everything from the run escaped."""

import html
import time
from collections.abc import Callable, Sequence
from typing import Any

from malmoi.corpus.words import KINDS, PERSONAL, REASONS
from malmoi.kit.page import both, document, duration, named, number, section, size, table, tiles, visible
from malmoi.kit.plots import Bar, Point, bars, curve

MAX_SOURCES = 20
"""A crawl has more names than anyone reads; the rest is summed up in one bar."""

STAGES = {
    "corpus": ("말뭉치", "corpus"),
    "tokenizer": ("토크나이저", "tokenizer"),
    "tokens": ("토큰화", "tokens"),
    "train": ("학습", "train"),
    "model": ("내보내기", "model"),
    "report": ("평가", "report"),
}

MEANS = {
    "model": ("이 모델", "this model"),
    "unigram": ("토큰 빈도", "unigram"),
    "gzip": ("gzip -9",) * 2,
    "xz": ("xz -9e",) * 2,
}

Findings = dict[str, Any]
"""What malmoi/evaluate/findings.py gathers, or a part of it. Numbers may be None: a stage may have been cut short."""


def page(findings: Findings) -> str:
    """The whole page."""
    parts: Sequence[tuple[str, Callable[[Any], str]]] = (
        ("evaluate", _measured),
        ("train", _trained),
        ("corpus", _composition),
        ("corpus", _dropped),
        ("tokens", _tokens),
        ("evaluate", _samples),
        ("stages", _stages),
    )
    sections = "".join(draw(findings[key]) for key, draw in parts if findings.get(key))
    return document(findings["name"], f"{_header(findings)}{_tiles(findings)}{sections}")


def _header(findings: Findings) -> str:
    """Which run, drawn when, by which code."""
    written = time.strftime("%Y-%m-%d %H:%M", time.localtime(findings["written_at"]))
    about = both(f"{written}에 그림 · 코드 {findings['code']}", f"drawn {written} · code {findings['code']}")
    name = html.escape(findings["name"])
    return f"<header><h1>{name}</h1><p>{both('실행 보고서', 'Report of a run')} · {about}</p></header>"


def _tiles(findings: Findings) -> str:
    """The figures that one looks for first."""
    rows: list[tuple[str, str, str]] = []
    if evaluate := findings.get("evaluate"):
        total = evaluate["total"]
        others = ", ".join(f"{name} {number(total[name], 3)}" for name in MEANS if name != "model" and name in total)
        rows.append((both("바이트당 비트", "bits per byte"), number(total["model"], 3), html.escape(others)))
    if train := findings.get("train"):
        tokens = both(f"토큰 {number(train['tokens'])}개", f"{number(train['tokens'])} tokens")
        rows.append((both("마지막 손실", "last loss"), number(train["last_loss"], 3), tokens))
    if corpus := findings.get("corpus"):
        kept, read = corpus.get("documents_kept"), corpus.get("documents_in")
        of = both(f"읽은 문서 {number(read)}건 가운데", f"of {number(read)} documents read")
        rows.append((both("남긴 문서", "documents kept"), number(kept), of))
        raw = both(f"원본 {size(corpus.get('raw_bytes_in'))}", f"from {size(corpus.get('raw_bytes_in'))} raw")
        rows.append((both("남긴 글", "text kept"), size(corpus.get("text_bytes_kept")), raw))
    if tokens_found := findings.get("tokens"):
        vocabulary = (findings.get("tokenizer") or {}).get("vocabulary_tokens")
        words = both(f"어휘 {number(vocabulary)}개", f"vocabulary {number(vocabulary)}")
        rows.append((both("토큰당 바이트", "bytes per token"), number(tokens_found.get("bytes_per_token"), 2), words))
    return tiles(rows)


def _measured(evaluate: Findings) -> str:
    """Bits per byte of the model and of what it must beat: in all, then by kind."""
    settings = evaluate["settings"]
    limit, document = size(settings["heldout_bytes_per_kind"]), size(settings["document_bytes"])
    note = both(
        "학습에 쓰지 않은 글 1바이트를 적는 데 드는 비트. 낮을수록 좋아요. "
        f"종류마다 {limit}까지, 문서마다 첫 {document}까지 쟀고, 전체 값은 종류별로 남겨 둔 글의 양으로 가중했어요.",
        "Bits to write one byte of unseen text; lower is better. "
        f"Up to {limit} of each kind and the first {document} of a document were scored; "
        "the total weighs kinds by their held-out text.",
    )
    rows = _means(evaluate["total"])
    highest = max(max(row["bits_per_byte"].values()) for row in evaluate["by_kind"].values())
    kinds = "".join(
        f"<div><h3>{named(kind, KINDS)} <span class='note'>{size(row['text_bytes'])}</span></h3>"
        f"{bars(_means(row['bits_per_byte']), highest)}</div>"
        for kind, row in evaluate["by_kind"].items()
    )
    return section(
        "바이트당 비트", "Bits per byte", f'<p class="note">{note}</p>{bars(rows)}<div class="pair">{kinds}</div>'
    )


def _means(rates: Findings) -> list[Bar]:
    return [
        Bar(
            both(*MEANS[name]),
            number(rates[name], 3),
            rates[name],
            f"{rates[name]:.4f}",
            "model" if name == "model" else "other",
        )
        for name in MEANS
        if name in rates
    ]


def _trained(train: Findings) -> str:
    """The loss curve; a loss that is not a number is a gap in the line, not an error here."""
    points = [
        Point(step["step"], step["loss"], _step_title(step))
        for step in train["steps"]
        if isinstance(step["loss"], (int, float))
    ]
    speed = number(train["tokens_per_s"])
    note = both(
        f"단계마다의 학습 손실(토큰당 내트). {number(train['num_steps'])}단계, 초당 토큰 {speed}개(중앙값).",
        f"Training loss at each step (nats per token). {number(train['num_steps'])} steps, {speed} tokens/s (median).",
    )
    unfinished = (
        "" if train["finished"] else f"<p>{both('학습이 아직 끝나지 않았어요.', 'Training has not finished.')}</p>"
    )
    drawing = curve(points, "training loss by step")
    return section("학습 손실", "Training loss", f'<p class="note">{note}</p>{unfinished}{drawing}')


def _step_title(step: Findings) -> str:
    rate, norm = step.get("learning_rate"), step.get("gradient_norm")
    extra = [f"lr {rate:.3g}" if isinstance(rate, float) else "", f"grad {norm:.3g}" if isinstance(norm, float) else ""]
    return " · ".join([f"step {step['step']:,}", f"loss {step['loss']:.4f}", *filter(None, extra)])


def _composition(corpus: Findings) -> str:
    """What was kept: bytes and documents by kind and by source, and how much personal data was masked."""
    kinds = [
        (named(kind, KINDS), row.get("documents"), row.get("text_bytes") or 0)
        for kind, row in corpus.get("by_kind", {}).items()
    ]
    sources = [
        (html.escape(name), row.get("documents"), row.get("text_bytes") or 0)
        for name, row in corpus.get("by_source", {}).items()
    ]
    masked = sorted((corpus.get("masked") or {}).items(), key=lambda item: -item[1])
    hidden = "".join(f"<tr><th>{named(name, PERSONAL)}</th><td>{number(count)}</td></tr>" for name, count in masked)
    personal = f"<h3>{both('가린 개인정보', 'Personal data masked')}</h3>{table([hidden])}" if hidden else ""
    return section(
        "말뭉치 구성",
        "What the corpus holds",
        f'<div class="pair"><div><h3>{both("종류", "By kind")}</h3>{_amounts(kinds)}</div>'
        f"<div><h3>{both('출처', 'By source')}</h3>{_amounts(sources)}</div></div>{personal}",
    )


def _amounts(rows: list[tuple[str, Any, int]]) -> str:
    """Bars of text bytes, largest first; those beyond MAX_SOURCES are summed up."""
    ordered = sorted(rows, key=lambda row: -row[2])
    shown, rest = ordered[:MAX_SOURCES], ordered[MAX_SOURCES:]
    if rest:
        others = both(f"다른 {len(rest)}곳", f"{len(rest)} others")
        shown.append((others, sum(row[1] or 0 for row in rest), sum(row[2] for row in rest)))
    return bars(
        [
            Bar(label, f"{size(text_bytes)} · {_documents(documents)}", text_bytes, f"{text_bytes:,} B")
            for label, documents, text_bytes in shown
        ]
    )


def _documents(count: Any) -> str:
    return both(f"{number(count)}건", f"{number(count)} docs")


def _dropped(corpus: Findings) -> str:
    """The sum that must come out (read = kept + dropped), then each reason."""
    read, kept, dropped = (corpus.get(f"documents_{name}") for name in ("in", "kept", "dropped"))
    note = both(
        f"읽은 {number(read)}건 = 남긴 {number(kept)}건 + 뺀 {number(dropped)}건. 이유가 여럿이면 처음 것만 셌어요.",
        f"{number(read)} read = {number(kept)} kept + {number(dropped)} dropped. Counted by the first reason.",
    )
    rows = [
        Bar(
            named(row["reason"].removeprefix("drop_"), REASONS),
            f"{_documents(row['documents'])} · {size(row['raw_bytes'])}",
            row["documents"],
            f"{row['reason']}: {row['documents']:,}",
            "less",
        )
        for row in corpus.get("dropped", [])
    ]
    return section("뺀 것과 이유", "What was dropped and why", f'<p class="note">{note}</p>{bars(rows)}')


def _tokens(tokens: Findings) -> str:
    rows = [
        Bar(
            named(kind, KINDS),
            f"{number(row['bytes_per_token'], 2)}",
            row["bytes_per_token"],
            f"{row['train_tokens']:,}",
        )
        for kind, row in tokens.get("by_kind", {}).items()
    ]
    held, trained = number(tokens.get("heldout_tokens")), number(tokens.get("train_tokens"))
    note = both(
        f"토큰 하나가 나르는 UTF-8 바이트. 학습 토큰 {trained}개, 남겨 둔 토큰 {held}개. "
        "토크나이저가 다르면 이 값이 아니라 바이트당 비트로 견줘요.",
        f"UTF-8 bytes that one token carries. {trained} tokens to train on, {held} held out. "
        "Compare tokenizers by bits per byte, not by this.",
    )
    return section("토큰당 바이트", "Bytes per token", f'<p class="note">{note}</p>{bars(rows)}')


def _samples(evaluate: Findings) -> str:
    """Continuations in the order they were drawn, the document's own words one click away."""
    settings = evaluate["settings"]
    heat, top = settings["temperature"], settings["top_p"]
    note = both(
        f"남겨 둔 글의 첫머리를 이어 쓴 것을 나온 그대로 옮겼다(온도 {heat}, top-p {top}). "
        "색이 있는 부분이 모델이 쓴 거예요.",
        f"Beginnings of held-out texts, continued; as they came (temperature {heat}, top-p {top}). "
        "The marked part is the model's.",
    )
    written = "".join(
        f'<article><p dir="auto"><span class="given">{visible(one["prompt"])}</span>'
        f"<mark>{visible(one['continuation'])}</mark></p>"
        f"<details><summary>{named(one['kind'], KINDS)} · {both('원문', 'the original')}</summary>"
        f'<p dir="auto">{visible(one["reference"])}</p></details></article>'
        for one in evaluate["samples"]
    )
    return section("이어 쓴 글", "Continuations", f'<p class="note">{note}</p>{written}') if written else ""


def _stages(stages: list[Findings]) -> str:
    rows = "".join(
        f"<tr><th>{named(row['stage'], STAGES)}</th>"
        f"<td>{duration(row['seconds'])}</td><td>{size(row['peak_bytes'])}</td></tr>"
        for row in stages
    )
    return section(
        "시간과 기억 공간",
        "Time and memory",
        table(rows, ("단계", "stage"), ("시간", "time"), ("가장 많이 쓴 기억 공간", "peak memory")),
    )
