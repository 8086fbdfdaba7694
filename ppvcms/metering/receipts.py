"""Why a seat cost what it cost: the receipt as it was written, and its words (R-05)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host.labels import label
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.models import Share
from ppvcms.metering.models import Receipt, Seat
from ppvcms.metering.state import Reason, Side
from ppvcms.metering.terms import Terms
from ppvcms.rooms.models import Room

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One party's part of the charge; `percent` is exact to a hundredth."""

    party_kind: str
    party_id: str
    name: str
    percent: str
    amount: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the timeline: ``counted``, ``paused``, or one line's evidence."""

    kind: str
    start: int
    end: int

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start) / 1000


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A part of a seat at one rate a minute: what it came to, in minor units (R-09)."""

    role: str
    rate: int
    billed_s: int
    amount: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A settled seat for its payer, its performer and the owner; amounts in minor units."""

    number: int
    seat_id: str
    room_slug: str
    room_title: str
    mode: str
    payer_id: str
    payer: str
    performer_id: str
    performer: str
    opened_at: int
    started_at: int | None
    closed_at: int | None
    reason: str
    reason_text: str
    rate: int
    currency: str
    grace_s: int
    minimum: int
    counted_s: int
    free_s: int
    billed_s: int
    segments: tuple[SegmentLine, ...]
    block_s: int
    amount: int
    secured: int
    released: int
    why: tuple[str, ...]
    shares: tuple[ShareLine, ...]
    timeline: tuple[Stretch, ...]
    transfer_ids: tuple[str, ...]
    made_at: int


def explain(seat_id: str) -> ReceiptView:
    """Return the receipt of a seat with the reasons for its amount.

    Raises:
        NotFoundError: The seat is not settled, or was void and cost nothing.
    """
    found = db.session.execute(
        select(Seat, Receipt, Room)
        .join(Receipt, Receipt.seat_id == Seat.id)
        .join(Room, Room.id == Seat.room_id)
        .where(Seat.id == seat_id)
    ).first()
    if found is None:
        raise NotFoundError(_("There is no receipt for this show."))
    seat, receipt, room = found
    names = _names([seat.payer_id, seat.performer_id])
    terms, lines = Terms.from_json(seat.terms), receipt.lines
    return ReceiptView(
        number=receipt.number,
        seat_id=seat.id,
        room_slug=room.slug,
        room_title=room.title,
        mode=seat.mode,
        payer_id=seat.payer_id,
        payer=names.get(seat.payer_id, ""),
        performer_id=seat.performer_id,
        performer=names.get(seat.performer_id, ""),
        opened_at=seat.opened_at,
        started_at=seat.started_at,
        closed_at=seat.closed_at,
        reason=str(seat.close_reason),
        reason_text=reason_text(seat.close_reason, seat.pause_cause),
        rate=terms.rate_per_minute,
        currency=receipt.currency,
        grace_s=terms.grace_s,
        minimum=terms.minimum,
        counted_s=lines["counted_s"],
        free_s=lines["free_s"],
        billed_s=lines["billed_s"],
        segments=tuple(SegmentLine(**one) for one in lines["segments"]),
        block_s=lines["block_s"],
        amount=receipt.amount,
        secured=lines["secured"],
        released=lines["released"],
        why=tuple(_why(lines, receipt.amount)),
        shares=_shares(receipt.transfer_ids["all"]),
        timeline=_timeline(receipt.evidence),
        transfer_ids=tuple(receipt.transfer_ids["all"]),
        made_at=receipt.made_at,
    )


