"""Make the tables of questions."""

import sqlalchemy as sa
from alembic import op

revision = "questions_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questions__offer",
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("performer_id", name="pk_questions__offer"),
    )
    op.create_table(
        "questions__question",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("sender_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("escrow_id", sa.String(26), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_questions__question"),
        sa.UniqueConstraint("key", name="uq_questions__question__key"),
        sa.UniqueConstraint("escrow_id", name="uq_questions__question__escrow_id"),
    )
    inbox, sender = ("performer_id", "inbox"), ("sender_id", "sender")
    for column, name in (inbox, sender):
        op.create_index(
            f"ix_questions__question__{name}",
            "questions__question",
            [column, "state", "deadline_at"],
        )
    op.create_table(
        "questions__reply",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("question_id", sa.String(26), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questions__reply"),
        sa.UniqueConstraint("key", name="uq_questions__reply__key"),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions__question.id"],
            name="fk_questions__reply__question_id__questions__question",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_questions__reply__question_id", "questions__reply", ["question_id"])
    op.create_table(
        "questions__attachment",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("question_id", sa.String(26), nullable=False),
        sa.Column("reply_id", sa.String(26), nullable=True),
        sa.Column("file_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questions__attachment"),
        sa.UniqueConstraint("file_id", name="uq_questions__attachment__file_id"),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions__question.id"],
            name="fk_questions__attachment__question_id__questions__question",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_questions__attachment__question_id", "questions__attachment", ["question_id"]
    )


def downgrade() -> None:
    for table in ("attachment", "reply", "question", "offer"):
        op.drop_table(f"questions__{table}")
