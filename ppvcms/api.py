"""Everything that a plugin may import from ppvcms, and nothing else of it.

`__version__` is the version of this interface, not of the product: a new hook
or argument raises the minor number, a removal the major one.
A name that goes is left out of `__all__`, and warns with `RemovedInApi2Warning` before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts.actor import Actor
from ppvcms.accounts.audit import record as audit
from ppvcms.accounts.fields import FieldError, ProfileField
from ppvcms.accounts.fields import parse as parse_fields
from ppvcms.accounts.invites import invite_person
from ppvcms.accounts.lookup import people, people_who, person, person_named, verified_email
from ppvcms.accounts.sessions import addresses_of
from ppvcms.accounts.studio_parts import PartView, begin_part, end_part, part_of
from ppvcms.accounts.studio_parts import parts as studio_parts
from ppvcms.content.library.field import PictureField
from ppvcms.content.library.items import LibraryPicture
from ppvcms.content.library.items import picture as library_picture
from ppvcms.content.services import render_text as markdown_html
from ppvcms.content.stored import (
    delete_file,
    file_link,
    file_of,
    keep_file,
    open_file,
    public_link,
    publish_file,
    save_file,
)
from ppvcms.db import Amount, Base, Json, Millis, Ulid, db, now_ms, transaction, unit_of_work
from ppvcms.errors import NotFoundError, PluginError, RemovedInApi2Warning
from ppvcms.events import (
    Announced,
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
    announce,
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
    room_ids_of,
    room_named,
    room_of,
    rooms_of,
    time_left_after,
    wallet,
)
from ppvcms.hookspecs import API_VERSION as __version__  # noqa: N811 - as packages call theirs
from ppvcms.hookspecs import fills, hookimpl
from ppvcms.host import deprecation
from ppvcms.host.contract import (
    ActivationCheck,
    Assets,
    BlockContext,
    CardBadge,
    CardFacts,
    Carriage,
    Carried,
    ClientBadge,
    DemoContext,
    FileLimits,
    LifecycleContext,
    NoticeChannel,
    NoticeKind,
    NoticeMessage,
    PageBlock,
    PageReader,
    Permission,
    PluginBlueprint,
    PluginMenuItem,
    PluginPage,
    Problem,
    RoomRef,
    RoomView,
    SettingsSpec,
    SitemapEntry,
    SlotContext,
    StoredFile,
    Task,
    UploadKind,
)
from ppvcms.host.facts import private_folder, public_url, shop_currency, signing_secret, test_mode
from ppvcms.host.fields import CreditsField, CreditsListField, minor_units
from ppvcms.host.files import plugin_asset
from ppvcms.host.labels import label
from ppvcms.host.processes import socket_of as process_socket
from ppvcms.host.registry import activation_checks
from ppvcms.host.registry import changed as registrations_changed
from ppvcms.host.settings import of as settings
from ppvcms.ids import new_id, new_secret
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.limits import LimitView
from ppvcms.ledger.limits import Period as SpendPeriod
from ppvcms.ledger.own_limits import set_site_limit, set_spend_limit, site_limits, spend_limits
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
    RecordingProvider,
    RecordingState,
    SignalRefusedError,
)
from ppvcms.metering.office import stop_person
from ppvcms.metering.partners import change_performers, performers_in, room_shared_by
from ppvcms.metering.performance import StudioLine, Work, studio_lines, work_of
from ppvcms.metering.performance import balances as earnings_balance
from ppvcms.metering.performance import by_day as earned_by_day
from ppvcms.metering.recording import (
    Recordable,
    forget_recording,
    open_recording,
    recordable,
    recordings_at,
    start_recording,
    stop_recording,
)
from ppvcms.metering.removal import put_out
from ppvcms.metering.sharing import Present
from ppvcms.metering.together import Together, had_together, spent_since
from ppvcms.notices.deliveries import set_reachable
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
from ppvcms.payments.holds import card_checked, check_card
from ppvcms.payments.services import IntentView, open_payments
from ppvcms.payments.shop import Way, can_hold, ways_to_pay
from ppvcms.results import Refusal
from ppvcms.rooms.chat import last_said_at
from ppvcms.rooms.listing import lasting_picture as room_picture
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
from ppvcms.rooms.office import assign as assign_room
from ppvcms.rooms.performing import alerts_of, refusal_to_perform
from ppvcms.rooms.picture import Encoded as Picture
from ppvcms.rooms.picture import encode_apart as encode_picture
from ppvcms.rooms.rate_form import (
    GUESTS,
    GuestsForm,
    RateForm,
    rate_defaults,
    recording_field,
    usual_limits,
    usual_quote,
    usual_rules,
)
from ppvcms.rooms.rates import RateRow, rate_rows
from ppvcms.rooms.rates import set_rate_for as set_price
from ppvcms.rooms.services import make_room
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
from ppvcms.sales.orders import (
    Order,
    Sold,
    refusal_to_sell,
    refusal_to_spend,
    sales_of_item,
    sell,
    sold_with,
)
from ppvcms.sales.orders import buy as buy_item
from ppvcms.sales.orders import undo as undo_sale
from ppvcms.web.cards import room_cards
from ppvcms.web.drawing import drawn
from ppvcms.web.feeds import FeedEntry, atom_feed
from ppvcms.web.guards import client_address, current_actor, policy
from ppvcms.web.pdf import Column as PdfColumn
from ppvcms.web.pdf import pdf_file
from ppvcms.web.pdf import table as pdf_table
from ppvcms.web.people import form_field
from ppvcms.web.receipts import mode_name
from ppvcms.web.sheets import csv_file

GOING = {"API_VERSION": (__version__, "API_VERSION is called __version__ in ppvcms.api.")}
"""Names that version 2 will not have: what they are, and what to use instead."""

if not TYPE_CHECKING:
    # Type checkers shall go on refusing names that do not exist.
    def __getattr__(name: str) -> object:
        """Return what goes, with a warning that its author and the owner get to see."""
        if name not in GOING:
            raise AttributeError(f"ppvcms.api has no {name}. See docs/plugins.md.")
        value, text = GOING[name]
        deprecation.warn(text)
        return value


__all__ = [
    "GUESTS",
    "AccessView",
    "ActivationCheck",
    "Actor",
    "Amount",
    "Announced",
    "Assets",
    "Base",
    "Block",
    "BlockContext",
    "Capabilities",
    "CardBadge",
    "CardFacts",
    "Carriage",
    "Carried",
    "ClientBadge",
    "CreditsField",
    "CreditsListField",
    "DemoContext",
    "Entry",
    "EscrowEnded",
    "EscrowView",
    "Event",
    "EventKind",
    "FeedEntry",
    "FieldError",
    "FileLimits",
    "ForgedError",
    "Gateway",
    "GatewayEvent",
    "GrantState",
    "GuestsForm",
    "IntentView",
    "ItemSold",
    "Json",
    "KeyReusedError",
    "Lease",
    "LibraryPicture",
    "LifecycleContext",
    "LimitView",
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
    "NotFoundError",
    "NoticeChannel",
    "NoticeKind",
    "NoticeMessage",
    "Notification",
    "Offer",
    "Op",
    "Order",
    "Outcome",
    "PageBlock",
    "PageReader",
    "PartView",
    "PayerRole",
    "PaymentSettled",
    "PdfColumn",
    "Permission",
    "Picture",
    "PictureField",
    "PluginBlueprint",
    "PluginError",
    "PluginMenuItem",
    "PluginPage",
    "Present",
    "Problem",
    "ProfileField",
    "Quote",
    "RateForm",
    "RateLimits",
    "RateRow",
    "Recordable",
    "RecordingProvider",
    "RecordingState",
    "Redirect",
    "Refusal",
    "RemovedInApi2Warning",
    "RequestChanged",
    "Result",
    "Right",
    "RoomFacts",
    "RoomMode",
    "RoomRef",
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
    "SitemapEntry",
    "SlotContext",
    "Sold",
    "SpendPeriod",
    "SpentInRoom",
    "StoredFile",
    "StudioLine",
    "Task",
    "Together",
    "TransferPosted",
    "Trust",
    "Ulid",
    "UploadKind",
    "UserRegistered",
    "Voyeurs",
    "Way",
    "Work",
    "__version__",
    "access_history",
    "access_of",
    "activation_checks",
    "addresses_of",
    "alerts_of",
    "announce",
    "assign_room",
    "atom_feed",
    "audit",
    "begin_access",
    "begin_part",
    "buy_directly",
    "buy_item",
    "can_hold",
    "card_checked",
    "change_performers",
    "charge",
    "check_card",
    "client_address",
    "credits_text",
    "csv_file",
    "current_actor",
    "db",
    "delete_file",
    "direct_price",
    "drawn",
    "earned_by_day",
    "earnings_balance",
    "encode_picture",
    "end_part",
    "escrow_of",
    "escrow_pay",
    "escrow_put",
    "escrow_refund",
    "file_link",
    "file_of",
    "fills",
    "forget_recording",
    "form_field",
    "give_access",
    "give_credits",
    "given_access",
    "had_together",
    "hookimpl",
    "invite_person",
    "keep_file",
    "label",
    "last_said_at",
    "library_picture",
    "make_room",
    "markdown_html",
    "minor_units",
    "mode_name",
    "names_of",
    "new_id",
    "new_secret",
    "now_ms",
    "once",
    "open_file",
    "open_payments",
    "open_recording",
    "parse_fields",
    "part_of",
    "pdf_file",
    "pdf_table",
    "people",
    "people_who",
    "performers_in",
    "performers_of",
    "person",
    "person_named",
    "plugin_asset",
    "policy",
    "post_chat",
    "private_folder",
    "process_socket",
    "public_link",
    "public_url",
    "publish_file",
    "push_person",
    "push_room",
    "put_on_sale",
    "put_out",
    "rate_defaults",
    "rate_rows",
    "recordable",
    "recording_field",
    "recordings_at",
    "refusal_to_perform",
    "refusal_to_sell",
    "refusal_to_spend",
    "registrations_changed",
    "role_names",
    "room_cards",
    "room_ids_of",
    "room_named",
    "room_of",
    "room_picture",
    "room_shared_by",
    "rooms_of",
    "sales_of_item",
    "save_file",
    "sell",
    "send_notice",
    "set_price",
    "set_reachable",
    "set_site_limit",
    "set_spend_limit",
    "settings",
    "shop_currency",
    "signing_secret",
    "site_limits",
    "sold_with",
    "spend_limits",
    "spent_since",
    "start_recording",
    "stocks",
    "stop_person",
    "stop_recording",
    "studio_lines",
    "studio_parts",
    "take_back_access",
    "take_off_sale",
    "test_mode",
    "time_left_after",
    "transaction",
    "undo_sale",
    "unit_of_work",
    "use_access",
    "usual_limits",
    "usual_quote",
    "usual_rules",
    "verified_email",
    "wallet",
    "ways_to_pay",
    "work_of",
]
