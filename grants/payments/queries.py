"""Orders, batches, statements, recoveries and repayments, as far as the reader may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload, undefer

from grants.awards.models import INTERNAL, Agreement, Award, Claim, ClaimState, Instalment
from grants.awards.policy import OVERSEERS
from grants.awards.queries import visible_to as visible_awards
from grants.calls.models import Call
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import by_instalment
from grants.ledger.stages import Kind, Line, Place, Stage
from grants.ledger.tables import account, op, posting, transfer
from grants.ledger.tables import fund as fund_table
from grants.payments.models import (
    Offset,
    PayingAccount,
    PaymentBatch,
    PaymentOrder,
    Receipt,
    Recovery,
    RecoveryState,
    Repayment,
    RepaymentRule,
    Reversal,
    ReversalState,
    Statement,
    StatementLine,
    Use,
)
from grants.payments.policy import PAYERS
from grants.people.models import Membership, Organisation, Person, Role
from grants.people.scope import covered
from grants.profiles.models import AccountState, BankAccount

PER_PAGE = 50


def _within(user: Person, *roles: Role) -> ColumnElement[bool]:
    return covered(user, *roles, cluster=Fund.cluster_id, fund=Fund.id)


# --- orders ---------------------------------------------------------------------------------------------------


def _to_the_award() -> Any:
    return (
        joinedload(PaymentOrder.claim)
        .joinedload(Claim.instalment)
        .joinedload(Instalment.agreement)
        .joinedload(Agreement.award)
    )


def _order_parts() -> list[Any]:
    """An order as the verbs need it: whole claim, account kept and frozen."""
    return [
        joinedload(PaymentOrder.fund).joinedload(Fund.cluster),
        joinedload(PaymentOrder.batch).options(
            joinedload(PaymentBatch.fund).joinedload(Fund.cluster),
            joinedload(PaymentBatch.account).options(undefer(PayingAccount.number), joinedload(PayingAccount.fund)),
        ),
        joinedload(PaymentOrder.account).options(undefer(BankAccount.number)),
        undefer(PaymentOrder.account_number),
        _to_the_award().joinedload(Award.fund).joinedload(Fund.cluster),
        _to_the_award().joinedload(Award.organisation).selectinload(Organisation.memberships),
        _to_the_award().joinedload(Award.call),
    ]


def whole_orders(*conditions: ColumnElement[bool]) -> Sequence[PaymentOrder]:
    """Orders as the verbs need them, whoever asks, in the order of their claims."""
    found = select(PaymentOrder).where(*conditions).options(*_order_parts()).order_by(PaymentOrder.claim_id)
    return db.session.scalars(found, execution_options={"populate_existing": True}).unique().all()


def alive(claim_id: UUID) -> PaymentOrder | None:
    """The order by which this claim is being, or was, paid."""
    found = whole_orders(PaymentOrder.claim_id == claim_id, PaymentOrder.ended_at.is_(None))
    return found[0] if found else None


def order(user: Person, id: UUID) -> PaymentOrder:
    """One order of a fund whose payments the person sees; raises NoResultFound."""
    seen = select(Fund.id).where(_within(user, *PAYERS))
    found = select(PaymentOrder).where(PaymentOrder.id == id, PaymentOrder.fund_id.in_(seen)).options(*_order_parts())
    return db.session.scalars(found, execution_options={"populate_existing": True}).unique().one()


def orders_of(claim_ids: Iterable[UUID]) -> dict[UUID, list[PaymentOrder]]:
    """Every attempt at paying these claims, oldest first; one query. Pass only claims that the reader sees."""
    found: dict[UUID, list[PaymentOrder]] = {}
    wanted = select(PaymentOrder).where(PaymentOrder.claim_id.in_(list(claim_ids)))
    whole = wanted.options(joinedload(PaymentOrder.batch).joinedload(PaymentBatch.fund))
    for one in db.session.scalars(whole.order_by(PaymentOrder.created_at, PaymentOrder.id)):
        found.setdefault(one.claim_id, []).append(one)
    return found


def payable_accounts(organisation_id: UUID, currency: str) -> Sequence[BankAccount]:
    """Verified accounts of an organisation in this currency, the last verified first; numbers included."""
    found = select(BankAccount).where(
        BankAccount.organisation_id == organisation_id,
        BankAccount.state == AccountState.VERIFIED,
        BankAccount.currency == currency,
    )
    return db.session.scalars(
        found.options(undefer(BankAccount.number)).order_by(BankAccount.decided_at.desc(), BankAccount.id)
    ).all()


def gatherable(fund_id: UUID) -> Sequence[PaymentOrder]:
    """Approved orders of a fund that no batch holds, oldest first."""
    found = (
        select(PaymentOrder)
        .join(PaymentOrder.claim)
        .where(
            PaymentOrder.fund_id == fund_id,
            PaymentOrder.batch_id.is_(None),
            PaymentOrder.ended_at.is_(None),
            Claim.state == ClaimState.APPROVED,
        )
        .options(*_order_parts())
    )
    return db.session.scalars(found.order_by(PaymentOrder.created_at, PaymentOrder.id)).unique().all()


def waiting_by_fund(user: Person) -> list[tuple[Fund, int, Money]]:
    """Funds whose approved orders wait for a batch: how many, and their sum; one query."""
    found = (
        select(Fund, func.count(), func.sum(PaymentOrder.amount_minor))
        .join(PaymentOrder, PaymentOrder.fund_id == Fund.id)
        .join(PaymentOrder.claim)
        .where(
            PaymentOrder.batch_id.is_(None),
            PaymentOrder.ended_at.is_(None),
            Claim.state == ClaimState.APPROVED,
            _within(user, *PAYERS),
        )
        .group_by(Fund.id)
        .order_by(Fund.code)
    )
    return [(row[0], row[1], Money(int(row[2]), row[0].currency)) for row in db.session.execute(found)]


def reversals(order_ids: Iterable[UUID]) -> Sequence[Reversal]:
    """Reversals asked for of these orders, newest first."""
    found = select(Reversal).where(Reversal.order_id.in_(list(order_ids))).options(joinedload(Reversal.asked_by))
    return db.session.scalars(found.order_by(Reversal.created_at.desc())).all()


def reversal(user: Person, id: UUID) -> Reversal:
    """One reversal in a fund whose payments the person sees; raises NoResultFound."""
    found = (
        select(Reversal)
        .join(Reversal.order)
        .join(PaymentOrder.fund)
        .where(Reversal.id == id, _within(user, *PAYERS))
        .options(contains_eager(Reversal.order).contains_eager(PaymentOrder.fund))
    )
    return db.session.scalars(found).unique().one()


def open_reversals(user: Person) -> Sequence[Reversal]:
    """Reversals that wait for somebody, in the person's funds."""
    found = (
        select(Reversal)
        .join(Reversal.order)
        .join(PaymentOrder.fund)
        .where(Reversal.state == ReversalState.ASKED, _within(user, *PAYERS))
        .options(contains_eager(Reversal.order), joinedload(Reversal.asked_by))
    )
    return db.session.scalars(found.order_by(Reversal.created_at)).unique().all()


