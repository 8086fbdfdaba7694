"""Make the table of tips."""

import sqlalchemy as sa
from alembic import op

revision = "tips_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tips__tip",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=True),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(140), nullable=False),
        sa.Column("to_id", sa.String(26), nullable=True),
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tips__tip"),
        sa.UniqueConstraint("key", name="uq_tips__tip__key"),
    )
    op.create_index("ix_tips__tip__user_id", "tips__tip", ["user_id"])
    op.create_table(
        "tips__option",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("sound", sa.String(12), nullable=False),
        sa.Column("colour", sa.String(12), nullable=False),
        sa.Column("image_id", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tips__option"),
        sa.UniqueConstraint("amount", name="uq_tips__option__amount"),
    )
    op.create_table(
        "tips__menu",
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("performer_id", "place", name="pk_tips__menu"),
    )


def downgrade() -> None:
    for table in ("menu", "option", "tip"):
        op.drop_table(f"tips__{table}")
