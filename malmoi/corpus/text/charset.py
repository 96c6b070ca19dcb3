"""Bytes to text: which charset they are in, and how much was lost in decoding.

The order follows what is most certain: a byte order mark; strict UTF-8 (bytes that pass are UTF-8, whatever a header
says: chance texts of 10 Korean characters in another charset pass once in some 10^9); what HTTP or a <meta> declares;
CP949 where it gives Hangul; statistics. A text cut in the middle of a character or mixed of two charsets is decoded
with replacement characters, whose share the quality step can see; what is mostly replacement is hopeless.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

REPLACEMENT = "\ufffd"
HOPELESS_DAMAGE_SHARE = 0.3
MIN_HANGUL_SHARE = 0.5
"""Of the characters beyond ASCII. French in Latin-1 also decodes as CP949, but gives rare Hanja, not Hangul."""
COMMON_SYLLABLES = frozenset("이다는의을를가에은한고하지로도서있어나사아대자기해리")
MIN_COMMON_SHARE = 0.12
"""Korean text has 30-45 % of these; Chinese in GB 2312 read as CP949 gives Hangul too, with 2-4 % of them."""
FEW_SYLLABLES = 20
HEAD_BYTES = 1 << 16
PIECE_BYTES = 1 << 16
STATISTICS_BYTES = 1 << 16
META_BYTES = 4096
META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})""", re.IGNORECASE)
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
KOREAN_LABELS = frozenset(
    "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 ks_c_5601 windows-949 x-windows-949 cp949 ms949 "
    "uhc korean iso-ir-149 csksc56011987".split()
)
"""All are read as CP949, which holds EUC-KR and the 8,822 syllables that it lacks (WHATWG does the same)."""
WEAK_LABELS = frozenset("iso-8859-1 iso8859-1 latin1 latin-1 windows-1252 cp1252 ascii us-ascii".split())
"""Servers' defaults: any bytes pass as these, so they are believed only when nothing else fits."""
BINARY_STARTS = (
    b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x7fELF", b"7z\xbc\xaf", b"Rar!", b"RIFF",
    b"\xd0\xcf\x11\xe0", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"SQLite format", b"PAR1", b"ID3", b"OggS",
)  # fmt: skip


