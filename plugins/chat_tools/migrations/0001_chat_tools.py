"""Make the tables of chat tools."""

import sqlalchemy as sa
from alembic import op

revision = "chat_tools_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_tools__room",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("slow_s", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name="pk_chat_tools__room"),
    )
    op.create_table(
        "chat_tools__measure",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_chat_tools__measure"),
        sa.UniqueConstraint(
            "room_id",
            "user_id",
            "kind",
            "open",
            name="uq_chat_tools__measure__room_id_user_id_kind_open",
        ),
    )
    op.create_index("ix_chat_tools__measure__room", "chat_tools__measure", ["room_id", "open"])


def downgrade() -> None:
    op.drop_table("chat_tools__measure")
    op.drop_table("chat_tools__room")
