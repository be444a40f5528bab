"""A consortium comes together: the lead invites, a partner accepts, accedes, leaves or is removed.

Every verb takes the application's row first, as writing and submitting do: what is signed or submitted cannot change
meanwhile.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications import accession, partner_policy, partner_service, policy
from grants.applications import partner_queries as queries
from grants.applications import queries as applications
from grants.applications.blockers import is_awaited, is_confirmed
from grants.applications.models import (
    EXPECTED,
    PARTNER_LABELS,
    TAKING_PART,
    Application,
    Partner,
    PartnerState,
)
from grants.applications.submitted import accession_hash
from grants.calls.consortia import MOST_MEMBERS
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.i18n import N_, Reader, render
from grants.core.types import new_id
from grants.people.members import VALID_FOR
from grants.people.models import Organisation, Person
from workflows import applicants
from workflows import partner_mails as mails
from workflows.invitation import spare
from workflows.machine import Lifecycle, Move
from workflows.outbox import promise

S = PartnerState
ONCE_AN_HOUR = timedelta(hours=1)  # the least time between two mails to one partner

lifecycle = Lifecycle(
    "partner",
    PARTNER_LABELS,
    [
        Move(
            "accept_partnership", frozenset({S.INVITED}), S.ACCEPTED, partner_policy.answer_partnership, N_("Take part")
        ),
        Move(
            "decline_partnership",
            frozenset({S.INVITED}),
            S.DECLINED,
            partner_policy.answer_partnership,
            N_("Decline"),
            why=True,
        ),
        Move("accede", TAKING_PART, S.ACCEDED, partner_policy.accede, N_("Accede")),
        Move(
            "leave_consortium",
            TAKING_PART,
            S.LEFT,
            partner_policy.leave_consortium,
            N_("Leave the consortium"),
            why=True,
        ),
        Move("remove_partner", EXPECTED, S.REMOVED, partner_policy.manage_partner, N_("Remove")),
    ],
)


@dataclass(frozen=True)
class Wanted:
    """Who is asked, at which address, for which role in the project."""

    name: str
    email: str
    role: str


# --- the lead -------------------------------------------------------------------------------------------------


def invite_partner(application: Application, wanted: Wanted, *, actor: Person) -> Partner:
    """A partner and a mail. Asked again for the same role, it is the same invitation and no second mail.

    Raises Refused when the address takes part or is invited already, or when too many were invited.
    """
    email = wanted.email.strip().lower()
    with transaction():
        lock(application, "state")
        policy.edit.require(actor, application)
        if known := queries.expected_at(application, email, *EXPECTED):
            if known.state == S.INVITED and known.role == wanted.role:
                return known
            raise Refused(N_("%(email)s is invited or takes part already.", email=email))
        expected = select(func.count(Partner.id)).where(
            Partner.application_id == application.id, Partner.state.in_(EXPECTED)
        )
        if (db.session.scalar(expected) or 0) >= MOST_MEMBERS - 1:
            raise Refused(N_("A consortium has at most %(n)s members, the lead included.", n=MOST_MEMBERS))
        spare(application.organisation_id, email, actor)
        partner = Partner(
            application_id=application.id,
            name=wanted.name,
            email=email,
            role=wanted.role,
            invited_by_id=actor.id,
            sent_at=now(),
            expires_at=now() + VALID_FOR,
        )
        db.session.add(partner)
        db.session.flush()
        record("partner.invite", partner, actor, after={"email": email, "application": str(application.id)})
        promise(mails.ask_partner, partner, slot=str(partner.link_id))
        return partner


def remind_partner(partner: Partner, *, actor: Person) -> None:
    """Whoever is invited gets a new link, the older one is void; whoever takes part is asked for what it still owes.

    Raises Refused within an hour of the last mail, WrongState when nothing is awaited of them any more.
    """
    with transaction():
        application = _taken(partner)
        partner_policy.manage_partner.require(actor, partner)
        if not is_awaited(partner):
            raise WrongState(N_("Nothing is awaited of this partner any more."))
        if now() - partner.sent_at < ONCE_AN_HOUR:
            raise Refused(N_("The last message left less than an hour ago."), N_("Wait an hour, then try again."))
        spare(application.organisation_id, partner.email, actor)
        partner.sent_at = now()
        if partner.state == S.INVITED:
            partner.link_id, partner.expires_at = new_id(), now() + VALID_FOR
            promise(mails.ask_partner, partner, slot=str(partner.link_id))
        else:
            slot = f"{partner.sent_at:%Y%m%dT%H%M%S%f}"
            for owner in mails.owners_of(partner):
                promise(mails.ask_to_accede, partner, owner, slot=slot)
        record("partner.remind", partner, actor)


def remove_partner(partner: Partner, reason: str, *, actor: Person) -> None:
    """An invitation withdrawn, or a partner that no longer takes part; it is told, and reads nothing any more."""
    with transaction():
        _taken(partner)
        told = partner.state in TAKING_PART
        ended = {"ended_at": now(), "end_reason": reason.strip() or None}
        if lifecycle.fire("remove_partner", partner, actor, reason=reason.strip() or None, set=ended) and told:
            partner_service.clear(partner, actor=actor)
            applicants.tell_partner(mails.tell_removed, partner, partner)


# --- the partner ----------------------------------------------------------------------------------------------


def accept_partnership(partner: Partner, organisation: Organisation, *, actor: Person) -> None:
    """This organisation, whose memberships must be loaded, takes part. Pressed twice, it is done once.

    Raises Forbidden for an organisation the person may not write for, Refused for one that takes part already.
    """
    with transaction():
        application = _taken(partner)
        if policy.right_in(actor, organisation) not in policy.WRITERS:
            raise Forbidden(N_("Only an owner or editor of the organisation may accept for it."))
        if partner.state == S.INVITED:
            _may_join(application, organisation)
        said = {"organisation_id": organisation.id, "accepted_at": now(), "accepted_by_id": actor.id}
        if lifecycle.fire("accept_partnership", partner, actor, set=said, organisation=str(organisation.id)):
            _tell_lead(partner)


def _may_join(application: Application, organisation: Organisation) -> None:
    if organisation.id == application.organisation_id:
        raise Refused(N_("%(organisation)s leads this project: it cannot be its own partner.",
                         organisation=organisation.name))  # fmt: skip
    if queries.takes_part(application, organisation):
        raise Refused(N_("%(organisation)s takes part in this project already.", organisation=organisation.name))


def decline_partnership(partner: Partner, reason: str, *, actor: Person) -> None:
    """No, for a reason that the lead reads."""
    with transaction():
        _taken(partner)
        _need(reason)
        ended = {"ended_at": now(), "end_reason": reason.strip()}
        if lifecycle.fire("decline_partnership", partner, actor, reason=reason.strip(), set=ended):
            _tell_lead(partner)


def accede(partner: Partner, name: str, reader: Reader, *, seen: str | None = None, actor: Person) -> None:
    """An owner signs the declaration, in the language of `reader`. Signing the same content twice is signing once.

    `seen` is the fingerprint of what was read. Raises LostUpdate when it has changed since.
    """
    with transaction():
        _taken(partner)
        partner_policy.accede.require(actor, partner)
        if not name.strip():
            raise Refused(N_("Write your name: it is your signature."))
        fingerprint = accession_hash(partner)
        if is_confirmed(partner):
            return
        if seen is not None and seen != fingerprint:
            raise LostUpdate(N_("The application has changed since you read it. Read it again, then sign."))
        text = "\n\n".join(render(one, reader) for one in accession.declaration(partner))
        signed = {
            "acceded_at": now(),
            "acceded_by_id": actor.id,
            "acceded_name": name.strip(),
            "acceded_text": text,
            "acceded_hash": fingerprint,
        }
        lifecycle.fire("accede", partner, actor, set=signed, fingerprint=fingerprint, signed_by=name.strip(), text=text)
        _tell_lead(partner)


def leave_consortium(partner: Partner, reason: str, *, actor: Person) -> None:
    """The partner steps out, for a reason that the lead reads."""
    with transaction():
        _taken(partner)
        _need(reason)
        ended = {"ended_at": now(), "end_reason": reason.strip()}
        if lifecycle.fire("leave_consortium", partner, actor, reason=reason.strip(), set=ended):
            partner_service.clear(partner, actor=actor)
            _tell_lead(partner)


def tell_partners(application: Application) -> None:
    """In a running transaction: what became of the application, to the people of its partners."""
    taking_part = select(Partner).where(Partner.application_id == application.id, Partner.state.in_(TAKING_PART))
    for one in db.session.scalars(taking_part.order_by(Partner.id)):
        slot = f"{application.state} {now():%Y%m%dT%H%M%S%f}"
        applicants.tell_partner(mails.tell_partner, one, one, slot, state=str(application.state))


def _taken(partner: Partner) -> Application:
    """The application read anew with its partners, its row ours until the transaction ends; then the partner."""
    application = applications.locked(partner.application)
    set_committed_value(partner, "application", application)  # read anew, the partner has forgotten it
    lock(partner)
    return application


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refused(N_("Write the reason: the other side reads it."))


def _tell_lead(partner: Partner) -> None:
    slot = f"{partner.state} {now():%Y%m%dT%H%M%S%f}"
    applicants.tell_lead(mails.tell_lead, partner, partner.application, slot, state=str(partner.state))
