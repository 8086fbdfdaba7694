"""Make the table of activation."""

import sqlalchemy as sa
from alembic import op

revision = "activation_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activation__tick",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "name", name="pk_activation__tick"),
    )
    op.create_index("ix_activation__tick__state", "activation__tick", ["state"])


def downgrade() -> None:
    op.drop_table("activation__tick")
