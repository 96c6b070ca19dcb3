"""The table of recorded answers."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "answer",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("expires", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("user_sha256", sa.String(64)),
        sa.Column("policy", sa.String(10), nullable=False),
        sa.Column("made_with", sa.JSON(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("finish", sa.String(20), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("answer_tokens", sa.Integer(), nullable=False),
        sa.Column("prompt_sha256", sa.String(64), nullable=False),
        sa.Column("answer_sha256", sa.String(64), nullable=False),
        sa.Column("prompt_ids", sa.JSON()),
        sa.Column("answer_ids", sa.JSON()),
        sa.Column("prompt_text", sa.Text()),
        sa.Column("answer_text", sa.Text()),
    )
    for name in ("request_id", "expires", "key", "user_sha256"):
        op.create_index(f"ix_answer_{name}", "answer", [name])