# --- batches --------------------------------------------------------------------------------------------------


def visible_batches(user: Person) -> Select[PaymentBatch]:
    """The SQL twin of policy.view_batch."""
    return select(PaymentBatch).join(PaymentBatch.fund).where(_within(user, *PAYERS))


def batch(user: Person, id: UUID) -> PaymentBatch:
    """One visible batch with its fund and paying account; raises NoResultFound."""
    found = visible_batches(user).where(PaymentBatch.id == id).options(*_batch_parts())
    return db.session.scalars(found).unique().one()


def whole_batch(id: UUID) -> PaymentBatch | None:
    """For the job, whoever asks."""
    found = select(PaymentBatch).join(PaymentBatch.fund).where(PaymentBatch.id == id).options(*_batch_parts())
    return db.session.scalars(found, execution_options={"populate_existing": True}).unique().one_or_none()


def _batch_parts() -> list[Any]:
    return [
        contains_eager(PaymentBatch.fund).joinedload(Fund.cluster),
        joinedload(PaymentBatch.account).options(undefer(PayingAccount.number), joinedload(PayingAccount.fund)),
        joinedload(PaymentBatch.made_by),
    ]


def batches(user: Person, *, limit: int = PER_PAGE, offset: int = 0) -> tuple[Sequence[PaymentBatch], int]:
    """A page of visible batches, newest first, and how many there are; two queries."""
    found = visible_batches(user)
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    page = found.options(contains_eager(PaymentBatch.fund).joinedload(Fund.cluster), joinedload(PaymentBatch.account))
    newest = page.order_by(PaymentBatch.created_at.desc(), PaymentBatch.id).limit(limit).offset(offset)
    return db.session.scalars(newest).unique().all(), total


