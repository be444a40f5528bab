"""Files of outside payments as far as the reader may see them, the books they are tried against, and which operations
of the ledger they made."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from grants.awards.models import DONE, Agreement, AgreementState, Award, Claim, ClaimState, Instalment, InstalmentKind
from grants.awards.policy import OVERSEERS
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import by_grant
from grants.ledger.stages import Stage
from grants.ledger.tables import account, op, posting
from grants.ledger.tables import fund as ledger_fund
from grants.payments.models import OutsideEntry, OutsideImport, OutsideKind, OutsideState
from grants.payments.outside_rows import Ground, Known, Standing
from grants.people.models import Person
from grants.people.scope import covered

BATCH = 1_000
IN_HAND = frozenset(ClaimState) - DONE - {ClaimState.DRAFT, ClaimState.REJECTED}


def visible_to(user: Person) -> Select[OutsideImport]:
    """The SQL twin of policy.view_outside."""
    within = covered(user, *OVERSEERS, cluster=Fund.cluster_id, fund=Fund.id)
    return select(OutsideImport).join(OutsideImport.fund).where(within)


def _parts() -> list[Any]:
    return [
        contains_eager(OutsideImport.fund).joinedload(Fund.cluster),
        joinedload(OutsideImport.officer),
        joinedload(OutsideImport.confirmed_by),
    ]


def find(user: Person, id: UUID) -> OutsideImport:
    """One visible file; raises NoResultFound."""
    found = visible_to(user).where(OutsideImport.id == id)
    return db.session.scalars(found.options(*_parts())).unique().one()


def recent(user: Person, fund: Fund, limit: int = 50) -> Sequence[OutsideImport]:
    """Of a fund, newest first; one query."""
    found = visible_to(user).where(OutsideImport.fund_id == fund.id)
    ordered = found.order_by(OutsideImport.created_at.desc(), OutsideImport.id.desc()).limit(limit)
    return db.session.scalars(ordered.options(*_parts())).unique().all()


def whole(id: UUID) -> Select[OutsideImport]:
    """One file whoever asks: for jobs."""
    fund = joinedload(OutsideImport.fund).joinedload(Fund.cluster)
    people = [selectinload(Person.appointments)]
    confirmed = joinedload(OutsideImport.confirmed_by).options(*people)
    return (
        select(OutsideImport).where(OutsideImport.id == id).options(fund, joinedload(OutsideImport.officer), confirmed)
    )


def entered_before(fund_id: UUID, sha256: str) -> OutsideImport | None:
    """The import that brought this very file, while it stands in the books or is on its way there."""
    standing = (OutsideState.QUEUED, OutsideState.DONE)
    found = select(OutsideImport).where(
        OutsideImport.fund_id == fund_id, OutsideImport.sha256 == sha256, OutsideImport.state.in_(standing)
    )
    return db.session.scalars(found.order_by(OutsideImport.created_at).limit(1)).first()


def entries(one: OutsideImport, *, limit: int | None = None, offset: int = 0) -> Sequence[OutsideEntry]:
    """What it entered, in the order of the ledger; one query."""
    found = select(OutsideEntry).where(OutsideEntry.import_id == one.id).order_by(OutsideEntry.first_op)
    whole = found.options(joinedload(OutsideEntry.award).joinedload(Award.organisation))
    return db.session.scalars(whole.limit(limit).offset(offset)).all()


def marks(fund_id: UUID, numbers: Iterable[int]) -> dict[int, OutsideKind]:
    """Which of these operations were entered from a file, and as what; one query."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    found = select(OutsideEntry.first_op, OutsideEntry.last_op, OutsideEntry.kind).where(
        OutsideEntry.fund_id == fund_id, OutsideEntry.first_op <= wanted[-1], OutsideEntry.last_op >= wanted[0]
    )
    asked = set(wanted)
    marked: dict[int, OutsideKind] = {}
    for first, last, kind in db.session.execute(found):
        marked |= {no: kind for no in range(first, last + 1) if no in asked}
    return marked


def all_marks(fund_id: UUID) -> dict[int, OutsideKind]:
    """The same for a whole fund, for exports; one query."""
    found = select(OutsideEntry.first_op, OutsideEntry.last_op, OutsideEntry.kind).where(
        OutsideEntry.fund_id == fund_id
    )
    return {no: kind for first, last, kind in db.session.execute(found) for no in range(first, last + 1)}


