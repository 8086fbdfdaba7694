"""Make the tables of web push."""

import sqlalchemy as sa
from alembic import op

revision = "web_push_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_push__key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.String(400), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_push__key"),
    )
    op.create_table(
        "web_push__device",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("endpoint_hash", sa.String(64), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_push__device"),
        sa.UniqueConstraint("endpoint_hash", name="uq_web_push__device__endpoint_hash"),
    )
    op.create_index("ix_web_push__device__user_id", "web_push__device", ["user_id"])


def downgrade() -> None:
    for table in ("device", "key"):
        op.drop_table(f"web_push__{table}")
