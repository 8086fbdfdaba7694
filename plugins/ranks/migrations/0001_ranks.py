"""Make the table of ranks."""

import sqlalchemy as sa
from alembic import op

revision = "ranks_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ranks__rank",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("bonus_percent", sa.Integer(), nullable=False),
        sa.Column("icon", sa.String(32), nullable=False),
        sa.Column("tone", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ranks__rank"),
        sa.UniqueConstraint("threshold", name="uq_ranks__rank__threshold"),
    )


def downgrade() -> None:
    op.drop_table("ranks__rank")
