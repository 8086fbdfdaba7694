"""Make the tables of goals."""

import sqlalchemy as sa
from alembic import op

revision = "goals_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goals__board",
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("layout", sa.String(4), nullable=False),
        sa.Column("reset", sa.String(8), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("performer_id", name="pk_goals__board"),
    )
    op.create_table(
        "goals__goal",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_goals__goal"),
        sa.ForeignKeyConstraint(
            ["performer_id"],
            ["goals__board.performer_id"],
            name="fk_goals__goal__performer_id__goals__board",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_goals__goal__performer_id", "goals__goal", ["performer_id"])
    op.create_table(
        "goals__paid",
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("taken_back_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_goals__paid"),
    )
    op.create_index("ix_goals__paid__board", "goals__paid", ["performer_id", "at"])
    op.create_table(
        "goals__reached",
        sa.Column("goal_id", sa.String(26), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("goal_id", "since_at", name="pk_goals__reached"),
        sa.ForeignKeyConstraint(
            ["goal_id"],
            ["goals__goal.id"],
            name="fk_goals__reached__goal_id__goals__goal",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in ("reached", "paid", "goal", "board"):
        op.drop_table(f"goals__{table}")
