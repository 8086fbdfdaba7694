"""Everything that changes the books: transfers, holds, credits, charges, keys.

The only module that other parts write money with; the rest of `ppvcms.ledger`
is behind it. Every function takes the session of an open write transaction
first and keeps the order of locks: advisory names, then accounts by id. An
expected no is a `Refusal` and has changed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.faultpoints import faultpoint
from ppvcms.ledger.accounts import (
    AccountKind,
    Wallet,
    account_view,
    balance_of,
    open_account,
    paid_from,
    wallet_of,
    wallet_view,
)
from ppvcms.ledger.batch import USAGE, BatchResult, HoldPosting, post_batch
from ppvcms.ledger.books import (
    CREDITS,
    Draft,
    Line,
    Part,
    Share,
    Sharer,
    lines_of,
    shares_of,
    split_charge,
)
from ppvcms.ledger.chain import seal
from ppvcms.ledger.errors import HoldError, KeyReusedError, LedgerError, NotBalancedError
from ppvcms.ledger.holds import capture_hold, extend_hold, open_part, place_hold, release_hold
from ppvcms.ledger.keys import once
from ppvcms.ledger.models import Account, EarningRelease, Entry, Transfer
from ppvcms.ledger.moves import (
    Locked,
    Posted,
    first_posting,
    lock_accounts,
    over_limit,
    refusal_to_move,
    refusal_to_take,
    serialise,
    write,
)
from ppvcms.ledger.rollups import rollup
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = [
    "CREDITS",
    "USAGE",
    "AccountKind",
    "BatchResult",
    "HoldError",
    "HoldPosting",
    "KeyReusedError",
    "LedgerError",
    "Locked",
    "NotBalancedError",
    "Posted",
    "Wallet",
    "account_view",
    "balance_of",
    "buy_credits",
    "capture_hold",
    "charge",
    "extend_hold",
    "give",
    "lock_accounts",
    "once",
    "open_account",
    "open_part",
    "over_limit",
    "place_hold",
    "post",
    "post_batch",
    "release_hold",
    "reverse_transfer",
    "rollup",
    "seal",
    "shares_for",
    "wallet_of",
    "wallet_view",
]


def post(session: Session, draft: Draft) -> Posted | Refusal:
    """Write a transfer, unless it would take more than is available (R-02, R-03, R-04).

    The refusal "funds" says how many minor units are missing; "limit" is the
    person's own or the site's (WL-16).

    Raises:
        KeyReusedError: The key was used for a transfer with other content.
    """
    accounts = lock_accounts(session, (line.account_id for line in draft.lines))
    if not accounts:
        # Nothing was locked that a second call with this key would wait for.
        serialise(session, f"transfer:{draft.key}")
    faultpoint("spend.locked")
    if first := first_posting(session, draft):
        return first
    for line in draft.lines:
        account = accounts.get(line.account_id)
        if account is None:
            continue
        # A reversal takes back what was credited; no limit of spending stands against it.
        refuse = refusal_to_take if draft.reverses is None else refusal_to_move
        if line.amount < 0 and (refusal := refuse(account, -line.amount)):
            return refusal
        account.move(balance=line.amount)
    return write(session, draft, accounts)


def buy_credits(  # noqa: PLR0913 - all but the first are given by name
    session: Session,
    *,
    user_id: str,
    credits: int,  # noqa: A002 - the site's currency is called so
    bonus: int,
    price: int,
    price_currency: str,
    provider: str,
    key: str,
    source: str,
    memo: str,
    actor_id: str | None,
    kind: str = "deposit",
) -> Posted:
    """Credit a wallet with what was paid for at a gateway, and the site's bonus on top.

    One transfer in two currencies: the provider owes the site the price, the
    wallet gets the credits. A price of 0 is left out. The kind `deposit` belongs
    to facts of a gateway (I12); other sources of credits name their own.

    Raises:
        NotBalancedError: An amount is below 0, or there are no credits.
        KeyReusedError: The key was used for another purchase.
    """
    if min(credits, bonus, price) < 0 or credits + bonus == 0:
        raise NotBalancedError("Credits and price of a purchase are never below 0.")

    def site(account: AccountKind, owner: str, currency: str) -> str:
        owner_kind = "provider" if account is AccountKind.GATEWAY else "site"
        return open_account(session, account, owner_kind, owner, currency).id

    lines = [Line(wallet_of(session, user_id).id, CREDITS, credits + bonus)]
    if credits:
        lines.append(Line(site(AccountKind.ISSUED, "credits", CREDITS), CREDITS, -credits))
    if bonus:
        lines.append(Line(site(AccountKind.PROMOTION_COST, "bonus", CREDITS), CREDITS, -bonus))
    if price:
        gateway = site(AccountKind.GATEWAY, provider, price_currency)
        sales = site(AccountKind.SALES, "credits", price_currency)
        lines += [Line(gateway, price_currency, -price), Line(sales, price_currency, price)]
    posted = post(session, Draft(kind, key, source, memo, tuple(lines), actor_id))
    if isinstance(posted, Refusal):
        raise LedgerError(str(posted))
    return posted


def charge(  # noqa: PLR0913 - all but the first are given by name
    session: Session,
    *,
    payer_id: str,
    amount: int,
    sharers: Sequence[Sharer],
    kind: str,
    key: str,
    source: str,
    memo: str,
    actor_id: str | None,
) -> Posted | Refusal:
    """Take `amount` minor units of credits from a person's wallet and divide them (R-44, R-47).

    Performers and studios earn on hold, the site gets the rest as revenue of
    this kind. Held money is never touched. A repeat is recognised by payer,
    amount, kind, source and memo: the first division stands, whatever the
    ratios are by now.

    Raises:
        NotBalancedError: The amount is not above 0 or the sharers take more than all.
        KeyReusedError: The key was used for another charge.
    """
    wallet = wallet_of(session, payer_id)
    if first := _first_charge(session, wallet.id, amount, kind, key, source, memo):
        return first
    shares = shares_for(session, amount, sharers, site=kind)
    lines = (Line(wallet.id, CREDITS, -amount), *lines_of(shares, CREDITS))
    return post(session, Draft(kind, key, source, memo, lines, actor_id, shares=shares))


def give(
    session: Session,
    *,
    giver_id: str,
    receiver_id: str,
    amount: int,
    key: str,
    source: str,
    memo: str,
) -> Posted | Refusal:
    """Move `amount` minor units of credits from one person's wallet to another's (WL-13).

    Held money is never touched.

    Raises:
        NotBalancedError: The amount is not above 0, or both are one person.
        KeyReusedError: The key was used for something else.
    """
    giver, receiver = wallet_of(session, giver_id), wallet_of(session, receiver_id)
    if amount <= 0:
        raise NotBalancedError("A gift is above 0.")
    lines = (Line(giver.id, CREDITS, -amount), Line(receiver.id, CREDITS, amount))
    return post(session, Draft("credit_gift", key, source, memo, lines, giver_id))


def shares_for(
    session: Session, amount: int, sharers: Sequence[Sharer], *, site: str
) -> tuple[Share, ...]:
    """Divide `amount` minor units of credits and open the accounts of all who share (R-47).

    `site` names the kind of the site's income, such as "tip" or "private". What a
    studio collects is the performer's share on the studio's account (CM-08).
    """

    def account_of(part: Part) -> str:
        kind = AccountKind.REVENUE if part.party_kind == "site" else AccountKind.EARNING_HOLD
        owner = (part.party_kind, part.party_id)
        if part.collected_by is not None:
            owner = ("studio", part.collected_by)
        return open_account(session, kind, *owner, CREDITS).id

    return shares_of(split_charge(amount, sharers, site), account_of)


def reverse_transfer(
    session: Session, transfer_id: str, *, key: str, reason: str, actor_id: str | None
) -> Posted | Refusal:
    """Undo a transfer whole by a new one that names it (R-02, R-46).

    Earnings that were released meanwhile are taken from what is available (R-71).
    The refusals are "funds", when an account has spent what it got, and
    "reversed", when it was undone before.

    Raises:
        LedgerError: There is no such transfer.
        KeyReusedError: The key was used for something else.
    """
    serialise(session, f"reverse:{transfer_id}")
    written = session.get(Transfer, transfer_id)
    if written is None:
        raise LedgerError(f"There is no transfer '{transfer_id}'.")
    undone = session.scalar(select(Transfer).filter_by(reverses=transfer_id))
    if undone is not None and (undone.key, undone.memo) == (key, reason):
        return Posted(undone.id, repeated=True)
    if undone is not None:
        return Refusal("reversed", _("This was taken back before. Nothing was moved."))
    draft = Draft(
        kind="reversal",
        key=key,
        source=written.source,
        memo=reason,
        lines=_lines_back(session, written),
        actor_id=actor_id,
        reverses=transfer_id,
    )
    return post(session, draft)


def _lines_back(session: Session, written: Transfer) -> tuple[Line, ...]:
    """Return the opposite of a transfer's entries, from where the money is now."""
    entries = session.scalars(
        select(Entry).filter_by(transfer_id=written.id).order_by(Entry.id)
    ).all()
    on_hold = session.scalars(
        select(Account).where(
            Account.id.in_([entry.account_id for entry in entries]),
            Account.kind == AccountKind.EARNING_HOLD.value,
        )
    )
    now_on = {account.id: paid_from(session, account) for account in on_hold}
    # A release of the same day waits for this lock, or is seen behind it.
    lock_accounts(session, [*(entry.account_id for entry in entries), *now_on.values()])
    day = written.made_at // 86_400_000
    released = set(
        session.scalars(
            select(EarningRelease.account_id).where(
                EarningRelease.account_id.in_(now_on), EarningRelease.day == day
            )
        )
    )
    return tuple(
        Line(
            now_on[entry.account_id] if entry.account_id in released else entry.account_id,
            entry.currency,
            -entry.amount,
        )
        for entry in entries
    )


def _first_charge(
    session: Session, wallet_id: str, amount: int, kind: str, key: str, source: str, memo: str
) -> Posted | None:
    known = session.execute(
        select(Transfer.id, Transfer.kind, Transfer.source, Transfer.memo, Entry.amount)
        .join(Entry, (Entry.transfer_id == Transfer.id) & (Entry.account_id == wallet_id))
        .where(Transfer.key == key)
    ).first()
    if known is None or tuple(known[1:]) != (kind, source, memo, -amount):
        # Unknown, or for `post` to refuse.
        return None
    return Posted(known.id, repeated=True)
