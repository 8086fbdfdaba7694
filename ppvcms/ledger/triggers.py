"""The triggers that keep the books balanced and append-only, on both databases.

The first migration makes them and the books check compares them word for word
(I5). Whoever changes one adds a migration that calls `drop` and `create`.
"""

from __future__ import annotations

APPEND_ONLY = (
    "account_version",
    "audit_log",
    "block",
    "block_member",
    "entry",
    "share",
    "transfer",
    "usage",
)

# All set-based, once for each statement: a meter posts hundreds of transfers at a time.
# Scans are switched off inside, because a plan that was made on an empty table is kept.
# OFFSET 0 keeps each row's own look into the index: as a join, such a plan went through the
# whole table for every row, and a batch of a thousand took two seconds after ten others.
POSTGRESQL_FUNCTIONS = {
    "ppvcms_append_only": """
CREATE FUNCTION ppvcms_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$body$""",
    "ppvcms_entry_open": """
CREATE FUNCTION ppvcms_entry_open() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT transfer_id FROM fresh) f WHERE EXISTS (
                   SELECT 1 FROM transfer t WHERE t.id = f.transfer_id OFFSET 0)) THEN
        RAISE EXCEPTION 'A transfer that was written takes no more entries.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM fresh f WHERE f.currency <>
                   (SELECT a.currency FROM account a WHERE a.id = f.account_id OFFSET 0)) THEN
        RAISE EXCEPTION 'An entry has another currency than its account.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$body$""",
    "ppvcms_transfer_balanced": """
CREATE FUNCTION ppvcms_transfer_balanced() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f LEFT JOIN entry e ON e.transfer_id = f.id
               GROUP BY f.id, e.currency
               HAVING coalesce(sum(e.amount), 1) <> 0 OR count(*) < 2) THEN
        RAISE EXCEPTION 'A transfer has fewer than two entries or does not sum to 0.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$body$""",
}

POSTGRESQL_TRIGGERS = {
    ("entry", "entry_open"): """
CREATE TRIGGER entry_open AFTER INSERT ON entry
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ppvcms_entry_open()""",
    ("transfer", "transfer_balanced"): """
CREATE TRIGGER transfer_balanced AFTER INSERT ON transfer
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ppvcms_transfer_balanced()""",
} | {
    (table, f"{table}_append_only"): f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ppvcms_append_only()"""
    for table in APPEND_ONLY
}

SQLITE_TRIGGERS = {
    ("entry", "entry_open"): """
CREATE TRIGGER entry_open BEFORE INSERT ON entry BEGIN
    SELECT RAISE(ABORT, 'A transfer that was written takes no more entries.')
    WHERE EXISTS (SELECT 1 FROM transfer WHERE id = NEW.transfer_id);
    SELECT RAISE(ABORT, 'An entry has another currency than its account.')
    WHERE EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND currency <> NEW.currency);
END""",
    ("transfer", "transfer_balanced"): """
CREATE TRIGGER transfer_balanced BEFORE INSERT ON transfer BEGIN
    SELECT RAISE(ABORT, 'A transfer has fewer than two entries or does not sum to 0.')
    WHERE NOT EXISTS (SELECT 1 FROM entry WHERE transfer_id = NEW.id)
       OR EXISTS (SELECT 1 FROM entry WHERE transfer_id = NEW.id
                  GROUP BY currency HAVING sum(amount) <> 0 OR count(*) < 2);
END""",
} | {
    (table, f"{table}_no_{verb.lower()}"): f"""
CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN
    SELECT RAISE(ABORT, 'Rows of {table} are never changed or deleted.');
END"""
    for table in APPEND_ONLY
    for verb in ("UPDATE", "DELETE")
}


def create(dialect: str) -> list[str]:
    """Return the statements that make every trigger."""
    if dialect == "sqlite":
        return list(SQLITE_TRIGGERS.values())
    return [
        *POSTGRESQL_FUNCTIONS.values(),
        *POSTGRESQL_TRIGGERS.values(),
        # The column is filled in by the database, so that no writer can forget it.
        "ALTER TABLE entry ALTER COLUMN xid SET DEFAULT (pg_current_xact_id()::text::bigint)",
    ]


def drop(dialect: str) -> list[str]:
    """Return the statements that take every trigger away."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}" for _, name in SQLITE_TRIGGERS]
    return [
        "ALTER TABLE entry ALTER COLUMN xid DROP DEFAULT",
        *(f"DROP TRIGGER {name} ON {table}" for table, name in POSTGRESQL_TRIGGERS),
        *(f"DROP FUNCTION {name}()" for name in POSTGRESQL_FUNCTIONS),
    ]
