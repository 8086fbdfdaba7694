"""Make the tables of events, wishes and hours."""

import sqlalchemy as sa
from alembic import op

revision = "events_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events__event",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("text", sa.String(600), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_for", sa.String(200), nullable=False),
        sa.Column("day_told_at", sa.BigInteger(), nullable=True),
        sa.Column("soon_told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_events__event"),
        sa.UniqueConstraint("key", name="uq_events__event__key"),
    )
    op.create_index("ix_events__event__room", "events__event", ["room_id", "starts_at"])
    op.create_index("ix_events__event__performer_id", "events__event", ["performer_id"])
    op.create_index("ix_events__event__starts_at", "events__event", ["starts_at"])
    op.create_table(
        "events__wish",
        sa.Column("event_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "user_id", name="pk_events__wish"),
    )
    op.create_index("ix_events__wish__user_id", "events__wish", ["user_id"])
    op.create_table(
        "events__hours",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_min", sa.Integer(), nullable=False),
        sa.Column("until_min", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(48), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "weekday", name="pk_events__hours"),
    )


def downgrade() -> None:
    op.drop_table("events__hours")
    op.drop_table("events__wish")
    op.drop_table("events__event")