def lines(batch_id: UUID) -> Sequence[PaymentOrder]:
    """The orders of a batch as they stand in its list."""
    found = select(PaymentOrder).where(PaymentOrder.batch_id == batch_id).options(*_order_parts())
    return db.session.scalars(found.order_by(PaymentOrder.position)).unique().all()


def remitted_total(fund_id: UUID, numbers: Iterable[str]) -> int:
    """What the ledger posted as remitted under these order numbers, in minor units."""
    posted = (
        select(func.coalesce(func.sum(transfer.c.amount), 0))
        .join(op, and_(op.c.fund_id == transfer.c.fund_id, op.c.no == transfer.c.op_no))
        .where(op.c.fund_id == fund_id, op.c.kind == "remit", op.c.doc.in_(list(numbers)))
    )
    return int(db.session.scalar(posted) or 0)


def lines_of(fund_id: UUID, no: int) -> list[Line]:
    """The lines of one operation of the ledger, as a reversal must mirror them."""
    source, target = account.alias(), account.alias()
    found = (
        select(transfer.c.amount, fund_table.c.currency, *_places(source), *_places(target))
        .join(source, source.c.id == transfer.c.from_id)
        .join(target, target.c.id == transfer.c.to_id)
        .join(fund_table, fund_table.c.id == transfer.c.fund_id)
        .where(transfer.c.fund_id == fund_id, transfer.c.op_no == no)
        .order_by(transfer.c.line)
    )
    return [
        Line(Place(Stage(row[2]), *row[3:7]), Place(Stage(row[7]), *row[8:12]), Money(row[0], row[1]))
        for row in db.session.execute(found)
    ]


def _places(of: Any) -> list[Any]:
    return [of.c.stage, of.c.call_id, of.c.commission_id, of.c.grant_id, of.c.tranche_id]


# --- paying accounts and statements ---------------------------------------------------------------------------


def paying_funds(user: Person) -> Sequence[Fund]:
    """Funds for which the person is an accountant."""
    found = select(Fund).where(_within(user, Role.ACCOUNTANT)).options(joinedload(Fund.cluster)).order_by(Fund.code)
    return db.session.scalars(found).unique().all()


def paying_fund(user: Person, id: UUID) -> Fund:
    """One such fund, or one whose payments the person sees; raises NoResultFound."""
    found = select(Fund).where(Fund.id == id, _within(user, *PAYERS)).options(joinedload(Fund.cluster))
    return db.session.scalars(found).unique().one()


def paying_accounts(user: Person) -> Sequence[PayingAccount]:
    """Accounts of the person's funds, by fund."""
    found = select(PayingAccount).join(PayingAccount.fund).where(_within(user, *PAYERS))
    whole = found.options(contains_eager(PayingAccount.fund).joinedload(Fund.cluster))
    return db.session.scalars(whole.order_by(Fund.code, PayingAccount.created_at)).unique().all()


def paying_account(user: Person, id: UUID) -> PayingAccount:
    """One of them, its number included; raises NoResultFound."""
    found = select(PayingAccount).join(PayingAccount.fund).where(PayingAccount.id == id, _within(user, *PAYERS))
    whole = found.options(contains_eager(PayingAccount.fund).joinedload(Fund.cluster), undefer(PayingAccount.number))
    return db.session.scalars(whole).unique().one()


def accounts_of(fund_id: UUID) -> Sequence[PayingAccount]:
    found = select(PayingAccount).where(PayingAccount.fund_id == fund_id)
    return db.session.scalars(found.order_by(PayingAccount.created_at)).all()


def visible_statements(user: Person) -> Select[Statement]:
    """The SQL twin of policy.view_statement."""
    found = select(Statement).join(Statement.account).join(PayingAccount.fund).where(_within(user, *PAYERS))
    return found.options(contains_eager(Statement.account).contains_eager(PayingAccount.fund).joinedload(Fund.cluster))


def statements(user: Person, *, limit: int = PER_PAGE, offset: int = 0) -> tuple[Sequence[Statement], int]:
    """A page of visible statements, the latest first, and how many there are; two queries."""
    total = db.session.scalar(
        select(func.count(Statement.id)).join(Statement.account).join(PayingAccount.fund).where(_within(user, *PAYERS))
    )
    newest = visible_statements(user).order_by(Statement.closing_on.desc(), Statement.created_at.desc())
    return db.session.scalars(newest.limit(limit).offset(offset)).unique().all(), total or 0


