"""Markdown: the front matter as metadata, and the text without what only a web site's builder reads.

Headings, lists, tables, emphasis and code stay as they are written. Links become their words; HTML comments, anchors,
include marks and HTML tags go. Pictures and other media become marks (see corpus/media.py). Code, fenced or inline, is
never touched.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any

import yaml

from malmoi.corpus.media import without_marks
from malmoi.corpus.sources.fields import CANONICAL
from malmoi.corpus.sources.figures import DATA_URI, PICTURE, Figures

MOST_NESTED = 200
"""Levels of YAML. PyYAML builds a tree by recursion in C, and some 40,000 levels are the end of the process."""
MAX_FRONT_MATTER_CHARACTERS = 1_000_000
"""Some statutes list 1,000 attached forms there: 90,000 characters."""
FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE)
ASIDE = re.compile(r"\0(\d+)\0")
SIGN = re.compile(r"<|;base64,|\](?:\(|:|\[)|\[!|\{[:#]|\\[-.+#~*_]")
"""A text without any of these needs no cleaning."""

FENCE = re.compile(r"^\s{0,12}(?:>\s?)*(```+|~~~+)")
INLINE_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
HIDDEN = re.compile(r"<(script|style)\b[^>]{0,500}>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
TAG = re.compile(
    r"</?(?:a|abbr|audio|b|big|blockquote|br|button|caption|center|col|colgroup|dd|del|details|div|dl|dt|em|figcaption|figure"
    r"|font|form|h[1-6]|hr|i|iframe|img|input|ins|kbd|label|li|link|mark|meta|nav|ol|p|picture|rp|rt|ruby|s|section"
    r"|small|source|span|strike|strong|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|tr|track|tt|u|ul|var|video)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
LINK = re.compile(
    r"(?<!!)\[([^\[\]\n]{0,1000})\](?:\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,500})?\)|\[[^\]\n]{0,200}\])"
)
INCLUDE = re.compile(
    r"\[!(?:INCLUDE|code)[^\[\]\n]{0,2000}(?:\[[^\]\n]{0,500}\])?(?:\([^)\n]{0,2000}\))?\]?(?:\([^)\n]{0,2000}\))?",
    re.IGNORECASE,
)
ALERT = re.compile(
    r"^(?:[ \t]*>)*[ \t]*\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n", re.IGNORECASE | re.MULTILINE
)
DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*\S+(?:[ \t]+[\"'(].*)?[ \t]*\n?", re.MULTILINE)
REFERENCE = re.compile(r"<xref:([^\s<>?%]{1,300})[^\s<>]{0,300}>")
"""DocFX: <xref:System.String.Format%2A?displayProperty=nameWithType>."""
ESCAPE = re.compile(r"\\([-.+#~*_])")
"""Only the escapes that prose needs against being read as a list or emphasis; TeX and tables keep theirs."""
ATTRIBUTES = re.compile(r"\{(?:#|:\s?[.#])[^{}\n]{0,200}\}")
HEADING = re.compile(r"^#\s+(.+?)\s*#*$", re.MULTILINE)
FENCED = re.compile(r"^(```+|~~~+).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
"""A block of code: what looks like a heading in it is a comment."""


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML between two lines of three dashes at the start, and the rest. YAML that is broken is left away."""
    if not text.startswith("---"):
        return {}, text
    first_line, _, rest = text.partition("\n")
    if first_line.strip() != "---":
        return {}, text
    end = FRONT_MATTER_END.search(rest, 0, MAX_FRONT_MATTER_CHARACTERS)
    if not end:
        return {}, text
    table = _table(rest[: end.start()])
    if not isinstance(table, dict):
        return {}, text  # two rules around ordinary words
    return table, rest[end.end() :].lstrip("\n")


class _Plain(yaml.CSafeLoader):
    """YAML without merging ("<<: *a"), which copies: nine lines that merge the one before nine times fill a memory."""

    def flatten_mapping(self, node: Any) -> None:
        """Leaves "<<" where it stands; no constructor knows it, so the load ends in a YAMLError."""


def _table(text: str) -> Any:
    """What front matter says as YAML; where that is broken or too deep, as "key: value" lines."""
    wanted = _wanted_lines(text) or "{}"
    try:
        return _plain_pairs(text) if _is_deep(wanted) else yaml.load(wanted, Loader=_Plain)  # noqa: S506
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError):
        return _plain_pairs(text)  # constructors of tags ("!!int") raise whatever comes of the wrong content


