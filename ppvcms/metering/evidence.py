"""Writing and reading the signs that show which seconds were delivered (R-10 to R-12).

Three facts make a billed second: the performer's media reaches the engine, the
payer proved to receive (the engine's receiver reports), and the payer's page
shows new frames. Each is kept as spans; a sign is a moment, never a duration,
so nobody's clock but ours decides.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import func, insert, select, text, tuple_
from sqlalchemy.exc import IntegrityError

from ppvcms.db import now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.media.contract import EventKind
from ppvcms.metering import models
from ppvcms.metering.spans import Span, counted_spans
from ppvcms.metering.state import Evidence
from ppvcms.rooms.models import Show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.media.ingest import Heard

LOST_MS = 5_000
SETTING = "ppvcms_beats"


class Fact(StrEnum):
    """What a span tells of."""

    PERFORMER_MEDIA = "performer_media"
    PAYER_MEDIA = "payer_media"
    PAYER_BEAT = "payer_beat"
    PAYER_HERE = "payer_here"
    PAUSED = "paused"
    BILLED = "billed"


def note_performer(session: Session, show_id: str, at: int) -> None:
    """Note that the performer's media arrived at a moment."""
    note(session, [(show_id, Fact.PERFORMER_MEDIA, at)])


def note_payer_media(session: Session, seat_id: str, at: int) -> None:
    """Note that the engine proved, at a moment, that the payer receives."""
    note(session, [(seat_id, Fact.PAYER_MEDIA, at)])


def note_beats(session: Session, beats: Sequence[tuple[str, int]]) -> None:
    """Note the moments at which payers' pages had decoded new frames."""
    note(session, [(seat_id, Fact.PAYER_BEAT, at) for seat_id, at in beats])


def note(
    session: Session, signs: Iterable[tuple[str, Fact, int]], *, now: int | None = None
) -> None:
    """Note signs of any kind: each extends the last span of its kind or opens one.

    Few statements however many signs. A sign from the future is taken as now; a
    repeated, late or disordered one changes nothing (R-12). `now` stands for the
    database's clock in tests.
    """
    now = now_ms(session) if now is None else now
    newest: dict[tuple[str, str], list[int]] = defaultdict(list)
    for scope, fact, at in signs:
        newest[scope, str(fact)].append(min(at, now))
    if not newest:
        return
    last = _last_spans(session, list(newest))
    longer: dict[int, int] = {}
    fresh: list[dict[str, object]] = []
    for key in sorted(newest):
        row, end = last.get(key, (None, None))
        start: int | None = None
        for at in sorted(newest[key]):
            if end is not None and at <= end:
                continue
            if end is None or at - end >= LOST_MS:
                _keep(longer, fresh, key, row, start, end)
                row, start = None, at
            end = at
        _keep(longer, fresh, key, row, start, end)
    _extend(session, longer)
    if fresh:
        session.execute(insert(models.Span), fresh)


def _keep(
    longer: dict[int, int],
    fresh: list[dict[str, object]],
    key: tuple[str, str],
    row: int | None,
    start: int | None,
    end: int | None,
) -> None:
    if end is None:
        return
    if row is not None:
        longer[row] = end
    elif start is not None:
        fresh.append({"scope_id": key[0], "kind": key[1], "starts_at": start, "ends_at": end})


