"""Chats that come as tables or JSON: KakaoTalk's CSV, Discord, Telegram, Slack. Rows of messages become one talk.

A table gives one message a row (Raw with a `message` among its fields), in the order of the rows; `talks` puts those of
a file together. An object that holds a whole chat is read at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from malmoi.corpus.sources.chat_log import is_said, is_told
from malmoi.corpus.sources.dialogue import LABEL, Turn, written
from malmoi.corpus.sources.letter_account import TALK, letters_in
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.text.dates import iso_date
from malmoi.corpus.text.lines import one_line

Item = TypeVar("Item")
MESSAGE = "message"
"""Key of the fields of one message: {"id", "speaker", "text", "words", "day"}. words: all that stands in it; text is
None where nobody says them. speaker is None where the export names nobody."""
SHAPES = (
    ({"date", "user", "message"}, ("user", "message", "date")),
    ({"authorid", "author", "date", "content"}, ("author", "content", "date")),
    ({"날짜", "이름", "메시지"}, ("이름", "메시지", "날짜")),
)
"""Columns of exports, in lower case, and which of them hold the speaker, the words and the day: KakaoTalk, Discord."""
DISCORD_NUMBER = re.compile(r"#\d{1,4}$")
ID_MENTION = re.compile(r"<@!?&?([A-Za-z0-9]{1,40})(?:\|[^<>]{0,60})?>")
"""Slack and Discord: "<@U01ABC>"."""
SLACK_SPEECH = (None, "thread_broadcast", "me_message", "bot_message", "file_share", "file_comment")
"""Kinds of Slack's messages in which somebody speaks."""
SLACK_MARKUP = re.compile(
    r"<(?:https?:[^<>|]{1,2000}|#[A-Z0-9]+)\|([^<>]{0,500})>|<(https?:[^<>|]{1,2000})>|<!(here|channel|everyone)>"
)


def is_chat(names: Iterable[str]) -> bool:
    """Whether columns of these names are those of a chat."""
    return _shape(tuple(names)) is not None


def read(row: Mapping[Any, Any], place: tuple[str, int, int]) -> Raw | Unreadable | None:
    """A row that is one message or a whole chat. None where it is neither. place: origin_file, offset, raw_bytes."""
    if message := read_message(row):
        return Raw(message["text"] or "", "text", *place, {MESSAGE: message})
    messages = read_chat_object(row)
    return _talk_raw(messages, place) if messages else None


def read_message(row: Mapping[Any, Any]) -> dict[str, Any] | None:
    """One message of a table or of Slack. None where the row is none."""
    shape = _shape(tuple(row))
    if shape is None:
        return None
    lower = {str(key).strip().lower(): value for key, value in row.items()}
    if not shape:
        return _slack(lower) if lower["type"] == "message" else None
    speaker, words, day = shape
    if not isinstance(lower[speaker], str):
        return None
    name = DISCORD_NUMBER.sub("", lower[speaker].strip())
    return _message(lower.get("authorid") or name, name, lower[words], lower[day])


@lru_cache(maxsize=1024)
def _shape(keys: tuple[Any, ...]) -> tuple[str, ...] | None:
    """Which keys hold the speaker, the words and the day; none for Slack; None where a row is no message."""
    lower = {str(key).strip().lower() for key in keys}
    for columns, names in SHAPES:
        if columns.issubset(lower):
            return names
    return () if {"type", "ts"} <= lower and lower & {"user", "bot_id"} else None


def read_chat_object(value: Mapping[Any, Any]) -> list[dict[str, Any]] | None:
    """The messages of an object that holds one chat: Telegram, Discord (DiscordChatExporter). None where it is none."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, Mapping) for one in messages):
        return None
    if any("from" in one and "date" in one for one in messages) and "type" in value:
        return [_telegram(one) for one in messages]
    if any(isinstance(one.get("author"), Mapping) and "content" in one for one in messages):
        return [_discord(one) for one in messages]
    return None


def talk(messages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The fields of a talk of these messages. None where nobody says anything."""
    said = [one for one in messages if _is_said(one)]
    speaking = {str(one["id"]) for one in said}
    known = [(str(one["id"]), one["speaker"]) for one in messages if one["id"] and one["speaker"]]
    names = {key: name for key, name in known if key in speaking or key != name}

    def named(found: re.Match[str]) -> str:
        return f"@{names.get(found[1], LABEL)}"

    turns: list[Turn] = [{"speaker": one["speaker"], "text": ID_MENTION.sub(named, one["text"])} for one in said]
    if not turns:
        return None
    began = next((day for one in messages if (day := one["day"])), None)
    return {"turns": turns, "kind": "dialogue", "published": began, "is_chat": True}


