"""Make the tables of paid items."""

import sqlalchemy as sa
from alembic import op

revision = "paid_items_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("consent", "recording", "delivery", "code", "part", "offer", "media", "item")


def upgrade() -> None:
    op.create_table(
        "paid_items__item",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("owner_id", sa.String(26), nullable=False),
        sa.Column("uploader_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("search", sa.String(400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("poster_id", sa.String(26), nullable=True),
        sa.Column("teaser_id", sa.String(26), nullable=True),
        sa.Column("from_price", sa.BigInteger(), nullable=True),
        sa.Column("ratio_percent", sa.Integer(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__item"),
    )
    for name, columns in {
        "shelf": ["state", "published_at"],
        "price": ["state", "from_price"],
        "kind": ["state", "kind", "published_at"],
        "owner": ["owner_id", "state", "published_at"],
    }.items():
        op.create_index(f"ix_paid_items__item__{name}", "paid_items__item", columns)
    op.create_table(
        "paid_items__media",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("file_id", sa.String(26), nullable=False),
        sa.Column("nr", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__media"),
        sa.UniqueConstraint("file_id", name="uq_paid_items__media__file_id"),
    )
    op.create_index("ix_paid_items__media__item_id", "paid_items__media", ["item_id"])
    op.create_table(
        "paid_items__offer",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__offer"),
    )
    op.create_index("ix_paid_items__offer__item_id", "paid_items__offer", ["item_id"])
    op.create_table(
        "paid_items__part",
        sa.Column("bundle_id", sa.String(26), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("nr", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id", "item_id", name="pk_paid_items__part"),
    )
    op.create_table(
        "paid_items__code",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("made_by", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__code"),
        sa.UniqueConstraint("code", name="uq_paid_items__code__code"),
    )
    op.create_index("ix_paid_items__code__item_id", "paid_items__code", ["item_id"])
    op.create_table(
        "paid_items__delivery",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("seller_id", sa.String(26), nullable=False),
        sa.Column("buyer_id", sa.String(26), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("tracking", sa.String(200), nullable=False),
        sa.Column("sale_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__delivery"),
        sa.UniqueConstraint("key", name="uq_paid_items__delivery__key"),
    )
    for column in ("item_id", "seller_id", "buyer_id"):
        op.create_index(f"ix_paid_items__delivery__{column}", "paid_items__delivery", [column])
    op.create_table(
        "paid_items__recording",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("owner_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=False),
        sa.Column("provider", sa.String(48), nullable=False),
        sa.Column("open_for", sa.String(26), nullable=True),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("length_ms", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.String(26), nullable=True),
        sa.Column("item_id", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_paid_items__recording"),
        sa.UniqueConstraint("open_for", name="uq_paid_items__recording__open_for"),
        sa.UniqueConstraint("key", name="uq_paid_items__recording__key"),
    )
    op.create_index(
        "ix_paid_items__recording__owner", "paid_items__recording", ["owner_id", "asked_at"]
    )
    for column in ("state", "file_id", "item_id"):
        op.create_index(f"ix_paid_items__recording__{column}", "paid_items__recording", [column])
    op.create_table(
        "paid_items__consent",
        sa.Column("recording_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["paid_items__recording.id"],
            name="fk_paid_items__consent__recording_id__paid_items__recording",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_id", "user_id", name="pk_paid_items__consent"),
    )
    op.create_index("ix_paid_items__consent__user_id", "paid_items__consent", ["user_id"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(f"paid_items__{name}")
