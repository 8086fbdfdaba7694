"""Make the tables of studios."""

import sqlalchemy as sa
from alembic import op

revision = "studios_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "studios__studio",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("company", sa.String(120), nullable=False),
        sa.Column("registration", sa.String(80), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("owners", sa.String(300), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("ratio_percent", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_studios__studio"),
    )
    op.create_index("ix_studios__studio__state", "studios__studio", ["state"])
    op.create_table(
        "studios__contract",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("studio_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("collects", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("open_for", sa.String(53), nullable=True),
        sa.Column("bound", sa.String(26), nullable=True),
        sa.Column("part_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(26), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_studios__contract"),
        sa.UniqueConstraint("open_for", name="uq_studios__contract__open_for"),
        sa.UniqueConstraint("bound", name="uq_studios__contract__bound"),
    )
    op.create_index("ix_studios__contract__studio_id", "studios__contract", ["studio_id"])
    op.create_index("ix_studios__contract__performer_id", "studios__contract", ["performer_id"])
    op.create_table(
        "studios__member",
        sa.Column("studio_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("may_live", sa.Boolean(), nullable=False),
        sa.Column("may_prices", sa.Boolean(), nullable=False),
        sa.Column("may_write", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("studio_id", "performer_id", name="pk_studios__member"),
    )
    op.create_index("ix_studios__member__performer_id", "studios__member", ["performer_id"])
    op.create_table(
        "studios__room",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("studio_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name="pk_studios__room"),
    )
    op.create_index("ix_studios__room__studio_id", "studios__room", ["studio_id"])
    op.create_table(
        "studios__seat",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "performer_id", name="pk_studios__seat"),
    )
    op.create_index("ix_studios__seat__performer_id", "studios__seat", ["performer_id"])
    op.create_table(
        "studios__act",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("studio_id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(26), nullable=True),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_studios__act"),
    )
    op.create_index("ix_studios__act__log", "studios__act", ["studio_id", "id"])


def downgrade() -> None:
    for table in ("act", "seat", "room", "member", "contract", "studio"):
        op.drop_table(f"studios__{table}")
