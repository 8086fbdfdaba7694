"""Make the tables of room access."""

import sqlalchemy as sa
from alembic import op

revision = "room_access_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_access__room",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("only_list", sa.Boolean(), nullable=False),
        sa.Column("covers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name="pk_room_access__room"),
    )
    op.create_table(
        "room_access__entry",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", sa.String(254), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_access__entry"),
        sa.UniqueConstraint(
            "room_id", "kind", "value", name="uq_room_access__entry__room_id_kind_value"
        ),
    )
    op.create_table(
        "room_access__word",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_room_access__word"),
    )


def downgrade() -> None:
    for name in ("word", "entry", "room"):
        op.drop_table(f"room_access__{name}")
