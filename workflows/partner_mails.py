"""What partners and leads are told by mail; each letter reads anew whether there is still a reason to write."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, type_coerce

from grants.applications import accession
from grants.applications import partner_queries as queries
from grants.applications.blockers import is_awaited, is_confirmed, papers
from grants.applications.models import TAKING_PART, Application, ApplicationState, Document, Partner, PartnerState
from grants.calls.models import Call, CallState, Owed, RequiredDocument
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import UTCDateTime
from grants.people.models import Membership, Person, Right
from workflows.invitation import signed, whoever_is_asked
from workflows.letters import Letter, address, letter
from workflows.outbox import Due

ANSWERED: dict[str, Text] = {
    PartnerState.ACCEPTED: N_(
        "%(organisation)s accepts your invitation. It now writes its part, then one of its owners accedes."
    ),
    PartnerState.ACCEDED: N_("%(organisation)s has acceded."),
    PartnerState.DECLINED: N_("%(organisation)s declines your invitation."),
    PartnerState.LEFT: N_("%(organisation)s leaves the consortium."),
}
WHAT_HAPPENED: dict[str, Text] = {
    ApplicationState.SUBMITTED: N_("%(lead)s has submitted the application in which your organisation takes part."),
    ApplicationState.WITHDRAWN: N_("%(lead)s has withdrawn the application in which your organisation took part."),
    ApplicationState.INCOMPLETE: N_(
        "The fund asks %(lead)s to complete the application in which your organisation takes part. You may change your"
        " part and your documents meanwhile."
    ),
    ApplicationState.INADMISSIBLE: N_(
        "The application of %(lead)s in which your organisation takes part has been found inadmissible and will not be"
        " examined further."
    ),
    ApplicationState.INELIGIBLE: N_(
        "The application of %(lead)s in which your organisation takes part has been found ineligible and will not be"
        " examined further."
    ),
}
SCREENED = frozenset({ApplicationState.INCOMPLETE, ApplicationState.INADMISSIBLE, ApplicationState.INELIGIBLE})


def owners_of(partner: Partner) -> Sequence[UUID]:
    """The persons who may sign for it."""
    owners = select(Membership.person_id).where(
        Membership.organisation_id == partner.organisation_id, Membership.right == Right.OWNER
    )
    return db.session.scalars(owners.order_by(Membership.person_id)).all()


@letter
def ask_partner(due: Due) -> Letter | None:
    """`promise(ask_partner, partner, slot=link)`: the token is made here, kept nowhere; an older link falls silent."""
    partner = queries.whole(due.subject_id)
    if partner is None or str(partner.link_id) != due.slot or queries.invited(partner.link_id) is None:
        return None
    application, sender = partner.application, partner.invited_by
    lead = application.organisation.name
    return Letter(
        to=whoever_is_asked(partner.name, partner.email, sender),
        subject=N_("%(lead)s invites you to a consortium", lead=lead),
        paragraphs=[
            N_(
                "%(inviter)s asks you to take part in a project that %(lead)s presents to the call for proposals"
                " “%(call)s”.",
                inviter=sender.name,
                lead=lead,
                call=application.call.title,
            )
        ],
        facts=[(N_("Project"), title(application)), (N_("Your role"), partner.role)],
        action=(N_("Look at the invitation"), address("account.join_consortium", token=signed(partner.link_id))),
        afterwards=[
            N_(
                "The link works until %(when)s.", when=partner.expires_at.astimezone(application.call.fund.cluster.zone)
            ),
            N_("If you do not know this organisation, nothing needs to be done."),
        ],
        cluster=application.call.fund.cluster,
    )


@letter
def ask_to_accede(due: Due) -> Letter | None:
    """To an owner of a partner: the accession is awaited, or to be confirmed again, or documents are missing."""
    partner = queries.whole(due.subject_id)
    if partner is None or partner.state not in TAKING_PART or not is_awaited(partner):
        return None
    return awaited(partner, db.session.get_one(Person, due.recipient_id))


def awaited(partner: Partner, owner: Person) -> Letter:
    """What an owner is asked to sign, which documents are missing, and until when the call is open."""
    application, organisation = partner.application, accession.said(partner)
    subject, todo = N_("Your accession is awaited: %(title)s", title=title(application)), N_("Read and accede")
    if is_confirmed(partner):
        why = N_("%(organisation)s has acceded. Its documents are still awaited.", organisation=organisation)
        subject, todo = N_("Your documents are awaited: %(title)s", title=title(application)), N_("See the project")
    elif partner.state == PartnerState.ACCEDED:
        why = N_("%(organisation)s has acceded to it, but it has changed since: please confirm.",
                 organisation=organisation)  # fmt: skip
    else:
        why = N_("It can be submitted once an owner of %(organisation)s has acceded.", organisation=organisation)
    lead = application.organisation.name
    return Letter(
        to=owner,
        subject=subject,
        paragraphs=[
            N_("%(lead)s prepares an application in which your organisation takes part.", lead=lead),
            why,
            *papers(partner),
        ],
        facts=[(N_("Project"), title(application)), (N_("Call closes"), closing(application))],
        action=(todo, address("applicant.partnership", partner_id=partner.id)),
        cluster=application.call.fund.cluster,
    )


# --- a reminder: promised by workflows.reminders --------------------------------------------------------------


def accessions_awaited() -> Select[UUID, UUID, datetime | None, datetime]:
    """A partner of a draft in an open call that has not acceded or lacks a document, and an owner who may sign."""
    return (
        select(
            Partner.id.label("subject_id"),
            Membership.person_id.label("recipient_id"),
            Call.closes_at.label("at"),
            type_coerce(Partner.accepted_at, UTCDateTime()).label("since"),
        )
        .join(Application, Application.id == Partner.application_id)
        .join(Call, Call.id == Application.call_id)
        .join(Membership, Membership.organisation_id == Partner.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Call.state == CallState.OPEN,
            Call.closes_at > now(),
            Application.state == ApplicationState.DRAFT,
            or_(Partner.state == PartnerState.ACCEPTED, (Partner.state == PartnerState.ACCEDED) & _lacks_a_document()),
            Membership.right == Right.OWNER,
            Person.disabled_at.is_(None),
        )
    )


def _lacks_a_document() -> ColumnElement[bool]:
    """It has attached nothing for something that the call asks of every partner."""
    attached = select(Document.id).where(Document.partner_id == Partner.id, Document.required_id == RequiredDocument.id)
    asked = select(RequiredDocument.id).where(
        RequiredDocument.call_id == Call.id, RequiredDocument.mandatory, RequiredDocument.owed_by != Owed.LEAD
    )
    return asked.where(~attached.exists()).exists()


def write_accession_due(due: Due) -> Letter | None:
    partner = queries.whole(due.subject_id)
    return awaited(partner, db.session.get_one(Person, due.recipient_id)) if partner is not None else None


# --- what happened --------------------------------------------------------------------------------------------


@letter
def tell_lead(due: Due) -> Letter | None:
    """To whoever leads: what a partner answered; nothing when it has moved on meanwhile."""
    partner = queries.whole(due.subject_id)
    if partner is None or partner.state != due.args["state"]:
        return None
    application, answer = partner.application, ANSWERED[partner.state]
    facts = [(N_("Project"), title(application))]
    if partner.end_reason:
        facts.append((N_("Reason"), partner.end_reason))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Your consortium: %(organisation)s", organisation=accession.said(partner)),
        paragraphs=[Text(answer.id, {"organisation": accession.said(partner)})],
        facts=facts,
        action=(N_("See the consortium"), address("applicant.consortium", application_id=application.id)),
        cluster=application.call.fund.cluster,
    )


@letter
def tell_removed(due: Due) -> Letter | None:
    """To whoever accepted for a partner that the lead has removed."""
    partner = queries.whole(due.subject_id)
    if partner is None or partner.state != PartnerState.REMOVED:
        return None
    application = partner.application
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(organisation)s no longer takes part in a project", organisation=accession.said(partner)),
        paragraphs=[
            N_(
                "%(lead)s has removed %(organisation)s from its consortium. Nothing needs to be done.",
                lead=application.organisation.name,
                organisation=accession.said(partner),
            )
        ],
        facts=[(N_("Reason"), partner.end_reason)] if partner.end_reason else [],
        cluster=application.call.fund.cluster,
    )


@letter
def tell_partner(due: Due) -> Letter | None:
    """What became of the application, to whoever accepted for a partner; nothing when it has moved on."""
    partner = queries.whole(due.subject_id)
    if partner is None or partner.state not in TAKING_PART or partner.application.state != due.args["state"]:
        return None
    application = partner.application
    happened = WHAT_HAPPENED[application.state]
    facts: list[tuple[Text, Any]] = [(N_("Project"), title(application))]
    if application.reference:
        facts.append((N_("Reference"), application.reference))
    if application.state in SCREENED and application.screening_reason:  # it outlives its state
        facts.append((N_("Reason"), application.screening_reason))
    if application.completion_due_at:
        due_at = application.completion_due_at.astimezone(application.call.fund.cluster.zone)
        facts.append((N_("Complete it by"), due_at))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("About the project “%(title)s”", title=title(application)),
        paragraphs=[Text(happened.id, {"lead": application.organisation.name})],
        facts=facts,
        action=(N_("See the project"), address("applicant.partnership", partner_id=partner.id)),
        cluster=application.call.fund.cluster,
    )


@letter
def tell_partner_corrected(due: Due) -> Letter | None:
    """The questions changed, and what changed; to whoever accepted for a partner, while it takes part."""
    partner = queries.whole(due.subject_id)
    if partner is None or partner.state not in TAKING_PART or partner.application.state != ApplicationState.DRAFT:
        return None
    application, questionnaire = partner.application, partner.application.questionnaire
    if questionnaire is None or due.slot != f"version {questionnaire.number}":
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The questions of “%(call)s” have changed", call=application.call.title),
        paragraphs=[
            N_(
                "%(lead)s looks over its answers. If they change, an owner of your organisation confirms its accession"
                " again.",
                lead=application.organisation.name,
            )
        ],
        facts=[
            (N_("Project"), title(application)),
            (N_("What changes"), questionnaire.change),
            (N_("Call closes"), closing(application)),
        ],
        action=(N_("See the project"), address("applicant.partnership", partner_id=partner.id)),
        cluster=application.call.fund.cluster,
    )


def title(application: Application) -> str | Text:
    return application.title or N_("Untitled project")


def closing(application: Application) -> object:
    """The last moment of the call, on the clock of its cluster."""
    at = application.call.closes_at
    return at and at.astimezone(application.call.fund.cluster.zone)
