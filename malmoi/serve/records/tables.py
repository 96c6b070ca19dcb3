"""The tables of the server's records: keys, policies, use, requests and answers. Times are ISO 8601 in UTC.

A change here needs a migration in migrations/versions/. There is one line of migrations for the whole database: whoever
stands above (the studio) declares its tables in its own room and puts its migration in that folder, as the next number
after the last. No branches and no second copy: a table has one place where it is declared, and the others import it.
"""

from typing import Any

from sqlalchemy import JSON, Float, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What SQLAlchemy hangs the tables on."""


class PolicyRow(Table):
    """What is kept of requests and for how long, and what is looked for in them (the table of SafetySettings)."""

    __tablename__ = "policy"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    records: Mapped[str] = mapped_column(String(10))
    retention_days: Mapped[int]
    safety: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class KeyRow(Table):
    """A key: its hash, what it may do, and how it was used. None is no limit.

    limits: the words of a line of a file of keys ("qpm=60 policy=strict"), which keys.py alone reads. source: the file
    that it was imported from, "" for one that was made here. failed: requests that it was refused as expired, revoked
    or without the scope. A revoked key keeps its row, so that its name and its use stay known.
    """

    __tablename__ = "api_key"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    limits: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    created: Mapped[str] = mapped_column(String(40))
    revoked: Mapped[str | None] = mapped_column(String(40))
    last_used: Mapped[str | None] = mapped_column(String(40))
    failed: Mapped[int]


class UsageRow(Table):
    """What a key used in a month ("2026-11"). It names no user of requests, so nothing in it has to be erased."""

    __tablename__ = "usage"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    requests: Mapped[int]
    tokens: Mapped[int]


class RequestRow(Table):
    """One request, also one that was refused. id: of the reply; the ids of its answers begin with it.

    No text of it. user_hmac: of the request's `user`. status: of HTTP; 499 where the client left.
    """

    __tablename__ = "request"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[str] = mapped_column(String(40), index=True)
    expires: Mapped[str] = mapped_column(String(40), index=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    user_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    policy: Mapped[str] = mapped_column(String(10))
    route: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    code: Mapped[str] = mapped_column(String(64))
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    ms: Mapped[float] = mapped_column(Float)


class AnswerRow(Table):
    """One answer, also one whose client left before its end (finish "cut").

    id: of the reply, with the answer's number after a hyphen. user_hmac: of the request's `user`, so that what a person
    was told can be found and erased without naming them. made_with: model, tokenizer, engine, adapter by name and hash,
    and how many bytes of the answer were no UTF-8. request: what the engine was asked, without the prompt's ids. The
    ids stand under the policy "whole" alone, masked texts under "masked" alone. Every *_hmac is keyed (answers.keyed).
    """

    __tablename__ = "answer"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[str] = mapped_column(String(40))
    expires: Mapped[str] = mapped_column(String(40), index=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    user_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    policy: Mapped[str] = mapped_column(String(10))
    made_with: Mapped[dict[str, Any]] = mapped_column(JSON)
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    finish: Mapped[str] = mapped_column(String(20))
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    prompt_hmac: Mapped[str] = mapped_column(String(64))
    answer_hmac: Mapped[str] = mapped_column(String(64))
    prompt_ids: Mapped[list[int] | None] = mapped_column(JSON)
    answer_ids: Mapped[list[int] | None] = mapped_column(JSON)
    prompt_text: Mapped[str | None] = mapped_column(Text)
    answer_text: Mapped[str | None] = mapped_column(Text)
