"""Debris of OCR, wrong charsets, keyboards and search engines, and texts that only look like it to a machine."""

import random
import tomllib
from itertools import islice
from pathlib import Path

import pytest
from small_batches import batch_of, judge, sentences

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_document
from malmoi.corpus.steps.quality import Quality
from malmoi.sample import plant

DATA = Path(__file__).parents[4] / "shared" / "data" / "text"
TABLE = tomllib.loads(Path(__file__).with_name("debris.toml").read_text(encoding="utf-8"))
BODY = sentences(3)
TOWNS = "서울 부산 대구 인천 광주 대전 울산 세종 수원 성남".split()
TORN, SEARCH_WORDS, STUFFED = (TABLE["parts"][name] for name in ("torn", "search_words", "stuffed"))


CODECS = (
    "latin-1 cp1252 iso8859-15 mac-roman koi8-r cp1251 iso8859-5 iso8859-7 cp1255 cp874 gbk gb18030 big5 shift_jis "
    "euc_jp cp866 cp437 johab ascii"
).split()


def spaced(text: str) -> str:
    return " ".join(text.replace(" ", ""))


def half_width(text: str) -> str:
    """The first letter of each syllable from the half-width block, as terminals of the 1980s gave them."""
    return "".join(chr(0xFFA1 + (ord(one) - 0xAC00) // 588) if "가" <= one <= "힣" else one for one in text)


def first_letters(text: str) -> str:
    initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
    return "".join(initials[(ord(one) - 0xAC00) // 588] if "가" <= one <= "힣" else one for one in text)


def misread_print(text: str, signs: str, every: int = 9) -> str:
    """What OCR of a bad print makes of it: every so many letters another syllable, or a sign for a stroke."""
    return "".join(signs[place % len(signs)] if place % every == 0 else one for place, one in enumerate(text))


def misread_strokes(text: str, every: int = 7) -> str:
    """Syllables with another vowel or another final, as a worn print gives them."""
    return "".join(
        chr(0xAC00 + (ord(one) - 0xAC00 + (28 * place if place % 2 else place)) % 11_172)
        if place % every == 0 and "가" <= one <= "힣"
        else one
        for place, one in enumerate(text)
    )


def misread(text: str, written: str, read: str) -> str:
    """The bytes of one charset read as another; what that lacks becomes U+FFFD, as browsers do it."""
    return text.encode(written, "ignore").decode(read, "replace")


def windows(content: bytes) -> str:
    """Windows-1252 as browsers read it: the five bytes that it lacks are control characters."""
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "latin-1") for byte in content
    )


DEBRIS = {
    "EUC-KR read as Latin-1": misread(BODY, "cp949", "latin-1"),
    "EUC-KR read as Windows-1252": windows(BODY.encode("cp949", "ignore")),
    "EUC-KR read as UTF-8": misread(BODY, "cp949", "utf-8"),
    "EUC-KR read as GBK": misread(BODY, "cp949", "gbk"),
    "EUC-KR read as Shift-JIS": misread(BODY, "cp949", "shift_jis"),
    "EUC-KR read as Big5": misread(BODY, "cp949", "big5"),
    "UTF-8 read as Latin-1": BODY.encode().decode("latin-1"),
    "UTF-8 read as Windows-1252": windows(BODY.encode()),
    "UTF-8 read as CP949": misread(BODY, "utf-8", "cp949"),
    "UTF-8 encoded twice": BODY.encode().decode("latin-1").encode().decode("latin-1"),
    "UTF-16 read as Latin-1": BODY.encode("utf-16-le").decode("latin-1"),
    "every fourth letter lost": plant.torn(BODY, random.Random(1)),
    "half-width jamo": half_width(BODY),
    "syllables with spaces between": spaced(BODY),
    "OCR that tore every other sentence": TORN + spaced(TORN) + "\n" + TORN + spaced(TORN),
    "OCR with strokes": misread_print(BODY, "뵐즐쏵ㅣIl1!|"),
    "OCR with other strokes": misread_print(BODY, "뭬ㅣ괌l쨌|욹!븝"),
    "OCR with rare syllables": misread_print(BODY, "꿩뉜랫벅숑얹쫙켓턍폄흠뱌", 8),
    "OCR of a worn print": misread_strokes(BODY),
    "OCR of an old newspaper": misread_strokes(BODY.replace(" ", "  "), 6),
    "OCR in short lines": misread_print(BODY, "뵐즐쏵ㅣIl1!|").replace(" ", "\n"),
    "OCR beside figures": misread_print(BODY, "뵐즐쏵ㅣIl1!|") + " 1 2 3 " * 9,
    "OCR under a heading": "# 제목입니다\n\n" + misread_print(BODY, "쎠뵤쟨ㅣ큅|밞lI"),
    "keyboard mash": "ㅁㄴㅇㄹ ㅁㄴㅇㄹㅎ ㅂㅈㄷㄱ ㅁㄴㅇㄹ ㅋㅌㅊㅍ ㅁㄴㅇㅎㄹ ㅂㅈㄷㄱㅅ " * 3,
    "first letters only": first_letters(BODY),
    "nothing but laughter": "ㅋㅋㅋㅋㅋㅋㅋㅋㅋ ㅎㅎㅎㅎ ㅠㅠㅠㅠ 아 ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 대박 ㅋㅋㅋㅋㅋㅋㅋ",
    "search words": SEARCH_WORDS,
    "search words, commas": SEARCH_WORDS.replace(" ", ", "),
    "search words, slashes": SEARCH_WORDS.replace(" ", " / "),
    "search words, hash tags": "#" + SEARCH_WORDS.replace(" ", " #"),
    "search words, numbered": "\n".join(f"{number}. {word}" for number, word in enumerate(SEARCH_WORDS.split())),
    "one phrase over and over": STUFFED,
    "trade in every town": "\n".join(f"{town} 누수탐지 전문업체 {town} 누수탐지 비용 누수탐지 견적" for town in TOWNS),
    "links": "\n".join(f"참고 https://www.example.kr/board/view?id={number}&page={number}" for number in range(20)),
    "ruler": "다음 글입니다. " + "=" * 400 + " 끝입니다. 감사합니다.",
}  # fmt: skip


def reasons(text: str, kind: str = "web") -> set[str]:
    batch = judge(Quality(), batch_of([text], kind))
    return {
        name.removeprefix("drop_")
        for name in batch.schema.names
        if name.startswith("drop_") and batch.column(name)[0].as_py()
    }


@pytest.mark.parametrize("name", DEBRIS)
def test_debris_is_dropped(name):
    assert reasons(DEBRIS[name])


@pytest.mark.parametrize("name", TABLE["whole"])
def test_texts_that_only_look_like_debris_are_kept(name):
    assert reasons(TABLE["whole"][name]) == set()


@pytest.mark.parametrize("kind", ["code", "expert", "blog"])
def test_code_with_korean_remarks_is_kept(kind):
    assert reasons(TABLE["code"]["with Korean remarks"], kind) == set()


def test_slang_of_rare_syllables_is_kept_in_comments():
    assert reasons(TABLE["comments"]["slang"], "comment") == set()


@pytest.mark.parametrize("name", [name for name in DEBRIS if " read as " in name or "twice" in name or "lost" in name])
def test_what_a_charset_broke_is_called_broken_or_foreign(name):
    assert reasons(DEBRIS[name]) & {"broken_encoding", "not_korean"}


def test_there_is_no_charset_of_python_that_breaks_korean_unseen():
    """Every single-byte and East Asian codec that Python has, in which UTF-8 or CP949 can be misread."""
    unseen = []
    for codec in CODECS:
        unseen += [(written, codec) for written in ("utf-8", "cp949") if not reasons(misread(BODY, written, codec))]
    assert unseen == []


@pytest.mark.parametrize(
    ("archive", "kind", "options"),
    [
        ("docs_and_literature", "expert", {"include": ("*unesco_report/in_txt/*.txt",)}),  # broken lines of PDF files
        ("docs_and_literature", "book", {"include": ("*fairytale01/in/*.txt",)}),
        ("docs_and_literature", "book", {"include": ("*koconovel/data/jsonl/*/text.jsonl",)}),
        ("docs_and_literature", "news", {"include": ("*csv/wikinews.csv",), "text_field": "내용"}),
        ("law_kr", "law", {"include": ("kr/*",)}),
    ],
)
def test_real_books_reports_news_and_statutes_are_kept(archive, kind, options):
    path = DATA / f"{archive}.tar.zst"
    if not path.exists():
        pytest.skip(f"no real text at {path}")
    source = Input(path, kind=kind, **options)
    items = [to_document(item, source) for item in islice(read(source), 250) if isinstance(item, Raw)]
    texts = [item["text"] for item in items if isinstance(item, dict)]
    batch = judge(Quality(), batch_of(texts, kind))
    dropped = {
        text[:60]
        for name in batch.schema.names
        if name.startswith("drop_") and name != "drop_too_short"
        for text, fired in zip(texts, batch.column(name).to_pylist(), strict=True)
        if fired
    }
    assert len(texts) >= 15
    assert dropped == set()