def _is_deep(text: str) -> bool:
    """Whether collections lie in one another beyond MOST_NESTED. Asked of the parser only where it may be so."""
    if sum(map(text.count, "[{-?")) <= MOST_NESTED:
        return False  # by indentation alone a million characters give some 1,400 levels
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_NESTED:
                return True
        depth -= isinstance(event, yaml.CollectionEndEvent)
    return False


def clean(text: str) -> str:
    """Markdown without pictures, link targets, comments, anchors and HTML tags. Code stays untouched."""
    return without_marks(clean_with_media(without_marks(text), ())[0])


def clean_with_media(text: str, media: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The text as from `clean`, with a mark for each picture, sound or video, and these in their order.

    media: what the marks that are in the text already stand for; signs that are nobody's must be gone from it.
    """
    figures = Figures()
    text = figures.take_marks(text, media)
    if SIGN.search(text) is None:
        return figures.settled(text)
    if "```" not in text and "~~~" not in text:
        return figures.settled(_clean_prose(text, figures))
    cleaned: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in text.split("\n"):
        fence_match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            cleaned.append(line)
            if fence_match and fence_match[1].startswith(fence) and not line.strip(" >`~"):
                fence = ""
        elif fence_match:
            cleaned += [_clean_prose("\n".join(prose), figures), line] if prose else [line]
            prose, fence = [], fence_match[1]
        else:
            prose.append(line)
    return figures.settled("\n".join([*cleaned, _clean_prose("\n".join(prose), figures)] if prose else cleaned))


def first_heading(text: str) -> str | None:
    """The words of the first heading of the first level, looked for in the first 4,000 characters."""
    match = HEADING.search(FENCED.sub("", text[:4000]))
    return without_marks(match[1]).strip() or None if match else None


def _clean_prose(text: str, figures: Figures) -> str:
    """Text between fenced blocks: lines with inline code one by one, all others at once."""
    if SIGN.search(text) is None:
        return text
    if "<!--" in text:
        text = COMMENT.sub("", text)
    if "<s" in text or "<S" in text:
        text = HIDDEN.sub("", text)
    if ";base64," in text:
        text = DATA_URI.sub(figures.put_aside, text)
    if "[!" in text:
        text = INCLUDE.sub("", ALERT.sub("", text))
    if "]:" in text:
        text = DEFINITION.sub(figures.define, text)
    if "`" not in text:
        return _clean_words(text, figures)
    runs = itertools.groupby(text.split("\n"), key=lambda line: "`" in line)
    return "\n".join(
        "\n".join(_clean_line_with_code(line, figures) for line in lines)
        if has_code
        else _clean_words("\n".join(lines), figures)
        for has_code, lines in runs
    )


def _clean_line_with_code(line: str, figures: Figures) -> str:
    """The line is cleaned with a mark in the place of each piece of code, since a link may have code as its words."""
    codes: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"\0{len(codes) - 1}\0"

    cleaned = _clean_words(INLINE_CODE.sub(put_aside, line.replace("\0", "")), figures)
    return ASIDE.sub(lambda found: codes[int(found[1])], cleaned)


def _clean_words(words: str, figures: Figures) -> str:
    if "](" in words or "][" in words:
        words = LINK.sub(r"\1", PICTURE.sub(figures.picture, words))
    if "<" in words:
        words = TAG.sub("", LINE_BREAK.sub(" ", figures.take_tags(REFERENCE.sub(r"\1", words))))
    if "{" in words:
        words = ATTRIBUTES.sub("", words)
    return ESCAPE.sub(r"\1", words) if "\\" in words else words


def _wanted_lines(text: str) -> str:
    """The keys of front matter that are metadata, with the lines that belong to them: some lists have 1,000 lines."""
    wanted: list[str] = []
    is_wanted = False
    for line in text.split("\n"):
        if not line.startswith((" ", "-", "#", "\t")):
            is_wanted = line.partition(":")[0].strip(" '\"").lower() in CANONICAL
        if is_wanted:
            wanted.append(line)
    return "\n".join(wanted)


def _plain_pairs(text: str) -> dict[str, Any]:
    """ "key: value" lines, for front matter that is not quite YAML."""
    pairs = (line.partition(":") for line in text.split("\n") if not line.startswith((" ", "-", "#")))
    return {key.strip(): value.strip().strip("'\"") for key, colon, value in pairs if colon and value.strip()}
