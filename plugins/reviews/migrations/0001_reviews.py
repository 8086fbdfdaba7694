"""Make the table of reviews."""

import sqlalchemy as sa
from alembic import op

revision = "reviews_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews__review",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("reply", sa.String(600), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_by", sa.String(26), nullable=True),
        sa.Column("removed_for", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews__review"),
        sa.UniqueConstraint("room_id", "user_id", name="uq_reviews__review__room_id_user_id"),
    )
    op.create_index("ix_reviews__review__performer_id", "reviews__review", ["performer_id"])
    op.create_index("ix_reviews__review__user_id", "reviews__review", ["user_id"])
    op.create_index(
        "ix_reviews__review__shown", "reviews__review", ["room_id", "removed_at", "changed_at"]
    )


def downgrade() -> None:
    op.drop_table("reviews__review")
