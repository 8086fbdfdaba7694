"""What happened with a studio: who did what, about whom, when (CM-06).

Rows are written in the transaction that does the act, beside the audit log's, and
never changed. The studio reads its own alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import audit, db, new_id, now_ms, people, room_of

from .models import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One act as the studio reads it; `about_id` is the person it concerns, if one."""

    at: int
    who: str
    what: str
    about: str
    about_id: str | None
    more: str


def note(
    session: Session,
    studio_id: str,
    actor_id: str | None,
    what: str,
    subject: str,
    *,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write an act into the studio's log and into the site's audit log.

    `what` has two parts, such as ``contract.accepted``; `subject` is a kind and an id.
    """
    values = dict(data or {})
    session.add(
        Act(
            id=new_id(),
            studio_id=studio_id,
            at=now_ms(session),
            actor_id=actor_id,
            what=what,
            subject=subject,
            data=values,
        )
    )
    audit(session, actor_id, f"studios.{what}", subject, reason=reason, data=values)


def lines(studio_id: str, *, about_id: str | None = None, offset: int = 0) -> list[Line]:
    """Return a page of a studio's log, the newest first, and one line more where there is one."""
    query = select(Act).where(Act.studio_id == studio_id)
    if about_id is not None:
        query = query.where(Act.subject == f"user:{about_id}")
    rows = list(
        db.session.scalars(query.order_by(Act.id.desc()).offset(offset).limit(PAGE + 1)).all()
    )
    subjects = [tuple(row.subject.split(":", 1)) for row in rows]
    ids = {id_ for kind, id_ in subjects if kind == "user"}
    known = people(ids | {row.actor_id for row in rows if row.actor_id is not None})
    names = {id_: actor.name for id_, actor in known.items()}
    return [_line(row, kind, id_, names) for row, (kind, id_) in zip(rows, subjects, strict=True)]


def _line(row: Act, kind: str, id_: str, names: Mapping[str, str]) -> Line:
    room = room_of(id_) if kind == "room" else None
    of_person = kind == "user" and id_ != row.studio_id
    return Line(
        at=row.at,
        who=names.get(row.actor_id or "", "") or _("The site"),
        what=_words().get(row.what, row.what),
        about=names.get(id_, "") if of_person else (room.title if room is not None else ""),
        about_id=id_ if of_person else None,
        more=_more(row.what, row.data),
    )


def _words() -> dict[str, str]:
    return {
        "contract.proposed": _("offered a contract"),
        "contract.withdrawn": _("took an offer back"),
        "contract.accepted": _("accepted the contract"),
        "contract.refused": _("refused the contract"),
        "contract.notice": _("gave notice"),
        "contract.ended": _("ended the contract"),
        "papers.sent": _("sent the company's papers"),
        "papers.decided": _("decided on the company's papers"),
        "rights.changed": _("changed rights"),
        "room.made": _("made a room"),
        "room.given": _("said who may work in a room"),
        "room.adopted": _("assigned a room"),
        "room.priced": _("set a price"),
        "statement.downloaded": _("downloaded a statement"),
        "comparison.downloaded": _("downloaded the comparison"),
    }


def _more(what: str, data: Mapping[str, Any]) -> str:
    """Return what is worth reading of an act's facts."""
    if what.startswith("contract."):
        said = _("version %(version)s, %(percent)s %%", **_picked(data, "version", "percent"))
        return f"{said}, {_('collects')}" if data.get("collects") else said
    if what == "rights.changed":
        off = [words for name, words in _rights().items() if not data.get(name, True)]
        return str(_("off: %(what)s", what=", ".join(off)) if off else _("all on"))
    if what == "papers.decided":
        return str(_("confirmed") if data.get("state") == "confirmed" else _("refused"))
    if what == "statement.downloaded":
        return f"{data.get('format')}, {data.get('from')} - {data.get('until')}"
    return str(data.get("note", ""))


def _rights() -> dict[str, str]:
    return {
        "enabled": _("performing"),
        "may_live": _("going live"),
        "may_prices": _("prices"),
        "may_write": _("chat"),
    }


def _picked(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data.get(name, "?") for name in names}