def made_elsewhere(fund: Fund) -> tuple[int, Money]:
    """How many operations files brought into the fund, and what of it was paid elsewhere and not taken back."""
    standing = OutsideEntry.undone_at.is_(None) & OutsideEntry.kind.not_in(
        [OutsideKind.OPENING_RECOVERED, OutsideKind.RECOVERY]
    )
    operations = func.coalesce(func.sum(OutsideEntry.last_op - OutsideEntry.first_op + 1), 0)
    paid = func.coalesce(func.sum(OutsideEntry.amount_minor).filter(standing), 0)
    count, minor = db.session.execute(select(operations, paid).where(OutsideEntry.fund_id == fund.id)).one()
    return int(count), Money(int(minor), fund.currency)


# --- the books ------------------------------------------------------------------------------------------------


def ground(fund: Fund, references: Collection[str], today: date) -> Ground:
    """The awards that a file names, as they stand; as many queries for one as for a thousand."""
    closed = db.session.scalar(select(ledger_fund.c.closed_through).where(ledger_fund.c.id == fund.id))
    awards: dict[str, Standing] = {}
    wanted = sorted(references)
    for start in range(0, len(wanted), BATCH):
        awards |= _standings(fund, wanted[start : start + BATCH])
    return Ground(fund.currency, today, awards, closed)


def named(references: Collection[str]) -> ColumnElement[bool]:
    """By number, or by the identifier of the file that brought it."""
    return or_(Award.number.in_(references), Award.external_id.in_(references))


def _standings(fund: Fund, references: Sequence[str]) -> dict[str, Standing]:
    agreement = joinedload(Award.agreement).selectinload(Agreement.instalments).selectinload(Instalment.claims)
    found = select(Award).where(Award.fund_id == fund.id, named(references)).options(agreement)
    awards = db.session.scalars(found.execution_options(populate_existing=True)).unique().all()
    ids = [one.id for one in awards]
    engaged, moved = by_grant(fund.id, ids), _moved(ids)
    known: dict[UUID, list[Known]] = defaultdict(list)
    entered = select(OutsideEntry).where(OutsideEntry.award_id.in_(ids), OutsideEntry.undone_at.is_(None))
    for one in db.session.scalars(entered):
        known[one.award_id].append(Known(one.kind, one.bank_reference, one.on, one.amount_minor))
    standings: dict[str, Standing] = {}
    for award in awards:
        standing = Standing(
            id=award.id,
            number=award.number,
            engaged=engaged[award.id].engaged.minor if award.id in engaged else 0,
            committed=moved[award.id, Stage.COMMITTED],
            paid=moved[award.id, Stage.PAID],
            planned=_planned(award.agreement),
            hindrance=_hindrance(award.agreement),
            known=known[award.id],
            references=frozenset(claim.bank_reference for claim in _claims(award.agreement) if claim.bank_reference),
        )
        standings |= {name: standing for name in (award.number, award.external_id) if name}
    return standings


def _claims(agreement: Agreement | None) -> list[Claim]:
    return [claim for one in agreement.instalments for claim in one.claims] if agreement else []


def unclaimed(agreement: Agreement) -> list[Instalment]:
    """The instalments that nobody has claimed or paid, in their order."""
    return [one for one in agreement.instalments if all(claim.state is ClaimState.REJECTED for claim in one.claims)]


def _planned(agreement: Agreement | None) -> list[tuple[int, bool]] | None:
    if agreement is None or agreement.imported:
        return None
    return [(one.amount_minor, one.kind == InstalmentKind.PREFINANCING) for one in unclaimed(agreement)]


def _hindrance(agreement: Agreement | None) -> Text | None:
    if agreement is None:
        return None
    if agreement.state is not AgreementState.ACTIVE:
        return N_("The agreement of this award is not in force: nothing is paid under it.")
    if any(claim.state in IN_HAND or claim.state is ClaimState.DRAFT for claim in _claims(agreement)):
        return N_("A claim of this award is in hand here: settle it first.")
    return None


def _moved(ids: Collection[UUID]) -> dict[tuple[UUID, Stage], list[tuple[date, int]]]:
    """What entered (or, below zero, left) the accounts of commitments and payments of each award, by value date."""
    stages = [Stage.COMMITTED.value, Stage.PAID.value]
    total = func.sum(posting.c.amount)
    found = (
        select(account.c.grant_id, account.c.stage, op.c.value_date, total)
        .join(posting, posting.c.account_id == account.c.id)
        .join(op, (op.c.fund_id == posting.c.fund_id) & (op.c.no == posting.c.op_no))
        .where(account.c.grant_id.in_(list(ids)), account.c.stage.in_(stages))
        .group_by(account.c.grant_id, account.c.stage, op.c.value_date)
    )
    moved: dict[tuple[UUID, Stage], list[tuple[date, int]]] = defaultdict(list)
    for grant_id, stage, day, minor in db.session.execute(found):
        moved[grant_id, Stage(stage)].append((day, int(minor)))
    return moved
