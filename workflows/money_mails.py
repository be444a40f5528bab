"""What is written about money that is to come back: before its day, and after it while it has not come."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import DateTime, cast, func, select, type_coerce
from sqlalchemy.orm import joinedload

from grants.awards.models import Award
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money, UTCDateTime
from grants.funds.models import Fund
from grants.payments.models import Recovery, RecoveryState, RecoveryTerm, Repayment
from grants.people.models import Membership, Person, Right
from workflows.letters import Letter, address
from workflows.outbox import Due


def repayments_awaited() -> Any:
    """A repayment of an advance that has not come whole, and an owner of the beneficiary."""
    return _owed(Repayment.id, Repayment.due_on, Repayment.created_at, Award.id == Repayment.award_id).where(
        Repayment.received_minor < Repayment.amount_minor, Repayment.recovery_id.is_(None)
    )


def recoveries_awaited() -> Any:
    """A recovery that was notified and not agreed by instalments, and an owner of the beneficiary."""
    told = func.coalesce(Recovery.notified_at, Recovery.created_at)
    return _owed(Recovery.id, Recovery.due_on, told, Award.id == Recovery.award_id).where(
        Recovery.state == RecoveryState.NOTIFIED, Recovery.received_minor < Recovery.amount_minor
    )


def terms_awaited() -> Any:
    """An agreed instalment of a recovery that what was received does not reach, and an owner of the beneficiary."""
    before = func.sum(RecoveryTerm.amount_minor).over(
        partition_by=RecoveryTerm.recovery_id, order_by=RecoveryTerm.position
    )
    reached = select(RecoveryTerm.id, before.label("sum")).subquery()
    owed = _owed(
        RecoveryTerm.id,
        RecoveryTerm.due_on,
        RecoveryTerm.created_at,
        Recovery.id == RecoveryTerm.recovery_id,
        Award.id == Recovery.award_id,
        through=Recovery,
    ).join(reached, reached.c.id == RecoveryTerm.id)
    return owed.where(Recovery.state == RecoveryState.INSTALMENTS, Recovery.received_minor < reached.c.sum)


def _owed(id: Any, due_on: Any, since: Any, *links: Any, through: Any = None) -> Any:
    """Due at the beginning of its day, where the fund is."""
    begins = func.timezone(Cluster.timezone, cast(due_on, DateTime()))
    found = select(
        id.label("subject_id"),
        Membership.person_id.label("recipient_id"),
        type_coerce(begins, UTCDateTime()).label("at"),
        since.label("since"),
    )
    for table, link in zip([through, Award] if through is not None else [Award], links, strict=True):
        found = found.join(table, link)
    return (
        found.join(Fund, Fund.id == Award.fund_id)
        .join(Cluster, Cluster.id == Fund.cluster_id)
        .join(Membership, Membership.organisation_id == Award.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.right == Right.OWNER, Person.disabled_at.is_(None))
    )


class Waited(NamedTuple):
    """What a letter says is awaited: `left` by `due_on`, of this grant."""

    award: Award
    what: Text
    due_on: date
    left: Money
    page: str


def write_repayment_due(due: Due) -> Letter | None:
    one = db.session.get_one(Repayment, due.subject_id)
    award = _whole(one.award_id)
    what = N_("Repayment no. %(n)s", n=one.position)
    page = address("applicant.payments", id=award.agreement.id) if award.agreement else address("applicant.home")
    return _letter(due, Waited(award, what, one.due_on, one.left, page))


def write_recovery_due(due: Due) -> Letter | None:
    one = db.session.get_one(Recovery, due.subject_id)
    if one.due_on is None:
        return None
    page = address("applicant.recovery", id=one.id)
    return _letter(due, Waited(_whole(one.award_id), _named(one), one.due_on, one.left, page))


def write_term_due(due: Due) -> Letter | None:
    one = db.session.get_one(RecoveryTerm, due.subject_id)
    recovery = db.session.get_one(Recovery, one.recovery_id)
    until = select(func.sum(RecoveryTerm.amount_minor)).where(
        RecoveryTerm.recovery_id == recovery.id, RecoveryTerm.position <= one.position
    )
    left = Money(int(db.session.scalar(until) or 0) - recovery.received_minor, recovery.currency)
    page = address("applicant.recovery", id=recovery.id)
    return _letter(due, Waited(_whole(recovery.award_id), _named(recovery), one.due_on, left, page))


def _named(recovery: Recovery) -> Text:
    return N_("Recovery order %(number)s", number=recovery.number)


def _letter(due: Due, waited: Waited) -> Letter:
    cluster = waited.award.fund.cluster
    moment: datetime = now()
    late = waited.due_on < moment.astimezone(cluster.zone).date()
    told = {"amount": waited.left, "day": waited.due_on}
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(amount)s was to be paid back on %(day)s", **told)
        if late
        else N_("%(amount)s to be paid back by %(day)s", **told),
        paragraphs=[
            N_("The bank has not told us of this payment. If it is on its way, there is nothing more to do.")
            if late
            else N_("Pay it to the account of the fund, and write the reference below on your transfer."),
            N_("If you cannot pay, write to the fund now: it can look for a solution with you."),
        ],
        facts=[
            (N_("What for"), waited.what),
            (N_("Reference"), waited.award.number),
            (N_("Project"), waited.award.title),
            (N_("Amount"), waited.left),
            (N_("Due"), waited.due_on),
        ],
        action=(N_("See what is to be paid back"), waited.page),
        cluster=cluster,
    )


def _whole(id: Any) -> Award:
    parts = [joinedload(Award.fund).joinedload(Fund.cluster), joinedload(Award.agreement)]
    return db.session.scalars(select(Award).where(Award.id == id).options(*parts)).one()
