"""The tables of the server's records. A change here needs a migration in migrations/versions/.

The studio's tables stand in the same database and the same history of migrations (malmoi/studio/store/tables.py).
"""

from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What SQLAlchemy hangs the tables on."""


class AnswerRow(Table):
    """One answer. Times are ISO 8601 in UTC.

    id: of the reply, with the answer's number after a hyphen. user_sha256: of the request's `user`, so that what a
    person was told can be found and erased without naming them. made_with: model, tokenizer, engine, adapter by name
    and hash, and how many bytes of the answer were no UTF-8. request: what the engine was asked, without the prompt's
    ids. The ids stand under the policy "whole" alone, masked texts under "masked" alone.
    """

    __tablename__ = "answer"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[str] = mapped_column(String(40))
    expires: Mapped[str] = mapped_column(String(40), index=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    user_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    policy: Mapped[str] = mapped_column(String(10))
    made_with: Mapped[dict[str, Any]] = mapped_column(JSON)
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    finish: Mapped[str] = mapped_column(String(20))
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    prompt_sha256: Mapped[str] = mapped_column(String(64))
    answer_sha256: Mapped[str] = mapped_column(String(64))
    prompt_ids: Mapped[list[int] | None] = mapped_column(JSON)
    answer_ids: Mapped[list[int] | None] = mapped_column(JSON)
    prompt_text: Mapped[str | None] = mapped_column(Text)
    answer_text: Mapped[str | None] = mapped_column(Text)
