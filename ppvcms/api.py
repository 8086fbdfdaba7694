"""Everything that a plugin may import from ppvcms, and nothing else of it.

`API_VERSION` is the version of this interface, not of the product: a new hook
or argument raises the minor number, a removal the major one.
"""

from __future__ import annotations

from ppvcms.accounts.actor import Actor
from ppvcms.accounts.audit import record as audit
from ppvcms.accounts.lookup import people, person, person_named
from ppvcms.accounts.studio_parts import PartView, begin_part, end_part, part_of
from ppvcms.accounts.studio_parts import parts as studio_parts
from ppvcms.db import Amount, Base, Json, Millis, Ulid, db, now_ms, transaction, unit_of_work
from ppvcms.errors import PluginError
from ppvcms.events import (
    EscrowEnded,
    Event,
    ItemSold,
    MessageSent,
    ModeChanged,
    PaymentSettled,
    RequestChanged,
    SeatClosed,
    SeatExhausted,
    SeatOpened,
    SeatPaused,
    SeatResumed,
    ShowEnded,
    ShowStarted,
    SpentInRoom,
    TransferPosted,
    UserRegistered,
)
from ppvcms.facade import (
    charge,
    escrow_pay,
    escrow_put,
    escrow_refund,
    give_credits,
    names_of,
    performers_of,
    post_chat,
    push_person,
    push_room,
    role_names,
    room_named,
    room_of,
    rooms_of,
    time_left_after,
    wallet,
)
from ppvcms.hookspecs import API_VERSION, hookimpl
from ppvcms.host.contract import (
    Assets,
    CardFacts,
    ClientBadge,
    DemoContext,
    LifecycleContext,
    NoticeKind,
    Permission,
    PluginBlueprint,
    PluginMenuItem,
    Problem,
    RoomView,
    SettingsSpec,
    SlotContext,
    Task,
)
from ppvcms.host.facts import public_url, signing_secret, test_mode
from ppvcms.host.fields import CreditsField, CreditsListField, credits_text
from ppvcms.host.files import plugin_asset
from ppvcms.host.labels import label
from ppvcms.host.processes import socket_of as process_socket
from ppvcms.host.registry import changed as registrations_changed
from ppvcms.host.settings import of as settings
from ppvcms.ids import new_id, new_secret
from ppvcms.ledger.store import KeyReusedError, once
from ppvcms.media.contract import (
    EventKind,
    GrantState,
    Lease,
    MediaCapabilities,
    MediaEvent,
    MediaProvider,
    MediaRole,
    MediaUnavailableError,
    SignalRefusedError,
)
from ppvcms.notices.services import send_notice
from ppvcms.payments.contract import (
    Capabilities,
    ForgedError,
    Gateway,
    GatewayEvent,
    Money,
    Notification,
    Op,
    Outcome,
    Redirect,
    Result,
    Trust,
)
from ppvcms.payments.services import open_payments
from ppvcms.payments.shop import Way, ways_to_pay
from ppvcms.results import Refusal
from ppvcms.rooms.modes import (
    Block,
    Entry,
    ModeRules,
    PayerRole,
    Quote,
    RateLimits,
    RoomFacts,
    RoomMode,
    Voyeurs,
)
from ppvcms.sales.access import AccessView, Offer, Right, access_of
from ppvcms.sales.access import begin as begin_access
from ppvcms.sales.access import give as give_access
from ppvcms.sales.access import given_of as given_access
from ppvcms.sales.access import history as access_history
from ppvcms.sales.access import take_back as take_back_access
from ppvcms.sales.access import use as use_access
from ppvcms.sales.direct import buy_directly, direct_price
from ppvcms.sales.escrow import EscrowView
from ppvcms.sales.escrow import find as escrow_of
from ppvcms.sales.goods import put_on_sale, stocks, take_off_sale
from ppvcms.sales.orders import Order, Sold, refusal_to_sell, refusal_to_spend, sales_of_item, sell
from ppvcms.sales.orders import buy as buy_item
from ppvcms.sales.orders import undo as undo_sale
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.pdf import Column as PdfColumn
from ppvcms.web.pdf import pdf_file
from ppvcms.web.pdf import table as pdf_table
from ppvcms.web.sheets import csv_file

__all__ = [
    "API_VERSION",
    "AccessView",
    "Actor",
    "Amount",
    "Assets",
    "Base",
    "Block",
    "Capabilities",
    "CardFacts",
    "ClientBadge",
    "CreditsField",
    "CreditsListField",
    "DemoContext",
    "Entry",
    "EscrowEnded",
    "EscrowView",
    "Event",
    "EventKind",
    "ForgedError",
    "Gateway",
    "GatewayEvent",
    "GrantState",
    "ItemSold",
    "Json",
    "KeyReusedError",
    "Lease",
    "LifecycleContext",
    "MediaCapabilities",
    "MediaEvent",
    "MediaProvider",
    "MediaRole",
    "MediaUnavailableError",
    "MessageSent",
    "Millis",
    "ModeChanged",
    "ModeRules",
    "Money",
    "NoticeKind",
    "Notification",
    "Offer",
    "Op",
    "Order",
    "Outcome",
    "PartView",
    "PayerRole",
    "PaymentSettled",
    "PdfColumn",
    "Permission",
    "PluginBlueprint",
    "PluginError",
    "PluginMenuItem",
    "Problem",
    "Quote",
    "RateLimits",
    "Redirect",
    "Refusal",
    "RequestChanged",
    "Result",
    "Right",
    "RoomFacts",
    "RoomMode",
    "RoomView",
    "SeatClosed",
    "SeatExhausted",
    "SeatOpened",
    "SeatPaused",
    "SeatResumed",
    "SettingsSpec",
    "ShowEnded",
    "ShowStarted",
    "SignalRefusedError",
    "SlotContext",
    "Sold",
    "SpentInRoom",
    "Task",
    "TransferPosted",
    "Trust",
    "Ulid",
    "UserRegistered",
    "Voyeurs",
    "Way",
    "access_history",
    "access_of",
    "audit",
    "begin_access",
    "begin_part",
    "buy_directly",
    "buy_item",
    "charge",
    "credits_text",
    "csv_file",
    "current_actor",
    "db",
    "direct_price",
    "end_part",
    "escrow_of",
    "escrow_pay",
    "escrow_put",
    "escrow_refund",
    "give_access",
    "give_credits",
    "given_access",
    "hookimpl",
    "label",
    "names_of",
    "new_id",
    "new_secret",
    "now_ms",
    "once",
    "open_payments",
    "part_of",
    "pdf_file",
    "pdf_table",
    "people",
    "performers_of",
    "person",
    "person_named",
    "plugin_asset",
    "policy",
    "post_chat",
    "process_socket",
    "public_url",
    "push_person",
    "push_room",
    "put_on_sale",
    "refusal_to_sell",
    "refusal_to_spend",
    "registrations_changed",
    "role_names",
    "room_named",
    "room_of",
    "rooms_of",
    "sales_of_item",
    "sell",
    "send_notice",
    "settings",
    "signing_secret",
    "stocks",
    "studio_parts",
    "take_back_access",
    "take_off_sale",
    "test_mode",
    "time_left_after",
    "transaction",
    "undo_sale",
    "unit_of_work",
    "use_access",
    "wallet",
    "ways_to_pay",
]
