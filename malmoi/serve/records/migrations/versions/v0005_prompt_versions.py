"""Prompts get versions and labels. A prompt that was saved before becomes its own first version; nothing is lost."""

import hashlib
import json
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"

_WORDS = 20_000
_LINE = 200


def upgrade() -> None:
    """Makes the tables and moves each body into them."""
    op.create_table(
        "prompt_version",
        sa.Column("prompt_id", sa.String(32), sa.ForeignKey("prompt.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("parent", sa.Integer()),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
    op.create_table(
        "prompt_label",
        sa.Column("prompt_id", sa.String(32), sa.ForeignKey("prompt.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("updated", sa.String(40), nullable=False),
    )
    # The defaults fill the rows that are there.
    op.add_column("prompt", sa.Column("n", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("prompt", sa.Column("first_line", sa.String(_LINE), nullable=False, server_default=""))
    op.add_column("prompt", sa.Column("words", sa.Text(), nullable=False, server_default=""))
    op.add_column("prompt", sa.Column("deleted", sa.String(40)))
    _move_bodies()
    # Never by making the table anew: to drop the old one would take its versions along.
    with op.batch_alter_table("prompt", recreate="never") as table:
        table.drop_column("body")
    op.drop_index("ix_prompt_updated", "prompt")
    op.create_index("ix_prompt_title", "prompt", ["title"])
    op.create_index("ix_prompt_listed", "prompt", ["deleted", "updated", "id"])


def _move_bodies() -> None:
    connection = op.get_bind()
    columns = ("id", "title", "body", "updated", "first_line", "words")
    prompts = sa.table("prompt", *(sa.column(name, sa.JSON() if name == "body" else None) for name in columns))
    versions = sa.table(
        "prompt_version",
        *map(sa.column, ("prompt_id", "n", "message", "parent", "sha256", "created")),
        sa.column("body", sa.JSON()),
    )
    for row in connection.execute(sa.select(prompts)).mappings().all():
        written = json.dumps(row["body"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        one = {"prompt_id": row["id"], "n": 1, "message": "", "parent": None, "created": row["updated"]}
        one |= {"body": row["body"], "sha256": hashlib.sha256(written.encode()).hexdigest()}
        connection.execute(sa.insert(versions).values(one))
        texts = _texts(row["body"])
        line = next((line.strip() for text in texts for line in text.splitlines() if line.strip()), "")
        words = unicodedata.normalize("NFC", " ".join([row["title"], *texts])[:_WORDS]).casefold()
        said = {"first_line": line[:_LINE], "words": words[:_WORDS]}
        connection.execute(sa.update(prompts).where(prompts.c.id == row["id"]).values(said))


def _texts(value: Any) -> list[str]:
    """All texts of a body, where the studio of that time wrote them."""
    draft = value.get("draft") if isinstance(value, dict) else None
    if not isinstance(draft, dict):
        return []
    turns = [turn.get("text") for turn in draft.get("turns") or () if isinstance(turn, dict)]
    return [text for text in (draft.get("system"), draft.get("prompt"), *turns) if isinstance(text, str)]
