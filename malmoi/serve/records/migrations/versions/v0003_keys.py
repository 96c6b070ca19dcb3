"""Tables of keys, policies, use and requests; the hashes of answers become keyed.

A plain SHA-256 of a short prompt or of a name can be guessed. The keyed hash is of the plain one, so old rows go over.
"""

import hashlib
import hmac

import sqlalchemy as sa
from alembic import context, op

revision: str = "0003"
down_revision: str | None = "0002"

_HASHES = {"user_sha256": "user_hmac", "prompt_sha256": "prompt_hmac", "answer_sha256": "answer_hmac"}


def upgrade() -> None:
    """Makes the tables and rewrites the hashes."""
    op.create_table(
        "policy",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("records", sa.String(10), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("safety", sa.JSON()),
    )
    op.create_table(
        "api_key",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("revoked", sa.String(40)),
        sa.Column("last_used", sa.String(40)),
        sa.Column("failed", sa.Integer(), nullable=False),
    )
    op.create_table(
        "usage",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
    )
    _make_requests()
    _key_hashes()


def _make_requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("expires", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("user_hmac", sa.String(64)),
        sa.Column("policy", sa.String(10), nullable=False),
        sa.Column("route", sa.String(80), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("answer_tokens", sa.Integer(), nullable=False),
        sa.Column("ms", sa.Float(), nullable=False),
    )
    for name in ("request_id", "at", "expires", "key", "user_hmac"):
        op.create_index(f"ix_request_{name}", "request", [name])


def _key_hashes() -> None:
    secret = context.config.attributes["hash_key"]
    op.drop_index("ix_answer_user_sha256", "answer")
    for before, after in _HASHES.items():
        op.alter_column("answer", before, new_column_name=after)
    op.create_index("ix_answer_user_hmac", "answer", ["user_hmac"])
    connection = op.get_bind()
    answers = sa.table("answer", sa.column("id"), *map(sa.column, _HASHES.values()))
    for row in connection.execute(sa.select(answers)).mappings().all():
        plain = {name: row[name] for name in _HASHES.values() if row[name] is not None}
        keyed = {name: hmac.digest(secret, bytes.fromhex(value), hashlib.sha256).hex() for name, value in plain.items()}
        connection.execute(sa.update(answers).where(answers.c.id == row["id"]).values(keyed))
