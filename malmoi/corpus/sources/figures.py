"""The pictures, sounds and videos of a Markdown text, in their order: marks in the text, items beside it.

Each gets a number in its mark, since what a row brings with it is numbered before; at the end the numbers go and the
items are put into the order of the text.
"""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from malmoi.corpus.media import MARK, from_base64, item

DATA_URI = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=]{64,}")
TAG = re.compile(r"<(img|video|audio|source|track|iframe|YouTubeIframe)\b([^<>]{0,4000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>{]+))")
PLAYER = re.compile(
    r"^(?:https?:)?//(?:[\w-]+\.)*(?:youtube\.com|youtube-nocookie\.com|youtu\.be|vimeo\.com|tv\.naver\.com|tv\.kakao\.com)/",
    re.IGNORECASE,
)
"""Frames of these hold a video; other frames may hold anything."""
NUMBERED = re.compile(f"{MARK}(data)?(\\d+){MARK}")
LINK_START = re.compile(r"<a[\s>]", re.IGNORECASE)
"""The tag before a picture without a caption, which is the sign of a button: "<a href=…><img src=logo.png>실행</a>"."""
DOT_PIXELS = 2
"""A picture that is not larger counts visits."""


class Figures:
    """The items met so far. Positions are kept in the text itself."""

    def __init__(self) -> None:
        self._items: list[dict[str, Any]] = []
        self._data: list[str] = []

    def take_marks(self, text: str, media: Sequence[dict[str, Any]]) -> str:
        """Numbers the marks that a text has already; media has the item of each."""
        if MARK not in text:
            return text
        pieces = text.split(MARK)
        known = [self._add(one) for one in media[: len(pieces) - 1]]
        known += [""] * (len(pieces) - 1 - len(known))
        return pieces[0] + "".join(mark + piece for mark, piece in zip(known, pieces[1:], strict=True))

    def without_data(self, text: str) -> str:
        """Embedded content gives way to a short sign, so that nothing has to be looked for in it."""
        return DATA_URI.sub(self._put_aside, text) if ";base64," in text else text

    def _put_aside(self, found: re.Match[str]) -> str:
        self._data.append(found[0])
        return f"{MARK}data{len(self._data) - 1}{MARK}"

    def restored(self, text: str) -> str:
        """A text, as of code, with the embedded content that was put aside."""
        return NUMBERED.sub(lambda found: self._data[int(found[2])] if found[1] else found[0], text)

    def picture(self, uri: str | None, caption: str | None) -> str:
        """The mark of a picture by its address, which may be the sign of embedded content."""
        return self._add(self._item("image", uri, caption))

    def tag(self, html: str, before: str = "") -> str:
        """The mark of <img>, <video>, <audio> or the frame of a player; empty for any other tag.

        before: the tag that stands right before this one, if any.
        """
        found = TAG.fullmatch(html)
        return self._tag(found, before) if found else ""

    def settled(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """The text with plain marks, and the items in their order."""
        if MARK not in text:
            return text, []
        order = [int(number) for is_data, number in NUMBERED.findall(text) if not is_data]
        text = NUMBERED.sub(lambda found: "" if found[1] else MARK, text)
        return text, [self._items[number] for number in order]

    def _add(self, one: dict[str, Any]) -> str:
        self._items.append(one)
        return f"{MARK}{len(self._items) - 1}{MARK}"

    def _item(self, kind: str, uri: str | None, caption: str | None) -> dict[str, Any]:
        embedded = NUMBERED.fullmatch(uri) if uri else None
        if embedded is None or not embedded[1]:
            return item(kind, uri or None, None, caption)
        content = from_base64(self._data[int(embedded[2])].partition(",")[2])
        return item(kind, None, content, caption)

    def _tag(self, found: re.Match[str], before: str) -> str:
        name = found[1].lower()
        values = {key.lower(): unescape(a or b or c) for key, a, b, c in ATTRIBUTE.findall(found[2])}
        uri, caption = values.get("src"), values.get("alt") or values.get("title") or values.get("aria-label")
        last = self._items[-1] if self._items else None
        if name in ("source", "track"):
            if last and last["type"] in ("audio", "video"):
                key, value = ("uri", uri) if name == "source" else ("caption", values.get("label"))
                last[key] = last[key] or value
            return ""
        if name == "img":
            is_button = not caption and LINK_START.match(before)
            if is_button or _is_dot(values) or not (uri or caption):
                return ""
            return self._add(self._item("image", uri, caption))
        if name in ("video", "audio"):
            return self._add(self._item(name, uri, caption))
        return self._add(self._item("video", uri, caption)) if uri and PLAYER.match(uri) else ""


def _is_dot(values: dict[str, str]) -> bool:
    sizes = [values.get(name, "") for name in ("width", "height")]
    return all(size.isascii() and size.isdecimal() and int(size[:6]) <= DOT_PIXELS for size in sizes)