def _last_spans(
    session: Session, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    span = models.Span
    latest = (
        select(span.scope_id, span.kind, func.max(span.ends_at).label("ends_at"))
        .where(tuple_(span.scope_id, span.kind).in_(keys))
        .group_by(span.scope_id, span.kind)
        .subquery()
    )
    query = select(span.scope_id, span.kind, span.id, span.ends_at).join(
        latest,
        (span.scope_id == latest.c.scope_id)
        & (span.kind == latest.c.kind)
        & (span.ends_at == latest.c.ends_at),
    )
    return {(scope, kind): (row, end) for scope, kind, row, end in session.execute(query)}


def _extend(session: Session, longer: Mapping[int, int]) -> None:
    """Lengthen spans, never shorten them, whoever else does it at the same moment."""
    rows = [{"row": row, "at": at} for row, at in sorted(longer.items())]
    if rows and session.get_bind().dialect.name == "postgresql":
        columns = {name: [one[name] for one in rows] for name in ("row", "at")}
        session.execute(text(_LENGTHEN_ALL), columns)
    elif rows:
        session.execute(text("UPDATE span SET ends_at = max(ends_at, :at) WHERE id = :row"), rows)


_LENGTHEN_ALL = """
UPDATE span SET ends_at = greatest(span.ends_at, v.at)
FROM unnest(CAST(:row AS bigint[]), CAST(:at AS bigint[])) AS v(id, at) WHERE span.id = v.id
"""


# --- What the engines and the pages tell ------------------------------------------------


def hear(heard: Sequence[Heard]) -> None:
    """Keep what the media engines reported: evidence, and the last packet before a cut."""
    signs: list[tuple[str, Fact, int]] = []
    cuts: list[Heard] = []
    for one in heard:
        if one.of_performer and one.sent_at is not None:
            signs.append((one.show_id, Fact.PERFORMER_MEDIA, one.sent_at))
        if one.seat_id is not None and one.received_at is not None:
            signs.append((one.seat_id, Fact.PAYER_MEDIA, one.received_at))
        if one.kind is EventKind.CUT and one.seat_id is not None:
            cuts.append(one)
    if signs or cuts:
        transaction(lambda session: _hear(session, signs, cuts))


def _hear(session: Session, signs: Sequence[tuple[str, Fact, int]], cuts: Sequence[Heard]) -> None:
    note(session, [*signs, *_of_parents(session, signs)])
    now = now_ms(session)
    for cut in cuts:
        # Twice when it is repeated after a crash, or heard by two servers.
        with contextlib.suppress(IntegrityError), session.begin_nested():
            _log_cut(session, cut, now)
    faultpoint("evidence.noted")


def _of_parents(
    session: Session, signs: Sequence[tuple[str, Fact, int]]
) -> list[tuple[str, Fact, int]]:
    """Return the performer's signs in privates as signs in the shows that these interrupt.

    Who watches a private unseen has a seat in the public show (R-41).
    """
    sent = [(show_id, at) for show_id, fact, at in signs if fact is Fact.PERFORMER_MEDIA]
    inside = select(Show.id, Show.parent_id).where(
        Show.id.in_({show_id for show_id, _at in sent}), Show.parent_id.is_not(None)
    )
    parents = dict(session.execute(inside).all()) if sent else {}
    return [
        (str(parents[show_id]), Fact.PERFORMER_MEDIA, at)
        for show_id, at in sent
        if show_id in parents
    ]


def _log_cut(session: Session, cut: Heard, now: int) -> None:
    if cut.last_packet_at is None or cut.until is None:
        return
    session.add(
        models.MediaLog(
            seat_id=cut.seat_id,
            grant_id=cut.grant_id,
            secured_until=cut.until,
            last_packet_at=cut.last_packet_at,
            noted_at=now,
        )
    )


class BeatBuffer:
    """The signs of life that this process heard from pages and did not write yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, Fact], list[float]] = {}

    def add(self, seat_id: str, *, grew: bool) -> None:
        """Remember that a payer's page spoke, and whether new frames were decoded."""
        facts = (Fact.PAYER_HERE, Fact.PAYER_BEAT) if grew else (Fact.PAYER_HERE,)
        with self._lock:
            moment = self._clock()
            for fact in facts:
                self._waiting.setdefault((seat_id, fact), []).append(moment)

    def flush(self) -> int:
        """Write what is waiting in one transaction; return how many signs there were."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
        if not taken:
            return 0
        transaction(lambda session: note(session, self._placed(taken, now_ms(session))))
        return sum(len(moments) for moments in taken.values())

    def _placed(
        self, taken: Mapping[tuple[str, Fact], Sequence[float]], now: int
    ) -> list[tuple[str, Fact, int]]:
        """Turn moments of this process into moments of the database's clock."""
        here = self._clock()
        return [
            (seat_id, fact, now - max(0, round((here - moment) * 1000)))
            for (seat_id, fact), moments in taken.items()
            for moment in moments
        ]


def beats() -> BeatBuffer:
    """Return the buffer of this process."""
    buffer: BeatBuffer = current_app.extensions.setdefault(SETTING, BeatBuffer())
    return buffer


# --- Reading ----------------------------------------------------------------------------

Facts = dict[tuple[str, str], list[Span]]


def read_facts(session: Session, scopes: Iterable[str]) -> Facts:
    """Return every span of seats and shows, by scope and kind, in order of time."""
    found: Facts = defaultdict(list)
    span = models.Span
    query = (
        select(span.scope_id, span.kind, span.starts_at, span.ends_at)
        .where(span.scope_id.in_(sorted(set(scopes))))
        .order_by(span.starts_at, span.id)
    )
    for scope, kind, start, end in session.execute(query):
        found[scope, kind].append(Span(start, end))
    return found


def evidence_of(facts: Facts, *, seat_id: str, show_id: str) -> Evidence:
    """Return what the spans prove for one seat."""
    performer = facts.get((show_id, Fact.PERFORMER_MEDIA), ())
    media = facts.get((seat_id, Fact.PAYER_MEDIA), ())
    beat = facts.get((seat_id, Fact.PAYER_BEAT), ())
    here = [_end(spans) for spans in (beat, facts.get((seat_id, Fact.PAYER_HERE), ()))]
    signs = [_end(media), _end(beat)]
    return Evidence(
        counted=counted_spans(
            performer_media=performer,
            payer_media=media,
            payer_beat=beat,
            excluded=facts.get((seat_id, Fact.PAUSED), ()),
        ),
        performer_last=_end(performer),
        payer_last=None if None in signs else min(sign for sign in signs if sign is not None),
        payer_here=max((moment for moment in here if moment is not None), default=None),
        performer=tuple(performer),
    )


def _end(spans: Sequence[Span]) -> int | None:
    if len(spans) == 1:
        return spans[0].end
    return max((span.end for span in spans), default=None)
