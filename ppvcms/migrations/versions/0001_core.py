"""Make the tables of the core, and the triggers that guard the books."""

import sqlalchemy as sa
from alembic import op

from ppvcms.ledger import triggers

revision = "core_0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only when the key is INTEGER to the letter.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:  # noqa: PLR0915 - one statement makes one table
    op.create_table(
        "account",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("owner_kind", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "floor IS NULL OR balance - held >= floor", name=op.f("ck_account__floor")
        ),
        sa.CheckConstraint("held >= 0", name=op.f("ck_account__held")),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint(
            "kind",
            "owner_kind",
            "owner_id",
            "currency",
            name="uq_account__kind_owner_kind_owner_id_currency",
        ),
    )
    op.create_index("ix_account__owner_id", "account", ["owner_id"])

    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(26), nullable=True),
        sa.Column("actor_name", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log__action", "audit_log", ["action"])
    op.create_index("ix_audit_log__actor_id", "audit_log", ["actor_id"])
    op.create_index("ix_audit_log__at", "audit_log", ["at"])
    op.create_index("ix_audit_log__subject", "audit_log", ["subject"])

    op.create_table(
        "block",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block"),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("slug", sa.String(48), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("slug", name="uq_category__slug"),
    )
    op.create_table(
        "credit_pack",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("bonus", sa.BigInteger(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.Column("first_only", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credit_pack"),
    )
    op.create_table(
        "escrow",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("payer_id", sa.String(26), nullable=False),
        sa.Column("payee_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("memo", sa.String(300), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("sharers", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("put_transfer_id", sa.String(26), nullable=False),
        sa.Column("end_transfer_id", sa.String(26), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_escrow__amount")),
        sa.CheckConstraint("state IN ('open', 'paid', 'refunded')", name=op.f("ck_escrow__state")),
        sa.CheckConstraint(
            "(state = 'open') = (end_transfer_id IS NULL)"
            " AND (state = 'open') = (ended_at IS NULL)",
            name=op.f("ck_escrow__ended_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_escrow"),
        sa.UniqueConstraint("put_transfer_id", name="uq_escrow__put_transfer_id"),
        sa.UniqueConstraint("end_transfer_id", name="uq_escrow__end_transfer_id"),
    )
    op.create_index("ix_escrow__payer_id", "escrow", ["payer_id"])
    op.create_index("ix_escrow__payee_id", "escrow", ["payee_id"])
    op.create_index("ix_escrow__source", "escrow", ["source"])
    op.create_index("ix_escrow__state__ends_at", "escrow", ["state", "ends_at"])

    op.create_table(
        "host_process",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("code_generation", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_host_process"),
    )
    op.create_table(
        "host_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("code_generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_host_state"),
    )
    op.create_table(
        "idem",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("answer_hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idem"),
    )
    op.create_table(
        "login_guard",
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_from", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_login_guard"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("to", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
    )
    op.create_index("ix_mail__state", "mail", ["state"])

    op.create_table(
        "media_grant",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("provider", sa.String(48), nullable=False),
        sa.Column("media_room", sa.String(64), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=False),
        sa.Column("seat_id", sa.String(26), nullable=True),
        sa.Column("user_id", sa.String(26), nullable=True),
        sa.Column("sid", sa.String(64), nullable=True),
        sa.Column("visitor", sa.String(64), nullable=True),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("feeds", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("lease_seq", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("evidence_at", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(48), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_media_grant"),
    )
    op.create_index("ix_media_grant__media_room", "media_grant", ["media_room"])
    op.create_index("ix_media_grant__seat_id", "media_grant", ["seat_id"])
    op.create_index("ix_media_grant__show", "media_grant", ["show_id", "state"])
    op.create_index("ix_media_grant__sid", "media_grant", ["sid"])
    op.create_index("ix_media_grant__visitor", "media_grant", ["visitor"])
    op.create_index("ix_media_grant__state", "media_grant", ["state"])
    op.create_index("ix_media_grant__user_id", "media_grant", ["user_id"])

    op.create_table(
        "media_seen",
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("boot", name="pk_media_seen"),
    )
    op.create_table(
        "menu_entry",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("menu", sa.String(24), nullable=False),
        sa.Column("source", sa.String(120), nullable=True),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("url", sa.String(300), nullable=False),
        sa.Column("page", sa.String(64), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_menu_entry"),
        sa.UniqueConstraint("menu", "source", name="uq_menu_entry__menu_source"),
    )
    op.create_index("ix_menu_entry__menu", "menu_entry", ["menu"])

    op.create_table(
        "outbox",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("missed", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox__waiting",
        "outbox",
        ["due_at"],
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )

    op.create_table(
        "package_key",
        sa.Column("key", sa.String(44), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_package_key"),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(64), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("publish_at", sa.BigInteger(), nullable=True),
        sa.Column("audience", sa.String(120), nullable=False),
        sa.Column("search_title", sa.String(120), nullable=False),
        sa.Column("search_text", sa.String(300), nullable=False),
        sa.Column("no_index", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page"),
        sa.UniqueConstraint("slug", name="uq_page__slug"),
        sa.UniqueConstraint("source", name="uq_page__source"),
    )
    op.create_table(
        "page_revision",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("page_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_name", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name="fk_page_revision__page_id__page"),
        sa.PrimaryKeyConstraint("id", name="pk_page_revision"),
    )
    op.create_index("ix_page_revision__page_id", "page_revision", ["page_id"])
    op.create_table(
        "payment_event",
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("inbox_id", sa.String(26), nullable=True),
        sa.Column("provider", sa.String(48), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("provider_ref", sa.String(120), nullable=False),
        sa.Column("related_ref", sa.String(120), nullable=True),
        sa.Column("op_id", sa.String(36), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(8), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dedupe_key", name="pk_payment_event"),
        sa.UniqueConstraint(
            "provider", "provider_ref", "kind", name="uq_payment_event__provider_provider_ref_kind"
        ),
    )
    op.create_index("ix_payment_event__op_id", "payment_event", ["op_id"])

    op.create_table(
        "payment_inbox",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("provider", sa.String(48), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("trust", sa.String(8), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_payment_inbox"),
    )
    op.create_index("ix_payment_inbox__state", "payment_inbox", ["state"])

    op.create_table(
        "plugin",
        sa.Column("slug", sa.String(31), nullable=False),
        sa.Column("desired", sa.String(12), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("schema_head", sa.String(32), nullable=True),
        sa.Column("code_digest", sa.String(64), nullable=True),
        sa.Column("code_before", sa.JSON(), nullable=False),
        sa.Column("signer", sa.String(44), nullable=True),
        sa.Column("guards", sa.JSON(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.JSON(), nullable=False),
        sa.Column("quarantined_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("uninstalled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("slug", name="pk_plugin"),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("builtin", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.UniqueConstraint("key", name="uq_role__key"),
    )
    op.create_table(
        "setting",
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("scope_id", sa.String(26), nullable=False),
        sa.Column("plugin", sa.String(31), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "scope_id", "plugin", "key", name="pk_setting"),
    )
    op.create_table(
        "span",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("scope_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_span"),
    )
    op.create_index("ix_span__scope", "span", ["scope_id", "kind", "ends_at"])

    op.create_table(
        "task_lease",
        sa.Column("name", sa.String(96), nullable=False),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("ran_at", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_task_lease"),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("memo", sa.String(300), nullable=False),
        sa.Column("actor_id", sa.String(26), nullable=True),
        sa.Column("reverses", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reverses"], ["transfer.id"], name="fk_transfer__reverses__transfer"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transfer"),
        sa.UniqueConstraint("key", name="uq_transfer__key"),
    )
    op.create_index("ix_transfer__kind", "transfer", ["kind"])
    op.create_index("ix_transfer__made_at", "transfer", ["made_at"])
    op.create_index("ix_transfer__reverses", "transfer", ["reverses"])
    op.create_index("ix_transfer__source", "transfer", ["source"])

    op.create_table(
        "user",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_verified_at", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("display_name", sa.String(40), nullable=False),
        sa.Column("name_key", sa.String(80), nullable=False),
        sa.Column("legal_name", sa.String(120), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("locale", sa.String(12), nullable=True),
        sa.Column("time_zone", sa.String(48), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("email", name="uq_user__email"),
        sa.UniqueConstraint("name_key", name="uq_user__name_key"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(300), nullable=False),
        sa.Column("key", sa.String(160), nullable=True),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_notice__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("user_id", "key", name="uq_notice__user_id_key"),
    )
    op.create_index("ix_notice__made_at", "notice", ["made_at"])
    op.create_index("ix_notice__unread", "notice", ["user_id", "on_site", "read_at"])

    op.create_table(
        "notice_choice",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_notice_choice__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", name="pk_notice_choice"),
    )
    op.create_table(
        "own_text",
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("locale", sa.String(12), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "locale", name="pk_own_text"),
    )
    op.create_table(
        "notice_thread",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(120), nullable=False),
        sa.Column("last_id", sa.String(26), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_notice_thread__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "channel", "thread", name="pk_notice_thread"),
    )
    op.create_index("ix_notice_thread__due_at", "notice_thread", ["due_at"])
    op.create_table(
        "notice_reach",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_notice_reach__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "channel", name="pk_notice_reach"),
    )
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("notice_id", sa.String(26), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
            name="fk_notice_delivery__notice_id__notice",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notice_delivery"),
    )
    op.create_index("ix_notice_delivery__notice_id", "notice_delivery", ["notice_id"])
    op.create_index("ix_notice_delivery__due", "notice_delivery", ["state", "due_at"])

    op.create_table(
        "account_version",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("hold_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_version__account_id__account"
        ),
        sa.PrimaryKeyConstraint("account_id", "version", name="pk_account_version"),
    )
    op.create_table(
        "block_member",
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("block_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["block.id"], name="fk_block_member__block_id__block"
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name="fk_block_member__transfer_id__transfer"
        ),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_block_member"),
    )
    op.create_index("ix_block_member__block_id", "block_member", ["block_id"])

    op.create_table(
        "entry",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_entry__amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_entry__account_id__account"
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfer.id"],
            name="fk_entry__transfer_id__transfer",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
    )
    op.create_index("ix_entry__account_id__id", "entry", ["account_id", "id"])
    op.create_index("ix_entry__transfer_id", "entry", ["transfer_id"])

    op.create_table(
        "hold",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("seat_id", sa.String(26), nullable=True),
        sa.Column("intent_id", sa.String(26), nullable=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("capture_before", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state = 'open' OR captured + released + expired = amount",
            name=op.f("ck_hold__ended_whole"),
        ),
        sa.CheckConstraint("captured + released + expired <= amount", name=op.f("ck_hold__parts")),
        sa.CheckConstraint(
            "captured >= 0 AND released >= 0 AND expired >= 0", name=op.f("ck_hold__not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_hold__account_id__account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sa.UniqueConstraint("key", name="uq_hold__key"),
    )
    op.create_index("ix_hold__account_id", "hold", ["account_id"])
    op.create_index("ix_hold__seat_id", "hold", ["seat_id"])
    op.create_index("ix_hold__state", "hold", ["state"])

    op.create_table(
        "login_session",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_login_session__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_login_session"),
        sa.UniqueConstraint("token_hash", name="uq_login_session__token_hash"),
    )
    op.create_index("ix_login_session__revoked_at", "login_session", ["revoked_at"])
    op.create_index("ix_login_session__user_id", "login_session", ["user_id"])

    op.create_table(
        "one_time_token",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_one_time_token__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_token"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_token__token_hash"),
    )
    op.create_index("ix_one_time_token__user_id", "one_time_token", ["user_id"])

    op.create_table(
        "payment_intent",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(48), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("return_to", sa.String(300), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("message", sa.String(300), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_payment_intent__user_id__user"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_intent"),
        sa.UniqueConstraint("key", name="uq_payment_intent__key"),
    )
    op.create_index("ix_payment_intent__state", "payment_intent", ["state"])
    op.create_index("ix_payment_intent__user_id", "payment_intent", ["user_id"])

    op.create_table(
        "rollup",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_rollup__account_id__account"
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_rollup"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("category_id", sa.String(26), nullable=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("brief", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("image_source", sa.String(12), nullable=False),
        sa.Column("offline_message", sa.String(300), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("featured", sa.Integer(), nullable=False),
        sa.Column("ratio_percent", sa.Integer(), nullable=True),
        sa.Column("bonus_percent", sa.Integer(), nullable=True),
        sa.Column("bonus_until", sa.BigInteger(), nullable=True),
        sa.Column("auto_reject", sa.Boolean(), nullable=False),
        sa.Column("auto_reject_text", sa.String(200), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("show_viewers", sa.Boolean(), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=True),
        sa.Column("evidence_at", sa.BigInteger(), nullable=True),
        sa.Column("away_since", sa.BigInteger(), nullable=True),
        sa.Column("ready_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name="fk_room__category_id__category",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["performer_id"], ["user.id"], name="fk_room__performer_id__user"),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
        sa.UniqueConstraint("slug", name="uq_room__slug"),
    )
    op.create_index("ix_room__category_id", "room", ["category_id"])
    op.create_index("ix_room__performer_id", "room", ["performer_id"])

    op.create_table(
        "share",
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.Column("nr", sa.Integer(), nullable=False),
        sa.Column("party_kind", sa.String(16), nullable=False),
        sa.Column("party_id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_share__account_id__account"
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name="fk_share__transfer_id__transfer"
        ),
        sa.PrimaryKeyConstraint("transfer_id", "nr", name="pk_share"),
    )
    op.create_index("ix_share__party_id", "share", ["party_id"])
    op.create_index("ix_share__account_id", "share", ["account_id"])
    op.create_table(
        "earning_release",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_earning_release__account_id__account"
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name="fk_earning_release__transfer_id__transfer"
        ),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_earning_release"),
    )
    op.create_table(
        "spend_limit",
        sa.Column("account_id", sa.String(26), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("next_amount", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "period", name="pk_spend_limit"),
    )

    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("secret", sa.String(300), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("on_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name="fk_second_factor__user_id__user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factor"),
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("role_id", sa.String(26), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["role.id"], name="fk_user_role__role_id__role", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_user_role__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name="pk_user_role"),
    )
    op.create_table(
        "chat_message",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=True),
        sa.Column("user_id", sa.String(26), nullable=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(80), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_chat_message__room_id__room", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chat_message"),
        sa.UniqueConstraint("key", name="uq_chat_message__key"),
    )
    op.create_index("ix_chat_message__place", "chat_message", ["room_id", "show_id", "at"])

    op.create_table(
        "payment_op",
        sa.Column("op_id", sa.String(36), nullable=False),
        sa.Column("intent_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(8), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("provider_ref", sa.String(120), nullable=True),
        sa.Column("code", sa.String(64), nullable=True),
        sa.Column("message", sa.String(300), nullable=True),
        sa.Column("redirect", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["intent_id"], ["payment_intent.id"], name="fk_payment_op__intent_id__payment_intent"
        ),
        sa.PrimaryKeyConstraint("op_id", name="pk_payment_op"),
    )
    op.create_index("ix_payment_op__intent_id", "payment_op", ["intent_id"])
    op.create_index("ix_payment_op__next_try", "payment_op", ["state", "next_try_at"])
    op.create_index("ix_payment_op__provider_ref", "payment_op", ["provider_ref"])

    op.create_table(
        "room_alert",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_room_alert__room_id__room", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_room_alert__user_id__user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_room_alert"),
    )
    op.create_table(
        "room_image",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_room_image__room_id__room", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_room_image"),
    )
    op.create_index("ix_room_image__room_id", "room_image", ["room_id"])

    op.create_table(
        "room_price",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changes_today", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_room_price__room_id__room", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "mode", name="pk_room_price"),
    )
    op.create_table(
        "voyeur_agreement",
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_voyeur_agreement__room_id__room", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "mode", name="pk_voyeur_agreement"),
    )
    op.create_table(
        "show",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.String(26), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("media_provider", sa.String(48), nullable=False),
        sa.Column("media_room", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(26), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("free_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["show.id"], name="fk_show__parent_id__show"),
        sa.ForeignKeyConstraint(["performer_id"], ["user.id"], name="fk_show__performer_id__user"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_show__room_id__room"),
        sa.PrimaryKeyConstraint("id", name="pk_show"),
        sa.UniqueConstraint("media_room", name="uq_show__media_room"),
    )
    op.create_index("ix_show__performer_id", "show", ["performer_id"])
    op.create_index("ix_show__room_id", "show", ["room_id"])
    op.create_index("ix_show__state", "show", ["state"])

    op.create_table(
        "show_performer",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("present", sa.String(26), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("left_reason", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(
            ["performer_id"], ["user.id"], name="fk_show_performer__performer_id__user"
        ),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name="fk_show_performer__show_id__show"),
        sa.PrimaryKeyConstraint("id", name="pk_show_performer"),
        sa.UniqueConstraint("present", name="uq_show_performer__present"),
    )
    op.create_index("ix_show_performer__performer_id", "show_performer", ["performer_id"])
    op.create_index("ix_show_performer__show_id", "show_performer", ["show_id"])
    op.create_table(
        "studio_part",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("studio_id", sa.String(26), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("ratio_percent", sa.Integer(), nullable=True),
        sa.Column("collects", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["performer_id"], ["user.id"], name="fk_studio_part__performer_id__user"
        ),
        sa.ForeignKeyConstraint(["studio_id"], ["user.id"], name="fk_studio_part__studio_id__user"),
        sa.PrimaryKeyConstraint("id", name="pk_studio_part"),
    )
    op.create_index("ix_studio_part__performer_id", "studio_part", ["performer_id"])
    op.create_index("ix_studio_part__studio_id", "studio_part", ["studio_id"])

    op.create_table(
        "show_request",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("client_id", sa.String(26), nullable=False),
        sa.Column("open_for", sa.String(26), nullable=True),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("seat_id", sa.String(26), nullable=True),
        sa.Column("key", sa.String(96), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["user.id"], name="fk_show_request__client_id__user"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_show_request__room_id__room"),
        sa.PrimaryKeyConstraint("id", name="pk_show_request"),
        sa.UniqueConstraint("key", name="uq_show_request__key"),
        sa.UniqueConstraint("open_for", name="uq_show_request__open_for"),
    )
    op.create_index("ix_show_request__client_id", "show_request", ["client_id"])
    op.create_index("ix_show_request__room_state", "show_request", ["room_id", "state"])

    op.create_table(
        "visit",
        sa.Column("sid", sa.String(64), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name="fk_visit__room_id__room", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sid", name="pk_visit"),
    )
    op.create_index("ix_visit__room_id", "visit", ["room_id"])
    op.create_index("ix_visit__seen_at", "visit", ["seen_at"])
    op.create_index("ix_visit__user_id", "visit", ["user_id"])

    op.create_table(
        "seat",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("show_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=False),
        sa.Column("payer_id", sa.String(26), nullable=False),
        sa.Column("performer_id", sa.String(26), nullable=False),
        sa.Column("request_id", sa.String(26), nullable=True),
        sa.Column("mode", sa.String(48), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("part_at", sa.BigInteger(), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("wallet_id", sa.String(26), nullable=False),
        sa.Column("escrow_id", sa.String(26), nullable=False),
        sa.Column("hold_id", sa.String(26), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("close_reason", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(26), nullable=True),
        sa.Column("bill_from", sa.BigInteger(), nullable=True),
        sa.Column("counted_ms", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("secured", sa.BigInteger(), nullable=False),
        sa.Column("secured_until", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("lease_seq", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("live_since", sa.BigInteger(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("pause_cause", sa.String(24), nullable=True),
        sa.Column("paused_ms", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("uncounted_ms", sa.Integer(), nullable=False),
        sa.Column("resume_after", sa.BigInteger(), nullable=True),
        sa.Column("resume_by", sa.BigInteger(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("back_at", sa.BigInteger(), nullable=True),
        sa.Column("break_ms", sa.Integer(), nullable=False),
        sa.Column("freed", sa.BigInteger(), nullable=False),
        sa.Column("shared_hours", sa.Integer(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["escrow_id"], ["account.id"], name="fk_seat__escrow_id__account"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name="fk_seat__hold_id__hold"),
        sa.ForeignKeyConstraint(["payer_id"], ["user.id"], name="fk_seat__payer_id__user"),
        sa.ForeignKeyConstraint(["performer_id"], ["user.id"], name="fk_seat__performer_id__user"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_seat__room_id__room"),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name="fk_seat__show_id__show"),
        sa.ForeignKeyConstraint(["wallet_id"], ["account.id"], name="fk_seat__wallet_id__account"),
        sa.PrimaryKeyConstraint("id", name="pk_seat"),
        sa.UniqueConstraint("request_id", name="uq_seat__request_id"),
    )
    op.create_index("ix_seat__due", "seat", ["state", "due_at"])
    op.create_index("ix_seat__payer_state", "seat", ["payer_id", "state"])
    op.create_index("ix_seat__performer_id", "seat", ["performer_id"])
    op.create_index("ix_seat__room_id", "seat", ["room_id"])
    op.create_index("ix_seat__show_state", "seat", ["show_id", "state"])

    op.create_table(
        "media_log",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("seat_id", sa.String(26), nullable=False),
        sa.Column("grant_id", sa.String(26), nullable=False),
        sa.Column("secured_until", sa.BigInteger(), nullable=False),
        sa.Column("last_packet_at", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_media_log__seat_id__seat"),
        sa.PrimaryKeyConstraint("id", name="pk_media_log"),
        sa.UniqueConstraint(
            "grant_id", "secured_until", name="uq_media_log__grant_id_secured_until"
        ),
    )
    op.create_index("ix_media_log__seat_id", "media_log", ["seat_id"])

    op.create_table(
        "receipt",
        sa.Column("seat_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("transfer_ids", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_receipt__seat_id__seat"),
        sa.PrimaryKeyConstraint("seat_id", name="pk_receipt"),
        sa.UniqueConstraint("number", name="uq_receipt__number"),
    )
    op.create_table(
        "segment",
        sa.Column("seat_id", sa.String(26), nullable=False),
        sa.Column("nr", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("rate_per_minute", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("counted_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_segment__seat_id__seat"),
        sa.PrimaryKeyConstraint("seat_id", "nr", name="pk_segment"),
    )
    op.create_table(
        "period",
        sa.Column("seat_id", sa.String(26), nullable=False),
        sa.Column("nr", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("sharers", sa.JSON(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("shared", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_period__seat_id__seat"),
        sa.PrimaryKeyConstraint("seat_id", "nr", name="pk_period"),
    )
    op.create_table(
        "usage",
        sa.Column("seat_id", sa.String(26), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("counted_ms", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_usage__seat_id__seat"),
        sa.PrimaryKeyConstraint("seat_id", "seq", name="pk_usage"),
    )
    op.create_table(
        "good",
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_good__stock")),
        sa.PrimaryKeyConstraint("slug", "item_id", name="pk_good"),
    )
    op.create_table(
        "sale",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("payer_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("seller_id", sa.String(26), nullable=False),
        sa.Column("room_id", sa.String(26), nullable=True),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("offer", sa.JSON(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("memo", sa.String(300), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("intent_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["payer_id"], ["user.id"], name="fk_sale__payer_id__user"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_sale__user_id__user"),
        sa.ForeignKeyConstraint(["seller_id"], ["user.id"], name="fk_sale__seller_id__user"),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name="fk_sale__transfer_id__transfer"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sale"),
        sa.UniqueConstraint("key", name="uq_sale__key"),
        sa.UniqueConstraint("transfer_id", name="uq_sale__transfer_id"),
        sa.UniqueConstraint("intent_id", name="uq_sale__intent_id"),
    )
    op.create_index("ix_sale__payer_id", "sale", ["payer_id"])
    op.create_index("ix_sale__user_id", "sale", ["user_id"])
    op.create_index("ix_sale__source", "sale", ["source"])
    op.create_index("ix_sale__slug__item_id", "sale", ["slug", "item_id"])
    op.create_index("ix_sale__seller_id__made_at", "sale", ["seller_id", "made_at"])
    op.create_table(
        "access",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("transfer_id", sa.String(26), nullable=True),
        sa.Column("sale_id", sa.String(26), nullable=True),
        sa.Column("parent_id", sa.String(26), nullable=True),
        sa.Column("given_by", sa.String(26), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("uses_left", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('own', 'member', 'rental', 'goods')", name=op.f("ck_access__kind")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_access__user_id__user"),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name="fk_access__transfer_id__transfer"
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name="fk_access__sale_id__sale"),
        sa.ForeignKeyConstraint(["parent_id"], ["access.id"], name="fk_access__parent_id__access"),
        sa.PrimaryKeyConstraint("id", name="pk_access"),
        sa.UniqueConstraint("transfer_id", name="uq_access__transfer_id"),
    )
    op.create_index("ix_access__sale_id", "access", ["sale_id"])
    op.create_index("ix_access__parent_id", "access", ["parent_id"])
    op.create_index("ix_access__user_id__slug__item_id", "access", ["user_id", "slug", "item_id"])
    op.create_index("ix_access__slug__item_id", "access", ["slug", "item_id"])
    op.create_table(
        "stored_file",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.String(26), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_stored_file__owner_id__user"),
        sa.PrimaryKeyConstraint("id", name="pk_stored_file"),
    )
    op.create_index("ix_stored_file__owner_id", "stored_file", ["owner_id"])
    op.create_index("ix_stored_file__kept__made_at", "stored_file", ["kept", "made_at"])
    op.create_table(
        "library_item",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("alt", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("widths", sa.JSON(), nullable=False),
        sa.Column("file_id", sa.String(26), nullable=True),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(file_id IS NULL) <> (digest = '')", name=op.f("ck_library_item__place")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name="fk_library_item__file_id__stored_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_library_item"),
    )
    op.create_index("ix_library_item__digest", "library_item", ["digest"])
    op.create_table(
        "upload",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.String(26), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received <= size", name=op.f("ck_upload__received")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_upload__user_id__user"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload__user_id", "upload", ["user_id"])
    op.create_index("ix_upload__touched_at", "upload", ["touched_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_entry__xid",
            "entry",
            ["xid"],
            postgresql_using="brin",
            postgresql_with={"autosummarize": True},
        )
    for statement in triggers.create(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in triggers.drop(op.get_bind().dialect.name):
        op.execute(statement)
    for table in TABLES:
        op.drop_table(table)


TABLES = (
    "access",
    "sale",
    "good",
    "library_item",
    "stored_file",
    "upload",
    "notice_delivery",
    "notice_reach",
    "notice_thread",
    "own_text",
    "notice_choice",
    "notice",
    "usage",
    "segment",
    "period",
    "receipt",
    "media_log",
    "seat",
    "visit",
    "show_request",
    "show_performer",
    "studio_part",
    "show",
    "voyeur_agreement",
    "room_price",
    "room_image",
    "room_alert",
    "payment_op",
    "chat_message",
    "user_role",
    "earning_release",
    "spend_limit",
    "share",
    "room",
    "rollup",
    "payment_intent",
    "second_factor",
    "one_time_token",
    "login_session",
    "hold",
    "entry",
    "block_member",
    "account_version",
    "user",
    "transfer",
    "task_lease",
    "span",
    "setting",
    "escrow",
    "role",
    "plugin",
    "payment_inbox",
    "payment_event",
    "page_revision",
    "page",
    "package_key",
    "outbox",
    "menu_entry",
    "media_seen",
    "media_grant",
    "mail",
    "login_guard",
    "idem",
    "host_state",
    "host_process",
    "credit_pack",
    "category",
    "block",
    "audit_log",
    "account",
)
