"""Make the tables of proposals and of their parts."""

import sqlalchemy as sa
from alembic import op

revision = "checkin_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkin__proposal",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("host_id", sa.String(26), nullable=False),
        sa.Column("open_for", sa.String(26), nullable=True),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("alike", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_checkin__proposal"),
        sa.UniqueConstraint("open_for", name="uq_checkin__proposal__open_for"),
        sa.UniqueConstraint("key", name="uq_checkin__proposal__key"),
    )
    op.create_index("ix_checkin__proposal__room_id", "checkin__proposal", ["room_id"])
    op.create_table(
        "checkin__part",
        sa.Column("proposal_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["checkin__proposal.id"],
            name="fk_checkin__part__proposal_id__checkin__proposal",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "performer_id", name="pk_checkin__part"),
    )
    op.create_index("ix_checkin__part__performer_id", "checkin__part", ["performer_id"])


def downgrade() -> None:
    op.drop_table("checkin__part")
    op.drop_table("checkin__proposal")
