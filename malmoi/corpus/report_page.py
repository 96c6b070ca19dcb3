"""The report of a corpus as one HTML page, drawn from its findings (findings.py): nothing loaded, no script."""

import html
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from malmoi.corpus.findings import gather
from malmoi.corpus.words import KINDS, PERSONAL, REASONS, SCORES
from malmoi.kit.files import write_text
from malmoi.kit.page import both, document, named, number, section, size, table, tiles, visible
from malmoi.kit.plots import Bar, Column, bars, columns

HTML, JSON = "report.html", "report.json"
MAX_SOURCES = 20

Findings = dict[str, Any]


def write_report(folder: Path) -> Path:
    """Writes report.html and report.json into a finished corpus and returns the page's path."""
    findings = gather(folder)
    write_text(folder / JSON, json.dumps(findings, ensure_ascii=False, indent=1, default=str) + "\n")
    write_text(folder / HTML, page(findings))
    return folder / HTML


def page(findings: Findings) -> str:
    """The whole page."""
    parts: Sequence[tuple[str, Callable[[Findings], str]]] = (
        ("flow", _flow),
        ("counts", _composition),
        ("mix", _mix),
        ("distributions", _distributions),
        ("limits", _limits),
        ("sites", _sites),
        ("clusters", _clusters),
        ("contamination", _contamination),
        ("pairs", _pairs),
    )
    body = "".join(draw(findings) for key, draw in parts if findings.get(key))
    name = visible(findings["name"])
    about = both("말뭉치 보고서", "Report of a corpus")
    header = f"<header><h1>{name}</h1><p>{about} · <code>{html.escape(findings['code'])}</code></p></header>"
    return document(findings["name"], f"{header}{_tiles(findings['counts'])}{body}")


def _tiles(counts: Findings) -> str:
    kept, read = counts["documents_kept"], counts["documents_in"]
    masked = sum((counts.get("masked") or {}).values())
    raw = size(counts["raw_bytes_in"])
    rows = [
        (
            both("남긴 문서", "documents kept"),
            number(kept),
            both(f"읽은 {number(read)}건 가운데", f"of {number(read)} read"),
        ),
        (both("남긴 글", "text kept"), size(counts["text_bytes_kept"]), both(f"원본 {raw}", f"from {raw} raw")),
        (
            both("뺀 문서", "documents dropped"),
            number(counts["documents_dropped"]),
            both(f"이유 {len(counts['dropped_by_reason'])}가지", f"for {len(counts['dropped_by_reason'])} reasons"),
        ),
        (
            both("비슷한 문서 무리", "clusters of near copies"),
            number(counts["near_duplicate_clusters"]),
            both(f"가장 큰 무리 {number(counts['largest_cluster'])}건", f"largest {number(counts['largest_cluster'])}"),
        ),
        (both("가린 개인정보", "personal data masked"), number(masked), ""),
    ]
    return tiles(rows)


def _flow(findings: Findings) -> str:
    """What came in, what each judgement took in the order of judging, what is left."""
    counts = findings["counts"]
    read, left = counts["documents_in"], counts["documents_in"]
    rows = [Bar(both("읽음", "read"), _amount(read, counts["raw_bytes_in"]), read, kind="whole")]
    for step in findings["flow"]:
        left -= step["documents"]
        amount = _amount(step["documents"], step["text_bytes"] or step["raw_bytes"])
        name = named(step["reason"], REASONS)
        title = f"{step['reason']}: -{step['documents']:,}, {left:,} left"
        rows.append(Bar(name, f"−{amount}", step["documents"], title, "loss"))
    rows.append(Bar(both("남김", "kept"), _amount(left, counts["text_bytes_kept"]), left))
    note = both(
        "판정하는 차례대로 뺀 문서예요. 이유가 여럿이면 처음 것으로 세요. 읽은 수는 남긴 수와 뺀 수의 합이에요.",
        "What each judgement took, in the order of judging. A document counts under its first reason, "
        "so that read = kept + dropped.",
    )
    return section("문서의 흐름", "Flow of documents", f'<p class="note">{note}</p>{bars(rows)}')


