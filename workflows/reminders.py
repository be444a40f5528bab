"""Reminders are rules: who owes what by when, how many days before or after to say so, and what to say.

A slot names the obligation and the offset ("2026-12-06T22:59Z-7d"), never the tick that found it: whatever the clocks
do, one person gets one message for one slot. When the date moves or the reason goes, the old slots fall silent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Interval, Select, cast, func, literal, select, type_coerce

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call, CallState
from grants.clusters.models import Cluster
from grants.core import clock
from grants.core.db import db, transaction
from grants.core.i18n import N_, N_n
from grants.core.types import UTCDateTime
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person, Right
from grants.profiles.models import KEPT_LABELS, KeptDocument
from grants.reviews.conflicts import closed_to_reviewer, conflicts_of
from grants.reviews.models import IN_HAND, Review, ReviewState
from workflows import milestone_mails, money_mails, panel_mails, partner_mails
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, Job, Owed, grace, promise_all
from workflows.schedule import every_tick

Obligations = Select[UUID, UUID, datetime | None, datetime]


@dataclass(frozen=True)
class Reminder:
    """`owed` selects subject_id, recipient_id, at (when it is due) and since (owed since); `days` from `at`, in order.

    `write` composes the message; it is asked only while the obligation stands.
    """

    name: str
    days: tuple[int, ...]
    owed: Callable[[], Obligations]
    write: Callable[[Due], Letter | None]
    job: Job = field(init=False)

    def __post_init__(self) -> None:
        @wraps(self.write)
        def write_if_owed(due: Due) -> Letter | None:
            return self.write(due) if self.holds(due) else None

        write_if_owed.__name__ = self.name
        object.__setattr__(self, "job", letter(write_if_owed))

    def due(self, moment: datetime) -> Iterator[tuple[Owed, datetime]]:
        """What should be said by `moment` and is not older than the grace window, with the instant of each slot.

        Of several slots passed while nothing ran, only the last is worth saying.
        """
        rows = self.owed().subquery()
        for place, days in enumerate(self.days):
            shift = timedelta(days=days)
            after = moment - grace() - shift
            if place + 1 < len(self.days):
                after = max(after, moment - timedelta(days=self.days[place + 1]))
            found = select(rows).where(
                rows.c.at > after, rows.c.at <= moment - shift, rows.c.since <= rows.c.at + literal(shift, Interval)
            )
            for subject_id, recipient_id, at, _ in db.session.execute(found):
                yield Owed(subject_id, recipient_id, slot(at, days)), at + shift

    def holds(self, due: Due) -> bool:
        """Whether it is still owed, by the same date, and no later reminder is due already."""
        rows = self.owed().subquery()
        mine = select(rows.c.at).where(rows.c.subject_id == due.subject_id, rows.c.recipient_id == due.recipient_id)
        at = db.session.scalar(mine)
        if at is None:
            return False
        named = [days for days in self.days if slot(at, days) == due.slot]
        return bool(named) and not any(d > named[0] and at + timedelta(days=d) <= clock.now() for d in self.days)


def slot(at: datetime, days: int) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}{days:+d}d"


@dataclass(frozen=True)
class Occurrence:
    """One reminder that is due: for whom, for which slot, due when."""

    rule: Reminder
    owed: Owed
    at: datetime


def occurrences(moment: datetime) -> list[Occurrence]:
    """Every reminder due at that instant, whether or not it was promised already."""
    return [Occurrence(rule, owed, at) for rule in RULES for owed, at in rule.due(moment)]


@every_tick
def remind() -> int:
    """Promise every reminder that is due now; answers how many were new."""
    return promise_due(clock.now())


def promise_due(moment: datetime) -> int:
    """Promise what is due at `moment`; answers how many were new. What lies in the future goes out now."""
    new = 0
    for rule in RULES:
        with transaction():
            now = clock.now()
            owed = [Owed(one.subject_id, one.recipient_id, one.slot, min(at, now)) for one, at in rule.due(moment)]
            new += promise_all(rule.job, owed)
    return new


# --- call closes: to whoever can still finish a draft ---------------------------------------------------------


def drafts_in_open_calls() -> Obligations:
    """A call and a person who may write for an organisation that holds a draft in it."""
    return (
        select(
            Call.id.label("subject_id"),
            Membership.person_id.label("recipient_id"),
            Call.closes_at.label("at"),
            func.min(Application.created_at).label("since"),
        )
        .join(Application, Application.call_id == Call.id)
        .join(Membership, Membership.organisation_id == Application.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Call.state == CallState.OPEN,
            Call.closes_at > clock.now(),
            Application.state == ApplicationState.DRAFT,
            Membership.right.in_([Right.OWNER, Right.EDITOR]),
            Person.disabled_at.is_(None),
        )
        .group_by(Call.id, Membership.person_id, Call.closes_at)
    )


def write_call_closes(due: Due) -> Letter | None:
    call, person, cluster = _call_and_reader(due)
    drafts = db.session.execute(
        select(Application.id, Application.title)
        .join(Membership, Membership.organisation_id == Application.organisation_id)
        .where(
            Membership.person_id == person.id,
            Application.call_id == call.id,
            Application.state == ApplicationState.DRAFT,
        )
        .order_by(Application.created_at)
    ).all()
    if not drafts:
        return None
    return Letter(
        to=person,
        subject=N_("“%(call)s” closes on %(when)s", call=call.title, when=local(call.closes_at, cluster)),
        paragraphs=[
            N_(
                "The call for proposals “%(call)s” closes on %(when)s. Your application is still a draft.",
                call=call.title,
                when=local(call.closes_at, cluster),
            ),
            N_("Only what has been submitted by then can be considered."),
        ],
        facts=[(N_("Draft"), draft.title or N_("Untitled")) for draft in drafts],
        action=(N_("Open the draft"), address("applicant.application", application_id=drafts[0].id)),
        cluster=cluster,
    )


# --- review due: to whoever has not submitted it --------------------------------------------------------------

UNFINISHED = {ReviewState.ASSIGNED, *IN_HAND}


def unfinished_reviews() -> Obligations:
    """A call and a reviewer who owes reviews in it."""
    return (
        select(
            Call.id.label("subject_id"),
            Review.reviewer_id.label("recipient_id"),
            Call.reviews_due_at.label("at"),
            func.min(Review.created_at).label("since"),
        )
        .join(Application, Application.call_id == Call.id)
        .join(Review, Review.application_id == Application.id)
        .join(Person, Person.id == Review.reviewer_id)
        .where(
            Call.state.in_([CallState.OPEN, CallState.CLOSED, CallState.EVALUATING]),
            Review.state.in_(UNFINISHED),
            Person.disabled_at.is_(None),
            ~closed_to_reviewer(Review.state.in_(UNFINISHED)),
        )
        .group_by(Call.id, Review.reviewer_id, Call.reviews_due_at)
    )


def write_review_due(due: Due) -> Letter | None:
    call, person, cluster = _call_and_reader(due)
    owed = db.session.scalar(
        select(func.count())
        .select_from(Review)
        .join(Application, Application.id == Review.application_id)
        .where(
            Application.call_id == call.id,
            Review.reviewer_id == person.id,
            Review.state.in_(UNFINISHED),
            Review.application_id.not_in(conflicts_of(person)),
        )
    )
    if not owed:
        return None
    when = local(call.reviews_due_at, cluster)
    late = call.reviews_due_at is not None and call.reviews_due_at <= clock.now()
    return Letter(
        to=person,
        subject=N_("Your reviews for “%(call)s” were due on %(when)s", call=call.title, when=when)
        if late
        else N_("Your reviews for “%(call)s” are due on %(when)s", call=call.title, when=when),
        paragraphs=[
            N_n(
                "%(n)s review is waiting for you in “%(call)s”.",
                "%(n)s reviews are waiting for you in “%(call)s”.",
                owed,
                call=call.title,
            ),
            N_("If you cannot do one of them, or have a conflict of interest, please say so now."),
        ],
        facts=[(N_("Due"), when)],
        action=(N_("Open my reviews"), address("reviewer.reviews")),
        cluster=cluster,
    )


# --- a kept document expires: to whoever can replace it -------------------------------------------------------


def expiring_documents() -> Obligations:
    """The current version of a document and a person who may replace it; due when its last day ends, in UTC."""
    ends = func.timezone("UTC", cast(KeptDocument.expires_on + 1, DateTime()))
    return (
        select(
            KeptDocument.id.label("subject_id"),
            Membership.person_id.label("recipient_id"),
            type_coerce(ends, UTCDateTime()).label("at"),
            KeptDocument.created_at.label("since"),
        )
        .join(Membership, Membership.organisation_id == KeptDocument.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            KeptDocument.ended_at.is_(None),
            KeptDocument.expires_on.is_not(None),
            Membership.right.in_([Right.OWNER, Right.EDITOR]),
            Person.disabled_at.is_(None),
        )
    )


def write_document_expires(due: Due) -> Letter | None:
    kept = db.session.get_one(KeptDocument, due.subject_id)
    organisation = db.session.get_one(Organisation, kept.organisation_id)
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_(
            "“%(document)s” of %(organisation)s expires on %(day)s",
            document=KEPT_LABELS[kept.kind],
            organisation=organisation.name,
            day=kept.expires_on,
        ),
        paragraphs=[N_("Replace it by a newer version, so that your next application can use it.")],
        facts=[(N_("Document"), kept.filename), (N_("Valid until"), kept.expires_on)],
        action=(N_("See the documents"), address("applicant.organisation_documents", organisation_id=organisation.id)),
    )


def _call_and_reader(due: Due) -> tuple[Call, Person, Cluster]:
    """The call, the person reminded, and the cluster whose clock counts."""
    found = select(Call, Cluster).join(Fund, Fund.id == Call.fund_id).join(Cluster, Cluster.id == Fund.cluster_id)
    call, cluster = db.session.execute(found.where(Call.id == due.subject_id)).one()
    return call, db.session.get_one(Person, due.recipient_id), cluster


def local(moment: Any, cluster: Cluster) -> Any:
    """The moment on the cluster's clock, whose zone is then named."""
    return moment and moment.astimezone(cluster.zone)


MILESTONE_DAYS = (-30, -14, -3, 0, 7, 15)
MONEY_DAYS = (-15, -3, 1, 15, 30)
RULES = [
    Reminder("call_closes", (-14, -7, -2, -1), drafts_in_open_calls, write_call_closes),
    Reminder("review_due", (-5, -1, 1), unfinished_reviews, write_review_due),
    Reminder("document_expires", (-60, -30, -7), expiring_documents, write_document_expires),
    Reminder("accession_due", (-7, -2), partner_mails.accessions_awaited, partner_mails.write_accession_due),
    Reminder("milestone_due", MILESTONE_DAYS, milestone_mails.reports_awaited, milestone_mails.write_milestone_due),
    Reminder("repayment_due", MONEY_DAYS, money_mails.repayments_awaited, money_mails.write_repayment_due),
    Reminder("recovery_due", MONEY_DAYS, money_mails.recoveries_awaited, money_mails.write_recovery_due),
    Reminder("recovery_term_due", MONEY_DAYS, money_mails.terms_awaited, money_mails.write_term_due),
    Reminder("seat_unanswered", (2,), panel_mails.seats_unanswered, panel_mails.write_seat_unanswered),
]
