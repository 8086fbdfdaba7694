"""What alembic runs for the core and for every plugin; only `ppvcms.schema` starts it.

Each has a chain and a version table of its own, so that a plugin folder that
vanishes, or goes back a version, is nobody else's trouble.
"""

from alembic import context

from ppvcms.db import Base
from ppvcms.schema import CORE, owns

attributes = context.config.attributes
plugin = attributes.get("plugin", CORE)


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Look at the tables of this chain only."""
    return kind != "table" or owns(plugin, name or "")


context.configure(
    connection=attributes["connection"],
    target_metadata=Base.metadata,
    version_table=attributes["version_table"],
    include_name=include_name,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
