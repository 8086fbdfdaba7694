"""Make the tables of followers and of their news."""

import sqlalchemy as sa
from alembic import op

revision = "follow_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow__follow",
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("performer_id", "user_id", name="pk_follow__follow"),
    )
    op.create_index("ix_follow__follow__user_id", "follow__follow", ["user_id"])
    op.create_table(
        "follow__news",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("link", sa.String(300), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("upto", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_follow__news"),
    )
    op.create_index("ix_follow__news__made_at", "follow__news", ["made_at"])
    op.create_index("ix_follow__news__done_at", "follow__news", ["done_at"])


def downgrade() -> None:
    op.drop_table("follow__news")
    op.drop_table("follow__follow")
