"""Connecting what lies below with the meter, once for each application."""

from __future__ import annotations

from ppvcms.media import ingest, services
from ppvcms.media import sockets as media_sockets
from ppvcms.metering import audience, evidence, seats, sockets
from ppvcms.rooms import payers, shows
from ppvcms.rooms import sockets as room_sockets

SOCKETS = (media_sockets, room_sockets, sockets)
"""The modules that declare what pages may send; importing them is what declares it."""


def link() -> None:
    """Let media ask for the leases of seats, and rooms and meter hear what engines tell."""
    services.read_seats_with(seats.lease_of)
    payers.read_with(audience.payers, audience.unseen, audience.served)
    ingest.on_evidence(shows.heard)
    ingest.on_evidence(evidence.hear)
