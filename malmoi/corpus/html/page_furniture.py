"""Lines that stand in the text of a page and are none of it: bylines, copyright, buttons, lists of other pages.

Each is taken apart and counted by its kind, so that no word goes silently. What a line is, page_furniture.toml says;
where it may be taken depends on the kind: buttons and bylines at the head and the tail only, a list of other pages near
the end. A line that is a sentence stays, whatever its words: a text about copyright is a text.
"""

import itertools
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from malmoi.corpus.html.markup import match_words
from malmoi.corpus.html.tags import Automaton, automaton

_PATTERNS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
EDGE_LINES = (6, 12)
"""Lines at the head and at the tail of a text in which bylines and buttons are looked for."""
MOST_CHARACTERS, MOST_AT_EDGE = 200, 110
"""A longer line is text; a longer one is no byline and no button."""
MOST_HEADING, LINK_CHARACTERS = 40, 90
"""A heading such as "관련 기사", and the title of another page; a longer line after "관련 기사" is text again."""
REPEATED_CHARACTERS = 60
"""A shorter line may be said again: a refrain, a reply."""
RELATED_FROM = 0.4
"""A list of other pages begins after so much of the text."""
ROW_LINES, MOST_CELLS = 8, 8
"""Lines of the head among which rows of a board's metadata stand, and cells of such a row."""
SENTENCE_END = re.compile(r"[가-힣](?:니다|다|요|까|죠)[.?!][\"'”’)\]]*$")
PLAIN_SENTENCE = re.compile(r"(?:했다|한다|됐다|된다|였다|이다|있다|없다|하다|밝혔다|말했다|나섰다|겠다)[.]?$")
NOTICE = re.compile(r"(?:요약|기사|본문|결과|서비스|콘텐츠|내용|시스템|이 글).*(?:니다|바랍니다|주세요|하세요)[.)\]]*$")
"""A sentence that speaks of the page itself, politely."""
MARKS = frozenset(" #-*>:0123456789")
LEADING_MARKS = re.compile(r"^(?:#{1,6} |[-*] |> |: |\d{1,3}\. )+")
TAIL_BYLINE = re.compile(
    r"(?<=[.다요\"”'’)\]!?])\s*(?:[가-힣A-Za-z·]{2,8} ?[=/] ?)?[가-힣]{2,4} ?(?:[가-힣]{0,4})기자"
    r"(?: ?[(<\[]?[\w.+-]+@[\w.-]+[)>\]]?)?$"
)
"""A byline that stands right after the last sentence, in its line."""
ROW_LABELS = frozenset(_PATTERNS["rows"]["labels"].split())
HINTS = automaton(_PATTERNS["hints"])
"""A line without any of these is none of ANYWHERE. Most lines are done with here."""


def _compiled(table: str) -> dict[str, re.Pattern[str]]:
    return {
        kind: re.compile("|".join(f"(?:{pattern})" for pattern in patterns).replace(" ", r"\s"), re.IGNORECASE)
        for kind, patterns in _PATTERNS[table].items()
    }


EDGE, ANYWHERE, RELATED = (_compiled(table) for table in ("edge", "anywhere", "related"))


def without_furniture(text: str) -> tuple[str, dict[str, int]]:
    """The text without its furniture, and how many letters and digits were taken by kind.

    A text of which nothing would be left stays as it is: a page of buttons is for others to judge.
    """
    lines = text.split("\n")
    bare = [(LEADING_MARKS.sub("", line) if line[:1] in MARKS else line).strip() for line in lines]
    in_code = _in_code(lines) if "```" in text else [False] * len(lines)
    hinted = _lines_with(np.frombuffer(text.encode("utf-8", "replace"), np.uint8), HINTS).tolist()
    kinds = _kinds(lines, bare, in_code, set(hinted))
    _mark_labelled(bare, kinds)
    _mark_repeated(bare, in_code, kinds)
    taken: Counter[str] = Counter()
    for line, kind in zip(lines, kinds, strict=True):
        if kind:
            taken[kind] += _letters(line)
    kept = [line for line, kind in zip(lines, kinds, strict=True) if not kind]
    _cut_tail_byline(kept, taken)
    if not taken or not any(line.strip() for line in kept):
        return text, {}
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), dict(taken)


@njit(nogil=True, cache=True)
def _lines_with(text: np.ndarray, words: Automaton) -> np.ndarray:
    """The numbers of the lines that hold any of the words, int64. text: uint8 (bytes,) in UTF-8."""
    numbers = np.empty(len(text) + 1, np.int64)
    count, number, start = 0, 0, 0
    for k in range(len(text) + 1):
        if k == len(text) or text[k] == 10:
            if match_words(text, start, k, words):
                numbers[count] = number
                count += 1
            number, start = number + 1, k + 1
    return numbers[:count]


