"""Make the tables of SMS."""

import sqlalchemy as sa
from alembic import op

revision = "sms_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms__phone",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_sms__phone"),
        sa.UniqueConstraint("number", name="uq_sms__phone__number"),
    )
    op.create_table(
        "sms__code",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sms__code"),
    )
    for column in ("user_id", "number", "made_at"):
        op.create_index(f"ix_sms__code__{column}", "sms__code", [column])
    op.create_table(
        "sms__kept",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sms__kept"),
    )
    op.create_index("ix_sms__kept__made_at", "sms__kept", ["made_at"])


def downgrade() -> None:
    for table in ("kept", "code", "phone"):
        op.drop_table(f"sms__{table}")
