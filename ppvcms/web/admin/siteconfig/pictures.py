"""Pictures of the library in the file: their names alone, and what is said where one is missing.

A file holds no pictures. Where the site that takes it in has one under the same id,
as after going back to an earlier file, everything shows it again; for every other,
what is to be done is said, and nothing is shown in its place.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.content.models import LibraryItem
from ppvcms.db import db
from ppvcms.web.admin.siteconfig.document import Fault
from ppvcms.web.admin.siteconfig.parts import Left

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ppvcms.web.admin.siteconfig.document import Document

PICTURES = "pictures"
ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


def named_in(areas: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the pictures and documents that areas refer to, by id."""
    return _here(ID.findall(json.dumps(areas)))


def faults(document: Document) -> list[Fault]:
    """Return what is wrong with the names of a file."""
    return [
        Fault(f"{PICTURES}.{key}", _("This must be the name of a picture under its id."))
        for key, name in document.pictures.items()
        if not ID.fullmatch(key) or not isinstance(name, str)
    ]


def missing(document: Document) -> list[Left]:
    """Return what this site's library does not have."""
    here = _here(document.pictures)
    why = _(
        "“%(name)s” is not in this site's library. Add it there, then choose it again "
        "where it is shown; nothing is shown in its place until then."
    )
    return [
        Left(f"{PICTURES}.{key}", why % {"name": str(name)[:120]})
        for key, name in sorted(document.pictures.items())
        if key not in here
    ]


def _here(ids: Iterable[str]) -> dict[str, str]:
    query = select(LibraryItem.id, LibraryItem.name).where(LibraryItem.id.in_(set(ids)))
    return {row.id: row.name for row in db.session.execute(query)}