def is_button(line: str) -> bool:
    """Whether a line is the words of a button: 공유하기, 목록, 더 보기."""
    return EDGE["button"].fullmatch(line) is not None


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _in_code(lines: list[str]) -> list[bool]:
    """Whether each line stands in a fence or is one."""
    inside: list[bool] = []
    fence = ""
    for line in lines:
        mark = line if line.startswith("```") and not line.strip("`") else ""
        inside.append(bool(mark or fence))
        if mark and not fence:
            fence = mark
        elif mark == fence:
            fence = ""
    return inside


def _kinds(lines: list[str], bare: list[str], in_code: list[bool], hinted: set[int]) -> list[str]:
    """For each line the kind of furniture that it is, "" for text. hinted: the numbers of lines with one of HINTS."""
    full = [number for number, line in enumerate(bare) if line]
    edge = {*full[: EDGE_LINES[0]], *full[-EDGE_LINES[1] :]}
    least = RELATED_FROM * sum(map(len, bare))
    kinds = [""] * len(bare)
    before = 0
    for place, number in enumerate(full):
        line = bare[number]
        may_head = before >= least and len(line) <= MOST_HEADING
        before += len(line)
        if not (may_head or number in hinted or number in edge or place < ROW_LINES):
            continue
        if in_code[number] or kinds[number] or len(line) > MOST_CHARACTERS:
            continue
        if not lines[number].startswith("#"):
            is_edge = number in edge and len(line) <= MOST_AT_EDGE
            kinds[number] = (_anywhere(line) if number in hinted else "") or (_at_edge(line) if is_edge else "")
        if not kinds[number] and place < ROW_LINES and _is_row_of_board(line):
            kinds[number] = "byline"
        if may_head and not kinds[number] and RELATED["heading"].fullmatch(line):
            _mark_list(bare, full[place:], kinds)
    return kinds


def _is_sentence(line: str) -> bool:
    return SENTENCE_END.search(line) is not None or PLAIN_SENTENCE.search(line) is not None


def _anywhere(line: str) -> str:
    for kind, pattern in ANYWHERE.items():
        if pattern.fullmatch(line):
            is_told = kind == "licence" or line[:1] in "ⓒ©<[(" or (kind == "ai_notice" and NOTICE.search(line))
            if is_told or not _is_sentence(line):
                return kind
    return ""


def _at_edge(line: str) -> str:
    return next((kind for kind, pattern in EDGE.items() if pattern.fullmatch(line)), "")


def _is_row_of_board(line: str) -> bool:
    """Whether a row of a table names the author, the date or the files of a post: labels, each before its value."""
    if not line.startswith("|"):
        return False
    cells = list(map(_label, line.strip("| ").split("|")))
    if not 2 <= len(cells) <= MOST_CELLS:
        return False
    return all((cell in ROW_LABELS) == (place % 2 == 0) for place, cell in enumerate(cells))


def _mark_labelled(bare: list[str], kinds: list[str]) -> None:
    """Marks lines of the head that are the label of a board's metadata, and the values after them, from two on."""
    full = [number for number, line in enumerate(bare) if line][: 2 * ROW_LINES]
    pairs = [(a, b) for a, b in itertools.pairwise(full) if _label(bare[a]) in ROW_LABELS and _may_be_value(bare[b])]
    for pair in pairs if len(pairs) > 1 else ():
        for number in pair:
            kinds[number] = kinds[number] or "byline"


def _label(line: str) -> str:
    return line.strip(" :：").replace(" ", "")


def _may_be_value(line: str) -> bool:
    return len(line) <= MOST_HEADING and not _is_sentence(line) and _label(line) not in ROW_LABELS


def _mark_list(bare: list[str], numbers: list[int], kinds: list[str]) -> None:
    """Marks the heading and the titles after it, up to a sentence or a long line."""
    titles = []
    for number in numbers[1:]:
        line = bare[number]
        if len(line) > LINK_CHARACTERS or SENTENCE_END.search(line) or kinds[number]:
            break
        titles.append(number)
    is_end = len(titles) == len(numbers) - 1
    if titles and (is_end or len(titles) > 1):
        for number in [numbers[0], *titles]:
            kinds[number] = kinds[number] or "related"


def _mark_repeated(bare: list[str], in_code: list[bool], kinds: list[str]) -> None:
    """Marks long lines that stood before: a summary shown above and beside, a text for wide and for small screens."""
    seen: set[str] = set()
    for number, line in enumerate(bare):
        if len(line) < REPEATED_CHARACTERS or in_code[number] or kinds[number] or line.startswith("|"):
            continue
        if line in seen:
            kinds[number] = "repeated"
        seen.add(line)


def _cut_tail_byline(lines: list[str], taken: Counter[str]) -> None:
    """Cuts the byline off the end of the last line, in place."""
    last = next((number for number in range(len(lines) - 1, -1, -1) if lines[number].strip()), None)
    if last is None:
        return
    found = TAIL_BYLINE.search(lines[last], max(0, len(lines[last]) - MOST_CHARACTERS))
    if found:
        taken["byline"] += _letters(found[0])
        lines[last] = lines[last][: found.start()]
