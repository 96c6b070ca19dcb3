"""Parts of Markdown with nothing but plain links, code spans and escapes, cleaned without the parser.

It is the same text as by the parser (a test compares them), some twenty times as fast. A part is plain where its signs
can be read in one way only: each code span and link is whole on its line, and nothing nests, is indented or stands in a
table.
"""

import re

TAG = re.compile(r"<[A-Za-z/!?]")
HARD = re.compile(
    r"!\[|\[!|\]:|\]\[|\{(?:#|:\s?[.#]|/\*)|&(?:#|[A-Za-z][A-Za-z0-9]*;)|;base64,|~~~|\\\n|\||\0"
    r"|^(?: {0,3}\t| {4,})",
    re.MULTILINE,
)
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
TEX = re.compile(r"(?<![\w:\\])\\[A-Za-z]{2}|\$\$")
"""In a paragraph with a command of TeX, "\\{" and its like are signs of TeX and stay."""
CODE = re.compile(r"(?<!`)`(?!`)[^`\n]+`(?!`)")
LINK = re.compile(r"\[([^\[\]\n]*)\]\(([^\s()<>\\\0]+)(?: +\"[^\"\n\\\0]*\")?\)")
ADDRESS_SIGN = re.compile(r"[/.#:?%@&=]")
ASIDE = re.compile(r"\0(\d+)\0")


def has_tags(part: str) -> bool:
    """Whether there may be HTML in a part."""
    return "<" in part and ">" in part and TAG.search(part) is not None


def cleaned_plain(part: str) -> str | None:
    """A part without its markup. None where the parser must look at it."""
    if HARD.search(part) or has_tags(part):
        return None
    if "\\" in part:
        return None if "`" in part or "[" in part or TEX.search(part) else ESCAPE.sub(r"\1", part)
    codes: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"\0{len(codes) - 1}\0"

    words = CODE.sub(put_aside, part) if "`" in part else part
    if "`" in words:
        return None
    words = LINK.sub(_link, words)
    if "](" in words:
        return None
    return ASIDE.sub(lambda found: codes[int(found[1])], words) if codes else words


def _link(found: re.Match[str]) -> str:
    """The words of a link. What the parser's rule for addresses must look at stays."""
    is_subscript = found.start() > 0 and found.string[found.start() - 1].isalnum()
    is_link = ADDRESS_SIGN.search(found[2]) or (found[2].isascii() and not is_subscript)
    return found[1] if is_link else found[0]