def _amount(documents: Any, text_bytes: Any) -> str:
    return both(f"{number(documents)}건 · {size(text_bytes)}", f"{number(documents)} docs · {size(text_bytes)}")


def _composition(findings: Findings) -> str:
    counts = findings["counts"]
    kinds = [
        (named(kind, KINDS), row["documents"], row["text_bytes"], row["documents_in"])
        for kind, row in counts["by_kind"].items()
    ]
    sources = [
        (visible(name), row["documents"], row["text_bytes"], row["documents_in"])
        for name, row in counts["by_source"].items()
    ]
    found = [(name, value) for name, value in (counts.get("masked") or {}).items() if value]
    masked = sorted(found, key=lambda item: -item[1])
    rows = "".join(f"<tr><th>{named(name, PERSONAL)}</th><td>{number(value)}</td></tr>" for name, value in masked)
    personal = f"<h3>{both('가린 개인정보', 'Personal data masked')}</h3>{table([rows])}" if rows else ""
    content = (
        f'<div class="pair"><div><h3>{both("종류", "By kind")}</h3>{_shares(kinds)}</div>'
        f"<div><h3>{both('출처', 'By source')}</h3>{_shares(sources)}</div></div>{personal}"
    )
    return section("구성", "Composition", content)


def _shares(rows: list[tuple[str, int, int, int]]) -> str:
    """Bars of kept bytes, the largest first; what lies beyond MAX_SOURCES is summed up.

    Where there are more, those that gave nothing are summed up too.
    """
    ordered = sorted(rows, key=lambda row: -row[2])
    shown = [row for row in ordered[:MAX_SOURCES] if row[2]] if len(ordered) > MAX_SOURCES else ordered
    rest = ordered[len(shown) :]
    if rest:
        others = both(f"다른 {len(rest)}곳", f"{len(rest)} others")
        shown.append((others, *(sum(row[place] for row in rest) for place in (1, 2, 3))))  # type: ignore[arg-type]
    return bars(
        [
            Bar(label, _amount(kept, text_bytes), text_bytes, f"{kept:,} of {read:,} documents")
            for label, kept, text_bytes, read in shown
        ]
    )


def _distributions(findings: Findings) -> str:
    legend = "".join(
        f'<span><i class="{kind}"></i>{both(korean, english)}</span>'
        for kind, korean, english in (
            ("model", "남김", "kept"),
            ("other", "다른 이유로 뺌", "dropped for other reasons"),
            ("loss", "이 이유로 뺌", "dropped for this reason"),
        )
    )
    note = both(
        "점선은 기본 한계예요. 높이는 문서 수의 제곱근이라 얇은 꼬리도 보여요.",
        "The dashed line is the general limit. Heights are square roots of counts, so that thin tails can be seen.",
    )
    drawn = "".join(_distribution(one) for one in findings["distributions"])
    return section(
        "점수의 분포",
        "Distributions of scores",
        f'<p class="note">{note}</p><p class="legend">{legend}</p><div class="trio">{drawn}</div>',
    )


def _distribution(one: Findings) -> str:
    span = one["high"] - one["low"] or 1.0
    width = span / len(one["bins"])
    drawn = [
        Column(
            (("model", row["kept"]), ("other", row["dropped_by_others"]), ("loss", row["dropped"])),
            f"{_plain(one['low'] + place * width)} to {_plain(one['low'] + (place + 1) * width)}: "
            f"{row['kept']:,} kept, "
            f"{row['dropped']:,} dropped, {row['dropped_by_others']:,} for other reasons",
        )
        for place, row in enumerate(one["bins"])
    ]
    plot = columns(drawn, f"distribution of {one['score']}", (one["limit"] - one["low"]) / span)
    about = f'<p class="note">{named(one["reason"], REASONS)} · {_plain(one["limit"])}</p>'
    ends = f'<div class="ends"><span>{_plain(one["low"])}</span><span>{_plain(one["high"])}</span></div>'
    return f"<div><h3>{named(one['score'], SCORES)}</h3>{about}{plot}{ends}</div>"