def unused(statement_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many lines of each statement nobody has said anything about; one query."""
    counted = (
        select(StatementLine.statement_id, func.count())
        .where(StatementLine.statement_id.in_(list(statement_ids)), StatementLine.used_as.is_(None))
        .group_by(StatementLine.statement_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def statement(user: Person, id: UUID) -> Statement:
    """One visible statement; raises NoResultFound."""
    return db.session.scalars(visible_statements(user).where(Statement.id == id)).unique().one()


def statement_lines(statement_id: UUID) -> Sequence[StatementLine]:
    found = select(StatementLine).where(StatementLine.statement_id == statement_id)
    return db.session.scalars(found.options(joinedload(StatementLine.order)).order_by(StatementLine.position)).all()


def awaited(account_id: UUID) -> Sequence[PaymentOrder]:
    """Orders that a line of this account's statements may be about: sent or paid, and no line says so yet."""
    said = exists().where(StatementLine.order_id == PaymentOrder.id, StatementLine.used_as == Use.RETURN)
    found = (
        select(PaymentOrder)
        .join(PaymentOrder.batch)
        .join(PaymentOrder.claim)
        .where(
            PaymentBatch.account_id == account_id,
            PaymentOrder.ended_at.is_(None),
            Claim.state.in_([ClaimState.REMITTED, ClaimState.PAID]),
            ~said,
        )
        .options(*_order_parts())
    )
    return db.session.scalars(found.order_by(PaymentOrder.created_at, PaymentOrder.id)).unique().all()


def already_seen(order_ids: Iterable[UUID]) -> set[UUID]:
    """Of these orders, those whose payment a statement line tells already."""
    found = select(StatementLine.order_id).where(
        StatementLine.order_id.in_(list(order_ids)), StatementLine.used_as == Use.PAYMENT
    )
    return {one for one in db.session.scalars(found) if one is not None}


def net_paid(paying: PayingAccount, since: Any, until: Any) -> int:
    """What the ledger says left this account, by value date (after `since`, up to `until`), less what came back.

    The amounts are those of the ledger's own operations, less what each order kept back for recoveries.
    """

    def moved(column: Any) -> int:
        posted = (
            select(func.coalesce(func.sum(transfer.c.amount - PaymentOrder.offset_minor), 0))
            .select_from(PaymentOrder)
            .join(PaymentBatch, PaymentBatch.id == PaymentOrder.batch_id)
            .join(op, and_(op.c.fund_id == PaymentOrder.fund_id, op.c.no == column))
            .join(transfer, and_(transfer.c.fund_id == op.c.fund_id, transfer.c.op_no == op.c.no))
            .where(PaymentBatch.account_id == paying.id, op.c.value_date >= since, op.c.value_date <= until)
        )
        return int(db.session.scalar(posted) or 0)

    return moved(PaymentOrder.paid_op) - moved(PaymentOrder.returned_op)


def lines_about(order_id: UUID, use: Use | None = None) -> Sequence[StatementLine]:
    """The statement lines that tell of an order."""
    found = select(StatementLine).where(StatementLine.order_id == order_id)
    return db.session.scalars(found if use is None else found.where(StatementLine.used_as == use)).all()


# --- recovery and repayment -----------------------------------------------------------------------------------


def visible_recoveries(user: Person) -> Select[Recovery]:
    """The SQL twin of policy.view_recovery."""
    inside = _within(user, *OVERSEERS)
    member = exists().where(Membership.organisation_id == Award.organisation_id, Membership.person_id == user.id)
    seen = or_(
        and_(inside, Award.id.in_(_awards_seen(user))), and_(member, Recovery.state != RecoveryState.ESTABLISHED)
    )
    return select(Recovery).join(Recovery.award).join(Award.fund).where(seen)


def _awards_seen(user: Person) -> Any:
    return visible_awards(user).with_only_columns(Award.id)


def _recovery_parts() -> list[Any]:
    award = contains_eager(Recovery.award)
    return [
        award.contains_eager(Award.fund).joinedload(Fund.cluster),
        award.joinedload(Award.organisation).selectinload(Organisation.memberships),
        award.joinedload(Award.call),
    ]


def recoveries(
    user: Person, *states: RecoveryState, award_id: UUID | None = None, limit: int = PER_PAGE, offset: int = 0
) -> tuple[Sequence[Recovery], int]:
    """A page of visible recoveries in these states (all when none is named), newest first, and how many there are."""
    found = visible_recoveries(user)
    if states:
        found = found.where(Recovery.state.in_(states))
    if award_id is not None:
        found = found.where(Recovery.award_id == award_id)
    total = db.session.scalar(select(func.count()).select_from(found.with_only_columns(Recovery.id).subquery())) or 0
    page = found.options(*_recovery_parts()).order_by(Recovery.created_at.desc(), Recovery.id)
    return db.session.scalars(page.limit(limit).offset(offset)).unique().all(), total


def recovery(user: Person, id: UUID) -> Recovery:
    """One visible recovery with its instalments; raises NoResultFound."""
    found = visible_recoveries(user).where(Recovery.id == id)
    return (
        db.session.scalars(
            found.options(*_recovery_parts(), selectinload(Recovery.terms)),
            execution_options={"populate_existing": True},
        )
        .unique()
        .one()
    )


def receipts(*, recovery_id: UUID | None = None, repayment_ids: Iterable[UUID] = ()) -> Sequence[Receipt]:
    """What came back, oldest first."""
    chosen = Receipt.recovery_id == recovery_id if recovery_id else Receipt.repayment_id.in_(list(repayment_ids))
    return db.session.scalars(select(Receipt).where(chosen).order_by(Receipt.value_date, Receipt.created_at)).all()


def on_their_way(recovery_ids: Iterable[UUID]) -> dict[UUID, int]:
    """By recovery, what orders not yet paid keep back for it, in minor units; one query."""
    counted = (
        select(Offset.recovery_id, func.sum(Offset.amount_minor))
        .join(Offset.order)
        .where(
            Offset.recovery_id.in_(list(recovery_ids)), PaymentOrder.ended_at.is_(None), PaymentOrder.paid_op.is_(None)
        )
        .group_by(Offset.recovery_id)
    )
    return {id: int(total) for id, total in db.session.execute(counted)}


def to_keep_back(organisation_id: UUID, fund_id: UUID) -> Sequence[Recovery]:
    """Recoveries of this fund that payments to the organisation keep money back for, oldest first."""
    found = (
        select(Recovery)
        .join(Recovery.award)
        .join(Award.fund)
        .where(
            Recovery.state == RecoveryState.OFFSET,
            Recovery.fund_id == fund_id,
            Award.organisation_id == organisation_id,
        )
        .options(*_recovery_parts())
        .order_by(Recovery.created_at, Recovery.id)
    )
    return db.session.scalars(found).unique().all()


def offsets(order_id: UUID) -> Sequence[Offset]:
    """What an order keeps back, with the recovery whole."""
    award = joinedload(Offset.recovery).joinedload(Recovery.award)
    found = select(Offset).where(Offset.order_id == order_id).order_by(Offset.created_at, Offset.id)
    return db.session.scalars(
        found.options(award.joinedload(Award.fund).joinedload(Fund.cluster), award.joinedload(Award.organisation))
    ).all()


def kept_back_by(order_id: UUID) -> Sequence[Receipt]:
    """What counts as received because this order was paid."""
    return db.session.scalars(select(Receipt).where(Receipt.order_id == order_id).order_by(Receipt.created_at)).all()


def last_paid_on(award_id: UUID) -> date | None:
    """The last value date of what was paid to an award."""
    found = (
        select(func.max(Claim.value_date))
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .where(Agreement.award_id == award_id)
    )
    return db.session.scalar(found)


def schedules(award: Award) -> list[int]:
    """The ledger's operations that drew up this award's repayments and were not reversed, last first."""
    again = op.alias("again")
    reversed_ = exists().where(again.c.fund_id == op.c.fund_id, again.c.reverses == op.c.no)
    grant = exists().where(
        posting.c.fund_id == op.c.fund_id,
        posting.c.op_no == op.c.no,
        posting.c.account_id == account.c.id,
        account.c.grant_id == award.id,
    )
    drawn = op.c.kind == Kind.SCHEDULE_REPAYMENT.value
    found = select(op.c.no).where(op.c.fund_id == award.fund_id, drawn, grant, ~reversed_)
    return list(db.session.scalars(found.order_by(op.c.no.desc())))


def given_up(award_id: UUID) -> int:
    """What recoveries of this award were written off, in minor units: it stands as paid and is not asked for again."""
    left = func.coalesce(func.sum(Recovery.amount_minor - Recovery.received_minor), 0)
    written_off = Recovery.state == RecoveryState.WRITTEN_OFF
    return int(db.session.scalar(select(left).where(Recovery.award_id == award_id, written_off)) or 0)


def rule_of(call_id: UUID) -> RepaymentRule | None:
    return db.session.scalars(select(RepaymentRule).where(RepaymentRule.call_id == call_id)).one_or_none()


def ruled_call(user: Person, id: UUID) -> Call:
    """A call of a fund the person works for; raises NoResultFound."""
    found = select(Call).join(Call.fund).where(Call.id == id, _within(user, *OVERSEERS))
    return db.session.scalars(found.options(contains_eager(Call.fund).joinedload(Fund.cluster))).unique().one()


def _visible_repayments(user: Person) -> Select[Repayment]:
    """Repayments of grants the person sees."""
    return select(Repayment).join(Repayment.award).join(Award.fund).where(Award.id.in_(_awards_seen(user)))


def _repayment_parts() -> list[Any]:
    award = contains_eager(Repayment.award)
    return [
        award.contains_eager(Award.fund).joinedload(Fund.cluster),
        award.joinedload(Award.organisation).selectinload(Organisation.memberships),
        award.joinedload(Award.agreement),
        joinedload(Repayment.recovery),
    ]


def repayments(
    user: Person, *, award_id: UUID | None = None, limit: int = PER_PAGE, offset: int = 0
) -> tuple[Sequence[Repayment], int]:
    """A page of what is still to be repaid (all of it for one award), earliest first, and how many there are."""
    found = _visible_repayments(user)
    if award_id is not None:
        found = found.where(Repayment.award_id == award_id)
    else:
        found = found.where(Repayment.received_minor < Repayment.amount_minor, Repayment.recovery_id.is_(None))
    total = db.session.scalar(select(func.count()).select_from(found.with_only_columns(Repayment.id).subquery())) or 0
    page = found.options(*_repayment_parts()).order_by(Repayment.due_on, Repayment.position, Repayment.id)
    return db.session.scalars(page.limit(limit).offset(offset)).unique().all(), total


def repayment(user: Person, id: UUID) -> Repayment:
    """One visible repayment; raises NoResultFound."""
    found = _visible_repayments(user).where(Repayment.id == id).options(*_repayment_parts())
    return db.session.scalars(found, execution_options={"populate_existing": True}).unique().one()


def award_of_agreement(user: Person, id: UUID) -> Award:
    """The visible award of this agreement; raises NoResultFound."""
    found = visible_awards(user).join(Award.agreement).where(Agreement.id == id, Agreement.state.not_in(INTERNAL))
    parts = [
        contains_eager(Award.fund).joinedload(Fund.cluster),
        contains_eager(Award.agreement).selectinload(Agreement.instalments).selectinload(Instalment.claims),
        joinedload(Award.organisation).selectinload(Organisation.memberships),
        joinedload(Award.call),
    ]
    return db.session.scalars(found.options(*parts)).unique().one()


@dataclass(frozen=True)
class Shares:
    """Where an award's money stands by instalment and stage, in minor units, instalments in their order."""

    instalments: Sequence[UUID]
    minor: dict[tuple[UUID, str], int]

    def at(self, stage: str) -> int:
        return sum(self.minor.get((one, stage), 0) for one in self.instalments)

    def spread(self, stage: str, amount: int, *, last_first: bool = False) -> list[tuple[UUID, int]]:
        """How much of each instalment to take from this stage; less than `amount` when it does not hold that much."""
        taken = []
        for one in reversed(self.instalments) if last_first else self.instalments:
            part = min(amount, self.minor.get((one, stage), 0))
            if part > 0:
                taken.append((one, part))
                amount -= part
        return taken


def shares(award: Award) -> Shares:
    """Reads the ledger; two queries."""
    ordered = (
        select(Instalment.id)
        .join(Agreement, Agreement.id == Instalment.agreement_id)
        .where(Agreement.award_id == award.id)
        .order_by(Instalment.position)
    )
    standing = by_instalment(award.id)
    minor = {(id, str(stage)): amount for id, one in standing.items() for stage, amount in one.minor.items()}
    return Shares(list(db.session.scalars(ordered)), minor)
