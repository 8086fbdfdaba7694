"""To whom the objects behind routes and socket events belong; names are those of `world`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = frozenset({"all"})
BEN, MARA, BOSS = frozenset({"ben"}), frozenset({"mara"}), frozenset({"boss"})
STAFF = frozenset({"mod", "olga"})


@dataclass(frozen=True)
class Rule:
    """Who may; which ids the question needs; `quiet`: a no is said on a page, not by a status."""

    who: frozenset[str]
    needs: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False

    def given(self, ids: Mapping[str, str]) -> dict[str, str]:
        """Return ids of this route that go by another name in the world."""
        return {name: ids[other] for name, other in self.instead.items() if other in ids}


OPEN = Rule(ALL)
SELLER = MARA | STAFF
RULES: dict[str, Rule] = {
    "account.end_session": Rule(BEN, ("session_id",), quiet=True),
    "auth.reset": OPEN,
    "auth.verify": OPEN,
    "earnings.show": Rule(MARA, ("over_id",), {"seat_id": "over_id"}),
    "files.asset": OPEN,
    "files.image": OPEN,
    "files.library_picture": OPEN,
    "files.look_picture": OPEN,
    "files.look_sheet": OPEN,
    "languages.choose": OPEN,
    "media_files.add": Rule(MARA, ("upload_id",)),
    "media_files.cancel": Rule(MARA, ("upload_id",), quiet=True),
    "media_files.finish": Rule(MARA, ("upload_id",)),
    "media_files.library_file": OPEN,
    "media_files.look": Rule(MARA, ("upload_id",)),
    "media_files.private_file": OPEN,
    "media_files.public_file": OPEN,
    "notices.show": Rule(BEN, ("notice_id",)),
    "pages.page": OPEN,
    "pay.checkout": Rule(BEN, ("intent_id",)),
    "pay.intent_json": Rule(BEN, ("intent_id",)),
    "pay.notify": OPEN,
    "pay.returned": Rule(BEN, ("intent_id",)),
    "perform.guest": Rule(frozenset(), ("slug",)),
    "perform.remove_picture": Rule(MARA, ("image_id",), quiet=True),
    "receipts.show": Rule(BEN, ("over_id",), {"seat_id": "over_id"}),
    "search.sitemap_file": OPEN,
    "site.next_room": OPEN,
    "site.private": Rule(BEN, ("seat_id",)),
    "site.profile": OPEN,
    "site.room": OPEN,
    "site.room_state": OPEN,
    # Plugins, each as long as it is there.
    "activation.request_tick": OPEN,
    "chat_tools.lift": Rule(SELLER, ("slug",), {"measure_id": "question_id"}),
    "chat_tools.room": Rule(SELLER, ("slug",)),
    "checkin.answer": Rule(frozenset(), ("proposal_id",), quiet=True),
    "checkin.withdraw": Rule(MARA, ("proposal_id",), quiet=True),
    "events.cancel": Rule(MARA | STAFF, ("event_id",), quiet=True),
    "events.edit": Rule(MARA, ("event_id",)),
    "events.file": OPEN,
    "events.room_file": OPEN,
    "events.show": OPEN,
    "events.wish": OPEN,
    "follow.toggle": OPEN,
    "gateway_sandbox.choose": OPEN,
    "gateway_sandbox.page": OPEN,
    "paid_items.answer_recording": Rule(MARA | {"dora"}, ("recording_id",), quiet=True),
    "paid_items.delete_recording": Rule(MARA, ("recording_id",), quiet=True),
    "paid_items.recording_item": Rule(MARA, ("recording_id",), quiet=True),
    "paid_items.add_files": Rule(SELLER, ("item_id",), quiet=True),
    "paid_items.add_offer": Rule(SELLER, ("item_id",)),
    "paid_items.arrived": Rule(BEN, ("delivery_id",)),
    "paid_items.begin": Rule(frozenset(), ("item_id",), quiet=True),
    "paid_items.buy": OPEN,
    "paid_items.cancel": Rule(SELLER, ("delivery_id",)),
    "paid_items.code": OPEN,
    "paid_items.edit": Rule(SELLER, ("item_id",)),
    "paid_items.end_given": Rule(SELLER, ("item_id",)),
    "paid_items.end_offer": Rule(SELLER, ("item_id", "offer_id"), quiet=True),
    "paid_items.give": Rule(SELLER, ("item_id",)),
    "paid_items.item": OPEN,
    "paid_items.links": OPEN,
    "paid_items.make_code": Rule(SELLER, ("item_id",)),
    "paid_items.new": OPEN,
    "paid_items.remove_file": Rule(SELLER, ("item_id", "media_id"), quiet=True),
    "paid_items.sales": Rule(SELLER, ("item_id",)),
    "paid_items.send": Rule(SELLER, ("delivery_id",)),
    "paid_items.set_parts": Rule(SELLER, ("item_id",), quiet=True),
    "paid_items.set_shown": Rule(SELLER, ("item_id",)),
    "paid_items.set_state": Rule(SELLER, ("item_id",)),
    "paid_items.take": Rule(SELLER, ("item_id", "media_id"), quiet=True),
    "questions.ask": OPEN,
    "questions.attachment": Rule(BEN | MARA, ("attachment_id",)),
    "questions.refuse": Rule(MARA, ("question_id",), quiet=True),
    "questions.reply": Rule(MARA, ("question_id",), quiet=True),
    "questions.thread": Rule(BEN | MARA, ("question_id",)),
    "questions.withdraw": Rule(BEN, ("question_id",), quiet=True),
    "reviews.reply": Rule(MARA, ("review_id",), quiet=True),
    "reviews.room": OPEN,
    "reviews.write": OPEN,
    "room_access.buy": OPEN,
    "room_access.door": OPEN,
    "room_access.password": OPEN,
    "studios.accept": Rule(MARA, ("offered_id",), {"contract_id": "offered_id"}, quiet=True),
    "studios.enabled": Rule(BOSS, ("member_id",), {"performer_id": "member_id"}, quiet=True),
    "studios.give": Rule(BOSS, ("house_room_id",), {"room_id": "house_room_id"}, quiet=True),
    "studios.leave": Rule(MARA, ("running_id",), {"contract_id": "running_id"}, quiet=True),
    "studios.notice": Rule(BOSS, ("running_id",), {"contract_id": "running_id"}, quiet=True),
    "studios.person": Rule(BOSS, ("member_id",), {"performer_id": "member_id"}),
    "studios.prices": Rule(BOSS, ("house_room_id",), {"room_id": "house_room_id"}),
    "studios.refuse": Rule(MARA, ("offered_id",), {"contract_id": "offered_id"}, quiet=True),
    "studios.rights": Rule(BOSS, ("member_id",), {"performer_id": "member_id"}, quiet=True),
    "studios.statement_csv": Rule(BOSS, ("member_id",), {"performer_id": "member_id"}),
    "studios.statement_pdf": Rule(BOSS, ("member_id",), {"performer_id": "member_id"}),
    "studios.take": Rule(MARA, ("house_room_id",), {"room_id": "house_room_id"}, quiet=True),
    "studios.withdraw": Rule(BOSS, ("offered_id",), {"contract_id": "offered_id"}, quiet=True),
    "verification.bring": OPEN,
    "verification.subject": Rule(MARA, ("further_id",), {"subject_id": "further_id"}),
    "verification.subject_bring": Rule(MARA, ("further_id",), {"subject_id": "further_id"}),
    "verification.subject_details": Rule(MARA, ("further_id",), {"subject_id": "further_id"}),
    "verification.subject_leave": Rule(
        MARA, ("further_id",), {"subject_id": "further_id"}, quiet=True
    ),
    "verification.subject_send": Rule(MARA, ("further_id",), {"subject_id": "further_id"}),
    "verification.take_back": Rule(MARA, ("paper_id",), quiet=True),
}