def _is_said(message: Mapping[str, Any]) -> bool:
    return bool(message["text"]) and is_said(message["text"])


def talks(items: Iterable[Item], most_bytes: int) -> Iterator[Item | Raw | Unreadable]:
    """The items, with consecutive messages of a file as one talk, which has the place of the first.

    most_bytes: of the rows of one talk; what comes after is another.
    """
    held: list[Raw] = []
    held_bytes = 0
    for item in items:
        message = item if isinstance(item, Raw) and MESSAGE in item.fields else None
        if held and (message is None or held_bytes + message.raw_bytes > most_bytes):
            yield _joined(held)
            held, held_bytes = [], 0
        if message is None:
            yield item
        else:
            held.append(message)
            held_bytes += message.raw_bytes
    if held:
        yield _joined(held)


def _joined(rows: list[Raw]) -> Raw | Unreadable:
    place = (rows[0].origin_file, rows[0].origin_offset, sum(row.raw_bytes for row in rows))
    return _talk_raw([row.fields[MESSAGE] for row in rows], place)


def _talk_raw(messages: list[dict[str, Any]], place: tuple[str, int, int]) -> Raw | Unreadable:
    fields = talk(messages)
    letters = letters_in("\n".join(one["words"] for one in messages if not _is_said(one)))
    taken = ((TALK, letters),) if letters else ()
    if fields is None:
        return Unreadable(*place, "no_text", "a chat in which nobody says anything", taken)
    return Raw(written(fields["turns"]), "text", *place, fields, taken)


def _message(name_id: Any, speaker: str | None, text: Any, day: Any, is_speech: bool = True) -> dict[str, Any]:
    """is_speech: the export does not mark it as a note of the program."""
    words = text.strip() if isinstance(text, str) else ""
    said = words if words and is_speech and not is_told(words) else None
    return {"id": name_id, "speaker": speaker or None, "text": said, "words": words, "day": iso_date(day)}


def _slack(row: Mapping[str, Any]) -> dict[str, Any]:
    profile = row.get("user_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    names = (profile.get("display_name"), profile.get("real_name"), row.get("username"), row.get("user"))
    speaker = next((one_line(name) for name in names if isinstance(name, str) and name.strip()), None)
    text, is_speech = row.get("text"), row.get("subtype") in SLACK_SPEECH
    if isinstance(text, str):
        text = SLACK_MARKUP.sub(lambda found: found[1] or found[2] or f"@{found[3]}", text)
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    try:
        day: Any = float(row["ts"])
    except (TypeError, ValueError, OverflowError):
        day = None
    return _message(row.get("user"), speaker, text, day, is_speech)


def _telegram(one: Mapping[str, Any]) -> dict[str, Any]:
    """A message of Telegram's JSON. A mention by an account's name is nobody of the list, and becomes "@화자"."""
    said: list[str] = []
    text = one.get("text")
    for piece in text if isinstance(text, list) else [text]:
        if isinstance(piece, Mapping):
            kind, words = piece.get("type"), piece.get("text")
            words = words if isinstance(words, str) else ""
            is_name = kind == "mention_name" and not words.startswith("@")
            said.append(f"@{LABEL}" if kind == "mention" else "@" + words if is_name else words)
        elif isinstance(piece, str):
            said.append(piece)
    speaker = one_line(one.get("from")) or one_line(one.get("from_id"))  # an account that was deleted has no name
    is_speech = one.get("type") == "message"
    return _message(one.get("from_id"), speaker, "".join(said), one.get("date"), is_speech)


def _discord(one: Mapping[str, Any]) -> dict[str, Any]:
    author = one.get("author")
    author = author if isinstance(author, Mapping) else {}
    speaker = one_line(author.get("nickname")) or one_line(author.get("name"))
    is_speech = one.get("type") in (None, "Default", "Reply", 0, 19)
    return _message(author.get("id"), speaker, one.get("content"), one.get("timestamp"), is_speech)
