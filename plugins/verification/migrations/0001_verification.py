"""Make the tables of verification."""

import sqlalchemy as sa
from alembic import op

revision = "verification_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification__person",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(26), nullable=True),
        sa.Column("account_id", sa.String(26), nullable=True),
        sa.Column("stage_name", sa.String(60), nullable=False),
        sa.Column("helper_id", sa.String(26), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_verification__person"),
    )
    op.create_index("ix_verification__person__state", "verification__person", ["state"])
    op.create_index("ix_verification__person__account_id", "verification__person", ["account_id"])
    op.create_table(
        "verification__paper",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("expires_on", sa.String(10), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("brought_by", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verification__paper"),
    )
    op.create_index("ix_verification__paper__user_id", "verification__paper", ["user_id"])
    op.create_index("ix_verification__paper__expires_on", "verification__paper", ["expires_on"])
    op.create_table(
        "verification__view",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("paper_id", sa.String(26), nullable=False),
        sa.Column("viewer_id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["verification__paper.id"],
            name="fk_verification__view__paper_id__verification__paper",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verification__view"),
    )
    op.create_index("ix_verification__view__paper_id", "verification__view", ["paper_id"])
    op.create_table(
        "verification__shown",
        sa.Column("show_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("path", sa.String(120), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("show_id", name="pk_verification__shown"),
    )
    op.create_index("ix_verification__shown__performer_id", "verification__shown", ["performer_id"])
    op.create_table(
        "verification__present",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("subject_id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=True),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_verification__present"),
    )
    for column in ("performer_id", "subject_id", "show_id"):
        op.create_index(f"ix_verification__present__{column}", "verification__present", [column])


def downgrade() -> None:
    for name in ("present", "shown", "view", "paper", "person"):
        op.drop_table(f"verification__{name}")
