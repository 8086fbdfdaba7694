"""Make the table of own modes."""

import sqlalchemy as sa
from alembic import op

revision = "mode_editor_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mode_editor__mode",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("summary", sa.String(300), nullable=False),
        sa.Column("icon", sa.String(40), nullable=False),
        sa.Column("base", sa.String(16), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("rate_least", sa.BigInteger(), nullable=False),
        sa.Column("rate_most", sa.BigInteger(), nullable=False),
        sa.Column("own_rates", sa.Boolean(), nullable=False),
        sa.Column("rate_two_way", sa.BigInteger(), nullable=True),
        sa.Column("rate_voyeur", sa.BigInteger(), nullable=True),
        sa.Column("grace_s", sa.Integer(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("voyeurs", sa.String(8), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("watch_roles", sa.JSON(), nullable=False),
        sa.Column("use_roles", sa.JSON(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mode_editor__mode"),
        sa.UniqueConstraint("key", name="uq_mode_editor__mode__key"),
    )


def downgrade() -> None:
    op.drop_table("mode_editor__mode")
