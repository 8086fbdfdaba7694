"""The regions of a theme: named places around its pages, with blocks that the owner put there.

They are kept beside the settings, so that every process knows at once, and without a
question to the database, that nothing stands in one.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.content.blocks import Placed, blocks_of
from ppvcms.db import after_commit, now_ms, reading, transaction
from ppvcms.host import settings
from ppvcms.host.manifest import REGIONS
from ppvcms.host.models import Setting
from ppvcms.host.worn import chain_of, manifests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.host.manifest import ThemeManifest

KEPT_UNDER = "regions"
"""A word of the core, which no plugin may have as its slug."""
CACHE = "ppvcms_regions"


def shown_regions() -> tuple[str, ...]:
    """Return the regions that the theme of this request has; the core's own look has all."""
    return _regions_of(manifests())


def left_out(theme: str) -> tuple[str, ...]:
    """Return the regions that hold something and that a theme has no place for."""
    return tuple(name for name in all_regions() if name not in _regions_of(chain_of(theme)))


def blocks_in(region: str) -> tuple[Placed, ...]:
    """Return what stands in a region."""
    return all_regions().get(region, ())


def all_regions() -> Mapping[str, tuple[Placed, ...]]:
    """Return what stands in every region that holds something; read anew after any change."""
    stamp = settings.stamp()
    of_stamp, kept = current_app.extensions.get(CACHE, (None, {}))
    if of_stamp != stamp:
        query = select(Setting.key, Setting.value).where(Setting.plugin == KEPT_UNDER)
        rows = reading().execute(query)
        kept = {row.key: blocks_of(row.value) for row in rows if row.value}
        current_app.extensions[CACHE] = (stamp, kept)
    found: Mapping[str, tuple[Placed, ...]] = kept
    return found


def save_region(region: str, blocks: tuple[Placed, ...], *, actor_id: str | None) -> None:
    """Put these blocks into a region, in place of what stood there."""
    transaction(lambda session: write_region(session, region, blocks, actor_id))


def write_region(
    session: Session, region: str, blocks: tuple[Placed, ...], actor_id: str | None
) -> None:
    """Do the same in a transaction that is open already."""
    session.merge(
        Setting(
            scope="site",
            scope_id="",
            plugin=KEPT_UNDER,
            key=region,
            value=[asdict(one) for one in blocks],
            changed_at=now_ms(session),
        )
    )
    facts = {"blocks": [one.name for one in blocks]}
    audit.record(session, actor_id, "content.region.saved", f"region:{region}", data=facts)
    after_commit(session, settings.forget)


def _regions_of(chain: Sequence[ThemeManifest]) -> tuple[str, ...]:
    declared = {name for theme in chain for name in theme.regions}
    return tuple(name for name in REGIONS if name in declared or not chain)