def _plain(value: float) -> str:
    """Four digits at most, or all those before the point: no powers of ten, and no 0.699999 for "less than 0.7"."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _limits(findings: Findings) -> str:
    rows = "".join(
        f"<tr><th>{named(row['reason'], REASONS)}</th><td>{named(row['score'], SCORES)}</td>"
        f"<td class='words'>{_kinds(row['kinds'])}</td>"
        f"<td>{'≤' if row['bound'] == 'at most' else '≥'} {_plain(row['limit'])}</td><td>{_origin(row)}</td></tr>"
        for row in _alike(findings["limits"])
    )
    note = both(
        "문서에서 배운 한계는 그 종류의 분위수이고, 나머지는 레시피에 적었거나 처음부터 정해 둔 값이에요.",
        "A learnt limit is a quantile of the documents of its kind; the others are the recipe's or the defaults.",
    )
    drawn = table(
        rows,
        ("이유", "reason"),
        ("점수", "score"),
        ("종류", "kind"),
        ("한계", "limit"),
        ("어디서 왔나", "where from"),
    )
    return section(
        "한계",
        "Limits",
        f'<p class="note">{note}</p>{drawn}',
    )


def _alike(limits: list[Findings]) -> list[Findings]:
    """One row for all kinds of a score whose limit is the same for the same cause; a learnt one stands alone."""
    groups: dict[tuple[Any, ...], Findings] = {}
    for row in limits:
        alone = row["kind"] if row["how"] in ("learned", "bounded") else None
        key = (row["reason"], row["score"], row["limit"], row["how"], alone)
        group = groups.setdefault(key, {**row, "kinds": [], "documents": row["documents"]})
        group["kinds"].append(row["kind"])
        if row["documents"] is not None:
            group["documents"] = max(group["documents"] or 0, row["documents"])
    of_score = Counter((row["reason"], row["score"]) for row in limits)
    return [
        {**row, "kinds": [""] if len(row["kinds"]) == of_score[row["reason"], row["score"]] else row["kinds"]}
        for row in groups.values()
    ]


def _kinds(kinds: list[str]) -> str:
    if kinds == [""]:
        return both("모두", "all")
    korean, english = zip(*(KINDS.get(kind, (kind, kind)) for kind in kinds), strict=True)
    return both(", ".join(korean), ", ".join(english))


def _origin(row: Findings) -> str:
    documents, quantile = number(row["documents"]), f"{row['quantile'] or 0:g}"
    if row["how"] == "learned":
        return both(f"문서 {documents}건의 분위수 {quantile}", f"quantile {quantile} of {documents} documents")
    if row["how"] == "bounded":
        value = f"{row['value_at_quantile']:.4g}"
        return both(f"분위수 {quantile}은 {value}, 테두리에서 멈춤", f"quantile {quantile} is {value}, held at a bound")
    if row["how"] == "too_few":
        several = len(row["kinds"]) > 1 or row["kinds"] == [""]
        korean, english = ("많아야 ", " at most") if several else ("", "")
        return both(f"문서가 {korean}{documents}건뿐이라 기본값", f"default: only {documents} documents{english}")
    return both("정해 둔 값", "set")


def _mix(findings: Findings) -> str:
    """Asked and got, by kind: shares of bytes, and how often a document is read."""
    rows = "".join(
        f"<tr><th>{named(row['kind'], KINDS)}</th><td>{_share(row['asked_share'])}</td>"
        f"<td>{_share(row['mixed_share'])}</td><td>{number(row['mean_epochs'], 2)}</td></tr>"
        for row in findings["mix"].get("kinds", [])
    )
    note = both(
        "몫은 되풀이까지 셈한 글의 바이트예요. 레시피에 없는 종류는 남은 몫을 있는 만큼 나눠요. 글이 모자란 종류는 "
        "되풀이 한도까지만 채우고, 남는 자리는 다른 종류가 가져가요.",
        "Shares are of the text bytes with all epochs. Kinds that the recipe does not name share what is left. "
        "A kind of which there is too little is repeated up to the limit, and leaves the rest to the others.",
    )
    drawn = table(rows, ("종류", "kind"), ("바란 몫", "asked"), ("얻은 몫", "got"), ("되풀이", "epochs"))
    return section("섞은 몫", "The mix", f'<p class="note">{note}</p>{drawn}')


def _share(value: Any) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _sites(findings: Findings) -> str:
    rows = "".join(
        f"<tr><th>{visible(str(row['host']))}</th><td>{number(row['documents'])}</td><td>{number(row['in_hosts'])}</td>"
        f"<td>{number(row['popularity'], 3)}</td><td>{number(row['trust'], 3)}</td></tr>"
        for row in findings["sites"]
    )
    return section(
        "사이트",
        "Sites",
        table(
            rows,
            ("사이트", "site"),
            ("문서", "documents"),
            ("들어오는 사이트", "sites linking in"),
            ("인기", "popularity"),
            ("믿음", "trust"),
        ),
    )


def _clusters(findings: Findings) -> str:
    rows = []
    for row in findings["clusters"]:
        first, last = 2 ** row["power"], 2 ** (row["power"] + 1) - 1
        name = both(f"{first:,}~{last:,}건", f"{first:,} to {last:,}")
        value = both(
            f"무리 {number(row['clusters'])}개, 문서 {number(row['documents'])}건",
            f"{number(row['clusters'])} clusters, {number(row['documents'])} docs",
        )
        rows.append(Bar(name, value, row["documents"], f"largest: {row['largest']:,}"))
    return section("비슷한 문서 무리의 크기", "Sizes of clusters of copies", bars(rows))


def _contamination(findings: Findings) -> str:
    rows = "".join(
        f"<tr><th>{visible(row['set'])}</th><td>{number(row['items'])}</td><td>{number(row['leaked'])}</td>"
        f"<td>{number(row['documents'])}</td></tr>"
        for row in findings["contamination"]
    )
    return section(
        "평가와 겹친 글",
        "Overlap with evaluation sets",
        table(
            rows,
            ("평가 묶음", "evaluation set"),
            ("문항", "items"),
            ("말뭉치에 있던 문항", "found in the corpus"),
            ("그런 문서", "documents with them"),
        ),
    )


def _pairs(findings: Findings) -> str:
    note = both(
        "왼쪽은 뺀 문서, 오른쪽은 그 대신 남긴 문서이거나 같은 종류에서 한계에 가장 가까이 있던 남긴 문서예요.",
        "Left: a document that was dropped. Right: the one that stays for it, or the kept one of its kind closest to "
        "the limit.",
    )
    drawn, last = "", None
    for pair in findings["pairs"]:
        if pair["reason"] != last:
            drawn += f"<h3>{named(pair['reason'], REASONS)}</h3>"
            last = pair["reason"]
        drawn += f'<div class="beside">{_side("went", pair["dropped"])}{_side("stays", pair["kept"])}</div>'
    return section("뺀 글과 남긴 글", "Dropped and kept, side by side", f'<p class="note">{note}</p>{drawn}')


def _side(kind: str, row: Findings | None) -> str:
    if row is None:
        return f'<div class="{kind}"><p class="note">{both("견줄 문서가 없어요.", "nothing to compare")}</p></div>'
    if row.get("in_base"):
        words = both("먼저 만든 말뭉치(base)에 있는 문서예요.", "a document of an older corpus (base)")
        return f'<div class="{kind}"><code>{visible(row["id"])}</code><p class="note">{words}</p></div>'
    score = f" · {row['score']:.4g}" if isinstance(row.get("score"), (int, float)) else ""
    title = f"<strong>{visible(row['title'])}</strong>" if row.get("title") else ""
    about = f'<span class="note"><code>{visible(row["id"] or "")}</code>{score}</span>'
    return f'<div class="{kind}">{title} {about}<p dir="auto">{visible(row["text"] or "")}</p></div>'
