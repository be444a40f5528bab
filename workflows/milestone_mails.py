"""What is written about milestones: questions, answers, what was said of a report, and reminders."""

from typing import Any

from sqlalchemy import DateTime, cast, func, select, type_coerce
from sqlalchemy.orm import joinedload

from grants.awards.models import (
    MILESTONE_LABELS,
    Agreement,
    AgreementState,
    Award,
    Milestone,
    MilestoneQuestion,
    MilestoneState,
)
from grants.clusters.models import Cluster
from grants.core.db import db
from grants.core.i18n import N_
from grants.core.types import UTCDateTime
from grants.funds.models import Fund
from grants.people.models import Membership, Person, Right
from workflows.letters import Letter, address, letter
from workflows.outbox import Due

S = MilestoneState


@letter
def tell_report_asked(due: Due) -> Letter | None:
    """The officer's question, to whoever submitted the report; nothing once it is answered or settled."""
    asked = _question(due)
    milestone = asked.milestone
    if milestone.state != S.CLARIFICATION or asked.answered_at is not None:
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The fund has a question on your report “%(title)s”", title=milestone.title),
        paragraphs=[N_("Answer it on the page of the milestone; you may mend the report and add files.")],
        facts=[(N_("The question"), asked.question), (N_("Project"), milestone.agreement.award.title)],
        action=(N_("Answer the fund"), address("applicant.milestone", id=milestone.id)),
        cluster=milestone.agreement.award.fund.cluster,
    )


@letter
def tell_report_answered(due: Due) -> Letter | None:
    """The answer, to the officer who asked."""
    asked = _question(due)
    award = asked.milestone.agreement.award
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(number)s: your question on a report is answered", number=award.number),
        paragraphs=[N_("%(organisation)s has answered your question.", organisation=award.organisation.name)],
        facts=[(N_("The question"), asked.question), (N_("The answer"), asked.answer)],
        action=(N_("Open the milestone"), address("staff.milestone", id=asked.milestone_id)),
        cluster=award.fund.cluster,
    )


@letter
def tell_report_settled(due: Due) -> Letter | None:
    """What the fund said of the report, to those who write for the beneficiary."""
    milestone = _whole(due.subject_id)
    if milestone.settled_at is None:
        return None
    award = milestone.agreement.award
    facts = [(N_("Project"), award.title), (N_("Milestone"), milestone.title)]
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_(
            "%(number)s, “%(title)s”: %(state)s",
            number=award.number,
            title=milestone.title,
            state=MILESTONE_LABELS[milestone.state],
        ),
        paragraphs=[N_("The fund has examined the report on this milestone.")],
        facts=[*facts, *([(N_("Reason"), milestone.reason)] if milestone.reason else [])],
        action=(N_("Open the milestone"), address("applicant.milestone", id=milestone.id)),
        cluster=award.fund.cluster,
    )


def _question(due: Due) -> MilestoneQuestion:
    asked = db.session.get_one(MilestoneQuestion, due.subject_id, options=[joinedload(MilestoneQuestion.milestone)])
    _whole(asked.milestone_id)
    return asked


def _whole(id: Any) -> Milestone:
    award = joinedload(Milestone.agreement).joinedload(Agreement.award)
    parts = [award.joinedload(Award.fund).joinedload(Fund.cluster), award.joinedload(Award.organisation)]
    return db.session.scalars(select(Milestone).where(Milestone.id == id).options(*parts)).one()


# --- reminders: to whoever writes for the beneficiary ---------------------------------------------------------


def reports_awaited() -> Any:
    """A milestone of an active agreement and a person who may report on it; at the beginning of its day."""
    begins = func.timezone(Cluster.timezone, cast(Milestone.due_on, DateTime()))
    return (
        select(
            Milestone.id.label("subject_id"),
            Membership.person_id.label("recipient_id"),
            type_coerce(begins, UTCDateTime()).label("at"),
            Milestone.created_at.label("since"),
        )
        .join(Agreement, Agreement.id == Milestone.agreement_id)
        .join(Award, Award.id == Agreement.award_id)
        .join(Fund, Fund.id == Award.fund_id)
        .join(Cluster, Cluster.id == Fund.cluster_id)
        .join(Membership, Membership.organisation_id == Award.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Milestone.state.in_([S.PLANNED, S.DUE]),
            Agreement.state == AgreementState.ACTIVE,
            Membership.right.in_([Right.OWNER, Right.EDITOR]),
            Person.disabled_at.is_(None),
        )
    )


def write_milestone_due(due: Due) -> Letter | None:
    milestone = _whole(due.subject_id)
    award = milestone.agreement.award
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("“%(title)s”: report due on %(day)s", title=milestone.title, day=milestone.due_on),
        paragraphs=[N_("Write the report of this milestone, attach what was delivered, then submit it.")],
        facts=[(N_("Project"), award.title), (N_("Due"), milestone.due_on)],
        action=(N_("Write the report"), address("applicant.milestone", id=milestone.id)),
        cluster=award.fund.cluster,
    )