def receipts_of(payer_id: str, *, limit: int = 50, offset: int = 0) -> Sequence[Receipt]:
    """Return the receipts of a payer, newest first."""
    query = (
        select(Receipt)
        .join(Seat, Seat.id == Receipt.seat_id)
        .where(Seat.payer_id == payer_id)
        .order_by(Receipt.made_at.desc(), Receipt.seat_id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(db.session.scalars(query))


def reason_text(reason: str | None, cause: str | None) -> str:
    """Return why a seat ended, as a sentence."""
    performer, client = label("performer"), label("client")
    missing = {
        Side.PERFORMER: _("The picture of %(who)s did not come.", who=performer),
        Side.PAYER: _("The connection of %(who)s did not come.", who=client),
    }.get(Side(cause) if cause else Side.BOTH, _("Neither side was connected."))
    sentences = {
        Reason.PAYER_ENDED: _("%(who)s ended the show.", who=client),
        Reason.PERFORMER_ENDED: _("%(who)s ended the show.", who=performer),
        Reason.RESUME_WINDOW: _("The connection was lost and did not come back in time."),
        Reason.PAUSE_CAP: _("All pauses together became too long."),
        Reason.EXHAUSTED: _("The credits were used up."),
        Reason.LIMIT: _("The spending limit was reached."),
        Reason.LEFT_BREAK: _(
            "%(who)s left while %(other)s took a break.", who=client, other=performer
        ),
        Reason.BREAK_OVER: _("%(who)s did not come back from a break in time.", who=performer),
        Reason.NOT_CONNECTED: _("The show never began. Nothing was charged.") + " " + missing,
        Reason.WENT_OFF: _("The room was closed."),
        Reason.STAFF: _("The site ended the show."),
        Reason.PRIVATE_BEGAN: _("A private show of your own began, so this one ended."),
        Reason.MODE_CHANGED: _("The show changed its kind and price."),
        Reason.NOT_CONTINUED: _("After the private show nobody pressed Continue in time."),
        Reason.BLOCK_OVER: _("The time that was taken is over."),
    }
    return sentences[Reason(reason)] if reason else ""


def _why(lines: dict[str, Any], amount: int) -> list[str]:
    """Return the formula in words and in numbers (R-20, R-21)."""
    said = [
        ngettext(
            "%(num)s second was counted: both sides were connected.",
            "%(num)s seconds were counted: both sides were connected.",
            lines["counted_s"],
        )
    ]
    if lines["grace_s"]:
        said.append(
            _(
                "The first %(grace)s seconds are free: %(free)s of them were used.",
                grace=lines["grace_s"],
                free=lines["free_s"],
            )
        )
    said += _formula(lines)
    if amount < lines["due"]:
        back = lines["due"] - amount
        said.append(
            _(
                "%(who)s did not end it, so the unserved part goes back: %(back)s.",
                who=label("client"),
                back=credits_text(back),
            )
        )
    if amount > lines["due"]:
        said.append(
            _(
                "The least for this show was agreed at %(minimum)s, so that is the charge.",
                minimum=credits_text(lines["minimum"]),
            )
        )
    said.append(
        _(
            "%(secured)s was set aside for the show and %(released)s of it came back.",
            secured=credits_text(lines["secured"]),
            released=credits_text(lines["released"]),
        )
    )
    return said


def _formula(lines: dict[str, Any]) -> list[str]:
    """Return how the counted seconds became an amount: by blocks, one rate, or several."""
    if lines["block_s"]:
        return [
            _(
                "%(blocks)s x %(minutes)s minutes at %(price)s each = %(amount)s.",
                blocks=lines["due"] // lines["block_price"],
                minutes=lines["block_s"] // 60,
                price=credits_text(lines["block_price"]),
                amount=credits_text(lines["due"]),
            )
        ]
    segments = lines["segments"]
    if len(segments) == 1:
        text = _(
            "%(seconds)s s x %(rate)s a minute / 60 = %(amount)s, rounded down.",
            seconds=lines["billed_s"],
            rate=credits_text(segments[0]["rate"]),
            amount=credits_text(lines["due"]),
        )
        return [text]
    parts = [
        _(
            "%(role)s: %(seconds)s s x %(rate)s a minute.",
            role=role_text(one["role"]),
            seconds=one["billed_s"],
            rate=credits_text(one["rate"]),
        )
        for one in segments
    ]
    total = _("Together / 60 = %(amount)s, rounded down once.", amount=credits_text(lines["due"]))
    return [*parts, total]


def role_text(role: str) -> str:
    """Return what the payer did in a segment, in plain words."""
    words = {
        "viewer": _("Watching"),
        "two_way": _("With own camera"),
        "voyeur": _("Watching unseen"),
    }
    return str(words.get(role, role))


def _shares(transfer_ids: Sequence[str]) -> tuple[ShareLine, ...]:
    query = select(Share).where(Share.transfer_id.in_(transfer_ids)).order_by(Share.nr)
    # A long show is divided in steps; a party's steps are one part.
    amounts: dict[tuple[str, str, int, int], int] = {}
    for one in db.session.scalars(query):
        part = (one.party_kind, one.party_id, one.numerator, one.denominator)
        amounts[part] = amounts.get(part, 0) + one.amount
    names = _names([party_id for _kind, party_id, *_fraction in amounts])
    return tuple(
        ShareLine(
            party_kind=kind,
            party_id=party_id,
            name=names.get(party_id, ""),
            percent=f"{float(100 * Fraction(numerator, denominator)):.2f}",
            amount=amount,
        )
        for (kind, party_id, numerator, denominator), amount in amounts.items()
    )


def _names(user_ids: Sequence[str]) -> dict[str, str]:
    query = select(User.id, User.display_name).where(User.id.in_(user_ids))
    return dict(db.session.execute(query).all())


def _timeline(evidence: dict[str, Any]) -> tuple[Stretch, ...]:
    stretches = [
        Stretch(kind, start, end) for kind, spans in evidence.items() for start, end in spans
    ]
    return tuple(sorted(stretches, key=lambda stretch: (stretch.start, stretch.kind)))