BINARY_HEAD_BYTES = 8192
CONTROLS = bytes((*range(0x07), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
MOST_ZERO_SHARE, MOST_PADDING_SHARE, MOST_DAMAGE_SHARE = 0.1, 0.9, 0.03
"""Of a text with zero bytes: zeros between its first and last letter, zeros in all, and what is no character."""
MOST_CONTROL_SHARE = 0.02
"""Of the bytes that are not zero. Random bytes have a tenth, programs more; texts with broken marks less than one in
a hundred."""
PAGE_HEAD_BYTES = 4096
PAGE_START = re.compile(
    r"(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|script)\b",
    re.DOTALL,
)
KOREAN_MAIL = b"\x1b$)C"
"""The head of ISO-2022-KR (RFC 1557). Some mail lacks it: two bytes of shifting in and out are left of it."""
UTF7_RUN = re.compile(rb"\+[A-Za-z0-9+/]{3,}-?")
MIN_UTF7_SHARE = 0.3


class Decoded(NamedTuple):
    """Text, the charset it was in, and the share of its characters that stand for bytes that made no sense."""

    text: str
    charset: str
    damage_share: float


def decode(content: bytes, declared: str | None = None, is_html: bool = False) -> Decoded | None:
    """Bytes as text. `declared` is the charset of the HTTP header. None where no charset gives text."""
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            names = [name, "cp949"] if name == "utf-8" else [name]  # editors put the mark before CP949 too
            return _with_damage(content[len(mark) :], names)
    if wide := _wide_charset(content):
        return _with_damage(content, [wide])
    content = content.replace(b"\0", b"") if b"\0" in content else content
    if seven := _seven_bit(content):
        return seven
    labels = [label for label in (declared, _meta_charset(content) if is_html else None) if label]
    names = [name for name in map(python_name, labels) if name]
    seven_bit = b"\x1b" in content and any(name.startswith("iso2022") for name in names)  # such text is also ASCII
    if not seven_bit and (text := _decoded(content, "utf-8")) is not None:
        return Decoded(text, "utf-8", 0.0)
    for name in names:
        if name != "utf-8" and (text := _decoded(content, name)):
            return Decoded(text, name, 0.0)
    text = _decoded(content, "cp949")
    if text and reads_as_korean(text):
        return Decoded(text, "cp949", 0.0)
    return _decode_damaged(content, names, labels)


def looks_binary(content: bytes) -> bool:
    """Whether bytes that claim to be text are an image, an archive, a program, ...

    A zero byte alone says nothing: generators and editors leave some in pages and texts, and the HTML standard passes
    over them. What is else no text beside it says so.
    """
    if content.startswith(BINARY_STARTS):
        return True
    head = content[:BINARY_HEAD_BYTES]
    if b"\0" not in head or any(content.startswith(mark) for mark, _ in BYTE_ORDER_MARKS) or _wide_charset(content):
        return False
    return not begins_as_page(head, or_xml=True) and not _is_text(head)


def begins_as_page(content: bytes, or_xml: bool = False) -> bool:
    """Whether bytes without a telling name begin as a page of HTML does. or_xml: or as any XML."""
    text = head_text(content)
    return PAGE_START.match(text) is not None or (or_xml and text.startswith("<?xml"))


def head_text(content: bytes) -> str:
    """The first characters in small letters, without a mark or blanks before them; of bytes beyond ASCII no matter."""
    head = content[:PAGE_HEAD_BYTES]
    return head.decode(wide_charset(head) or "latin-1", "ignore").lstrip("\ufeffï»¿ \t\r\n").lower()


def _is_text(head: bytes) -> bool:
    """Whether the head of a file with zeros in it is text: few of them inside, hardly a control character, and UTF-8
    or Korean."""
    inside = head.strip(b"\0")  # a file that was cut off ends in a run of them
    letters = inside.replace(b"\0", b"")
    if len(inside) - len(letters) > MOST_ZERO_SHARE * len(inside) or len(letters) < (1 - MOST_PADDING_SHARE) * len(
        head
    ):
        return False
    controls = len(letters) - len(letters.translate(None, CONTROLS))
    if not letters.strip() or controls > MOST_CONTROL_SHARE * len(letters):
        return False
    read = _with_damage(letters, ["utf-8", "cp949"])
    if read is None or read.damage_share > MOST_DAMAGE_SHARE:
        return False
    return reads_as_korean(read.text) or (read.charset == "utf-8" and not read.damage_share)


def wide_charset(head: bytes) -> str | None:
    """The name of UTF-16 or UTF-32 where bytes begin with its mark, or look like it without one. None for others."""
    marked = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    return (marked if marked != "utf-8" else None) if marked else _wide_charset(head)


def text_pieces(stream: BinaryIO) -> Iterator[str]:
    """The text of a long stream piece by piece; what does not fit its charset is U+FFFD.

    The charset is judged by the beginning, and once more where the first byte beyond ASCII comes later.
    """
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[arg-type]
    name = stream_charset(buffered.peek(HEAD_BYTES)[:HEAD_BYTES])
    decoder = codecs.getincrementaldecoder(name)("replace")
    is_open = name == "utf-8"  # only ASCII so far
    while piece := buffered.read1(PIECE_BYTES):
        if is_open and not piece.isascii():
            is_open = False
            beyond = BEYOND_ASCII.search(piece)
            decoder = codecs.getincrementaldecoder(stream_charset(piece[beyond.start() :] if beyond else piece))(
                "replace"
            )
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def stream_charset(head: bytes) -> str:
    """The charset of a long stream that begins with `head`, which may end inside a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        decoded = decode(head[: head.rfind(b"\n") + 1] or head)
        name = decoded.charset if decoded else "utf-8"
        return "utf-8" if name in ("utf_16", "utf_32") else name  # guessed: Python asks for a mark there


def python_name(label: str) -> str | None:
    """Python's name for a charset label as headers write it. None for unknown and for weak ones."""
    label = label.strip().strip("\"'").lower()
    if label in KOREAN_LABELS:
        return "cp949"
    if label in WEAK_LABELS:
        return None
    try:
        codec = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    return codec.name if getattr(codec, "_is_text_encoding", True) else None


def reads_as_korean(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly Hangul, and such Hangul as Korean is written with."""
    beyond = [character for character in text[:20_000] if character > "\x7f"]
    hangul = [character for character in beyond if "가" <= character <= "힣" or "ㄱ" <= character <= "ㆎ"]
    if len(hangul) < MIN_HANGUL_SHARE * len(beyond) or not hangul:
        return False
    common = sum(character in COMMON_SYLLABLES for character in hangul)
    return len(hangul) < FEW_SYLLABLES or common >= MIN_COMMON_SHARE * len(hangul)


def _decode_damaged(content: bytes, names: list[str], labels: list[str]) -> Decoded | None:
    """For bytes that no likely charset takes whole: the statistical guess, or the least damaged reading."""
    damaged = _with_damage(content, ["utf-8", "cp949", *names])
    if damaged and reads_as_korean(damaged.text):
        return damaged
    if any(label.strip().lower() in WEAK_LABELS for label in labels):
        return Decoded(content.decode("cp1252", "replace"), "cp1252", 0.0)
    guess = from_bytes(content[:STATISTICS_BYTES]).best()
    if guess and (text := _decoded(content, guess.encoding)):
        return Decoded(text, guess.encoding, 0.0)
    return _with_damage(content, ["utf-8", *names])


def _with_damage(content: bytes, names: list[str]) -> Decoded | None:
    readings = [(text, name) for name in names if (text := _decoded(content, name, "replace")) is not None]
    best = min(
        (Decoded(text, name, text.count(REPLACEMENT) / max(1, len(text))) for text, name in readings),
        key=lambda reading: reading.damage_share,
        default=None,
    )
    return best if best and best.damage_share <= HOPELESS_DAMAGE_SHARE else None


def _decoded(content: bytes, name: str, errors: str = "strict") -> str | None:
    """The text; None where it does not fit, or where a charset knows no leniency ("replace"): idna, punycode."""
    try:
        return content.decode(name, errors)
    except (UnicodeError, LookupError, ValueError):
        return None


def _meta_charset(content: bytes) -> str | None:
    match = META.search(content, 0, META_BYTES) or XML.search(content, 0, META_BYTES)
    return match[1].decode("ascii", "replace") if match else None


def _seven_bit(content: bytes) -> Decoded | None:
    """Korean in the charsets of old mail, which are ASCII by their bytes: ISO-2022-KR and UTF-7. Else None."""
    shifted = b"\x0e" in content and b"\x0f" in content
    if not shifted and not (content.isascii() and content.count(b"+") > len(content) // 100):
        return None
    if not content.isascii():
        return None
    if shifted:
        text = _decoded(content if KOREAN_MAIL in content else KOREAN_MAIL + b"\n" + content, "iso2022_kr")
        return Decoded(text.lstrip("\n"), "iso2022_kr", 0.0) if text and reads_as_korean(text) else None
    if sum(len(run) for run in UTF7_RUN.findall(content)) < MIN_UTF7_SHARE * len(content):
        return None  # sums and addresses have a "+" here and there
    text = _decoded(content, "utf-7")
    return Decoded(text, "utf-7", 0.0) if text and reads_as_korean(text) else None


def _wide_charset(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of ASCII letters, spaces and line ends is zero."""
    head = content[:4096]
    if len(head) < 8 or head.count(0) < len(head) / 20:
        return None
    even, odd = _ascii_beside_zero(head[1::2], head[0::2]), _ascii_beside_zero(head[0::2], head[1::2])
    if max(even, odd) < len(head) / 20 or min(even, odd) > max(even, odd) / 8:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if _decoded(content[: len(content) // 2 * 2], name) else None


def _ascii_beside_zero(letters: bytes, zeros: bytes) -> int:
    """How many letters of ASCII have a zero for their other byte: 저 (C8 00) has a zero, but no letter beside it."""
    return sum(
        zero == 0 and (32 <= letter < 127 or letter in b"\t\r\n") for letter, zero in zip(letters, zeros, strict=False)
    )
