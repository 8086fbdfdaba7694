"""Make the payment service's records."""

import sqlalchemy as sa
from alembic import op

revision = "gateway_sandbox_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_sandbox__payment",
        sa.Column("ref", sa.String(40), nullable=False),
        sa.Column("op_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("description", sa.String(120), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("return_url", sa.String(400), nullable=False),
        sa.Column("notify_url", sa.String(400), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("script", sa.String(16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("ref", name="pk_gateway_sandbox__payment"),
        sa.UniqueConstraint("op_id", name="uq_gateway_sandbox__payment__op_id"),
    )
    op.create_table(
        "gateway_sandbox__notice",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(40), nullable=False),
        sa.Column("body", sa.String(1000), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_sandbox__notice"),
    )
    op.create_index("ix_gateway_sandbox__notice__ref", "gateway_sandbox__notice", ["ref"])


def downgrade() -> None:
    op.drop_table("gateway_sandbox__notice")
    op.drop_table("gateway_sandbox__payment")
