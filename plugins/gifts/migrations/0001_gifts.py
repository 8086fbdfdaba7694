"""Make the tables of gifts."""

import sqlalchemy as sa
from alembic import op

revision = "gifts_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gifts__gift",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("animation", sa.String(12), nullable=False),
        sa.Column("image_id", sa.String(26), nullable=True),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_gifts__gift__stock")),
        sa.PrimaryKeyConstraint("id", name="pk_gifts__gift"),
    )
    op.create_table(
        "gifts__sent",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("gift_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=True),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("sender_id", sa.String(26), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_back_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_gifts__sent"),
        sa.UniqueConstraint("key", name="uq_gifts__sent__key"),
        sa.UniqueConstraint("transfer_id", name="uq_gifts__sent__transfer_id"),
    )
    op.create_index("ix_gifts__sent__shelf", "gifts__sent", ["performer_id", "made_at"])


def downgrade() -> None:
    op.drop_table("gifts__sent")
    op.drop_table("gifts__gift")
