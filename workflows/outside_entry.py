"""What one line becomes: a claim paid elsewhere on an instalment, or a recovery that came back elsewhere; and its
end when the file is taken back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from grants.awards.import_values import months_later
from grants.awards.models import Agreement, AgreementState, Award, Claim, Instalment, InstalmentKind
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.service import Kind, Place, Stage, key_for, post
from grants.ledger.service import Line as Moved
from grants.payments import outside_queries as queries
from grants.payments.models import (
    OutsideEntry,
    OutsideImport,
    OutsideKind,
    Receipt,
    Recovery,
    RecoveryState,
)
from grants.payments.queries import shares
from workflows.claim import lifecycle as claims
from workflows.recovery import move_parts

K = OutsideKind
PATH = (  # every payment has gone through these, here or elsewhere
    (Kind.LIQUIDATE, Stage.COMMITTED, Stage.PAYABLE),
    (Kind.ORDER, Stage.PAYABLE, Stage.ORDERED),
    (Kind.REMIT, Stage.ORDERED, Stage.REMITTED),
    (Kind.PAY, Stage.REMITTED, Stage.PAID),
)


def _marked(entry: OutsideEntry, award: Award) -> str:
    """The document of its operations: what the bank calls it, and how often it was entered and taken back before."""
    before = select(func.count()).where(
        OutsideEntry.award_id == award.id,
        OutsideEntry.kind == entry.kind,
        OutsideEntry.bank_reference == entry.bank_reference,
    )
    times = db.session.scalar(before) or 0
    name = f"{award.number} {entry.bank_reference or entry.kind.value}"
    return f"{name} ({times + 1})" if times else name


def _reason(entry: OutsideEntry, one: OutsideImport) -> str:
    return " · ".join(part for part in (entry.purpose, f"{one.filename}: {entry.row}", one.sha256[:16]) if part)


# --- a payment ------------------------------------------------------------------------------------------------


def pay(entry: OutsideEntry, award: Award, one: OutsideImport) -> None:
    agreement = award.agreement or _agreement(award)
    award.agreement = agreement
    instalment = _instalment(agreement, entry)
    claim = Claim(
        instalment=instalment,
        currency=entry.currency,
        claimed_minor=entry.amount_minor,
        statement=entry.purpose,
    )
    db.session.add(claim)
    db.session.flush()
    paid = {
        "accepted_minor": entry.amount_minor,
        "bank_reference": entry.bank_reference or None,
        "value_date": entry.on,
    }
    claims.fire("paid_outside", claim, None, set=paid, file=str(one.id), amount=entry.amount_minor)
    entry.claim_id = claim.id
    grant, document = (award.call_id, award.commission_id, award.id), _marked(entry, award)
    for kind, source, target in PATH:
        start = Place(source, *grant, None if source is Stage.COMMITTED else instalment.id)
        posted = post(
            award.fund_id,
            kind,
            [Moved(start, Place(target, *grant, instalment.id), entry.amount)],
            actor=one.confirmed_by,
            key=key_for("outside", one.id, entry.row, kind),
            document=document,
            reason=_reason(entry, one),
            value_date=entry.on,
        )
        entry.first_op = entry.first_op or posted.no
        entry.last_op = posted.no


def _agreement(award: Award) -> Agreement:
    """Of an award that was imported: in force, all of it still to claim in one balance payment."""
    ends_on = award.ends_on
    if ends_on is None and award.duration_months:
        ends_on = months_later(award.starts_on or award.awarded_on, award.duration_months)
    starts_on = award.starts_on or award.awarded_on
    agreement = Agreement(
        award=award, state=AgreementState.ACTIVE, imported=True, starts_on=starts_on, ends_on=ends_on, instalments=[]
    )
    db.session.add(agreement)
    _add(agreement, award.amount, ends_on or now().date())
    record("agreement.imported", agreement, None, after={"award": award.number})
    return agreement


def _instalment(agreement: Agreement, entry: OutsideEntry) -> Instalment:
    """The one it paid: the next of the plan; where the agreement was imported, the plan gives way to what happened."""
    waiting = queries.unclaimed(agreement)
    paid = waiting[0]
    if not agreement.imported:
        return paid
    left = paid.amount_minor - entry.amount_minor
    paid.amount_minor = entry.amount_minor
    paid.due_on = entry.on
    last = left <= 0 and sum(one.amount_minor for one in waiting[1:]) + left == 0
    paid.kind = InstalmentKind.PREFINANCING if entry.kind is K.ADVANCE else _costs(last)
    paid.percent = _percent(agreement.award, paid.amount_minor)
    if left > 0 and waiting[1:]:
        waiting[-1].amount_minor += left
    elif left > 0:
        _add(agreement, Money(left, entry.currency), agreement.ends_on or now().date())
    for one in waiting[1:] if left < 0 else ():
        part = min(one.amount_minor, -left)
        left += part
        if one.amount_minor == part:
            agreement.instalments.remove(one)
            db.session.delete(one)
        else:
            one.amount_minor -= part
    db.session.flush()
    return paid


def _costs(last: bool) -> InstalmentKind:
    return InstalmentKind.BALANCE if last else InstalmentKind.INTERIM


def _add(agreement: Agreement, amount: Money, due_on: date) -> None:
    position = max((one.position for one in agreement.instalments), default=0) + 1
    agreement.instalments.append(
        Instalment(
            position=position,
            kind=InstalmentKind.BALANCE,
            percent=_percent(agreement.award, amount.minor),
            currency=amount.currency,
            amount_minor=amount.minor,
            due_on=due_on,
            claims=[],
        )
    )
    db.session.flush()


def _percent(award: Award, minor: int) -> int:
    """The share of the award, to the nearest whole percent; the amount is what counts."""
    return min(max((200 * minor + award.amount_minor) // (2 * award.amount_minor), 1), 100)


# --- what came back -------------------------------------------------------------------------------------------


def recover(entry: OutsideEntry, award: Award, one: OutsideImport) -> None:
    """A recovery order, its notice and its collection, all done elsewhere on that day."""
    confirmed = one.confirmed_by
    assert confirmed is not None  # noqa: S101 - a CHECK says so
    reason, document = _reason(entry, one), _marked(entry, award)
    recovery = Recovery(
        fund_id=award.fund_id,
        award_id=award.id,
        number=f"OE-{document}",
        state=RecoveryState.COLLECTED,
        currency=entry.currency,
        amount_minor=entry.amount_minor,
        received_minor=entry.amount_minor,
        reason=entry.purpose or entry.bank_reference or one.filename,
        established_by_id=one.officer_id,
        due_on=entry.on,
    )
    db.session.add(recovery)
    db.session.flush()
    entry.recovery_id = recovery.id
    record("recovery.collected_outside", recovery, confirmed, after={"amount": entry.amount_minor})
    parts = _parts(award, entry.amount_minor, entry.on)
    claimed = move_parts(
        award, Kind.CLAIM, Stage.PAID, Stage.TO_RECOVER, parts, confirmed,
        document=document, reason=reason, value_date=entry.on,
    )  # fmt: skip
    received = move_parts(
        award, Kind.RECOVER, Stage.TO_RECOVER, Stage.RECOVERED, parts, confirmed,
        document=document, reason=reason, value_date=entry.on,
    )  # fmt: skip
    entry.first_op, entry.last_op = claimed, received
    db.session.add(
        Receipt(
            fund_id=award.fund_id,
            recovery_id=recovery.id,
            currency=entry.currency,
            amount_minor=entry.amount_minor,
            bank_reference=document,
            value_date=entry.on,
            op=received,
            recorded_by_id=confirmed.id,
        )
    )
    db.session.flush()


def _parts(award: Award, amount: int, on: date) -> Sequence[tuple[UUID, int]]:
    """What had been paid last by that day comes back first; then, if that is not enough, what was paid after."""
    held = shares(award)
    found = select(Claim.instalment_id).join(Claim.instalment).join(Instalment.agreement)
    early = set(db.session.scalars(found.where(Agreement.award_id == award.id, Claim.value_date <= on)))
    first, taken = [one for one in reversed(held.instalments) if one in early], []
    for one in (*first, *(one for one in reversed(held.instalments) if one not in early)):
        part = min(amount, held.minor.get((one, str(Stage.PAID)), 0))
        if part > 0:
            taken.append((one, part))
            amount -= part
    return taken


def forget(entry: OutsideEntry) -> None:
    """What it made beside the ledger is gone; the entry and the events say that it was there."""
    claim_id, recovery_id = entry.claim_id, entry.recovery_id
    entry.claim_id, entry.recovery_id, entry.undone_at = None, None, now()
    db.session.flush()
    if claim_id:
        db.session.delete(db.session.get_one(Claim, claim_id))
    if recovery_id:
        for receipt in db.session.scalars(select(Receipt).where(Receipt.recovery_id == recovery_id)):
            db.session.delete(receipt)
        db.session.flush()
        db.session.delete(db.session.get_one(Recovery, recovery_id))
    db.session.flush()
