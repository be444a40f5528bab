"""Asking somebody by e-mail to speak for an organisation: invite, renew; the link is read by grants.web.account."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from grants.applications import partner_queries as partners
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.people import links, policy, queries
from grants.people.members import VALID_FOR, taken
from grants.people.models import RIGHT_LABELS, Invitation, Organisation, Person, Right
from workflows.letters import Letter, address, letter, settings
from workflows.outbox import Due, promise

MOST_AN_HOUR = 20  # sent by one organisation
MOST_A_DAY = 60  # by one person, for whichever organisations
MOST_TO_ONE = 5  # to one address within an hour, whoever sends: nobody's mailbox is flooded through our pages


@dataclass(frozen=True)
class Asked:
    """Who is asked, at which address, for which right."""

    name: str
    email: str
    right: Right


def invite_member(organisation: Organisation, asked: Asked, *, actor: Person) -> Invitation:
    """A row and a mail. Asked again for the same right, it is the same invitation and no second mail.

    Raises Refused when the person is in already, is invited with another right, or too many were sent lately.
    """
    email = asked.email.strip().lower()
    with transaction():
        organisation = taken(organisation.id)
        policy.manage_members.require(actor, organisation)
        if any(one.person.email == email for one in organisation.memberships):
            raise Refused(N_("%(email)s already speaks for this organisation.", email=email))
        pending = select(Invitation).where(
            Invitation.organisation_id == organisation.id,
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        if found := db.session.scalars(pending).one_or_none():
            if found.expires_at > now() and found.right == asked.right:
                return found
            if found.expires_at > now():
                raise Refused(
                    N_("%(email)s is invited already. Withdraw that invitation to change the right.", email=email)
                )
            found.withdrawn_at = now()
            db.session.flush()
        return _send(organisation, asked, email, actor)


def renew_invitation(invitation: Invitation, *, actor: Person) -> Invitation:
    """A new link by a new mail; the older one is void. Raises WrongState when it was accepted or withdrawn."""
    with transaction():
        organisation = taken(invitation.organisation_id)
        policy.manage_members.require(actor, organisation)
        lock(invitation, "accepted_at", "withdrawn_at")
        if not invitation.pending:
            raise WrongState(N_("This invitation has been accepted, withdrawn or renewed meanwhile."))
        invitation.withdrawn_at = now()
        db.session.flush()
        return _send(organisation, Asked(invitation.name, invitation.email, invitation.right), invitation.email, actor)


def _send(organisation: Organisation, asked: Asked, email: str, actor: Person) -> Invitation:
    spare(organisation.id, email, actor)
    made = Invitation(
        organisation_id=organisation.id,
        name=asked.name,
        email=email,
        right=asked.right,
        invited_by_id=actor.id,
        expires_at=now() + VALID_FOR,
    )
    db.session.add(made)
    db.session.flush()
    record("organisation.invite", organisation, actor, after={"email": email, "right": asked.right})
    promise(ask_to_join, made)
    return made


def spare(organisation_id: UUID, email: str, actor: Person) -> None:
    """Raises Refused when this organisation, this person, or anybody to this address has sent too many lately.

    Those to colleagues and those to partners of a consortium count together.
    """
    day = timedelta(days=1)
    sent = select(func.count(Invitation.id)).where(Invitation.created_at > now() - day)
    mine = db.session.scalar(sent.where(Invitation.invited_by_id == actor.id)) or 0
    if mine + partners.sent_lately(day, person_id=actor.id) >= MOST_A_DAY:
        raise Refused(N_("You have sent %(n)s invitations within a day: nobody sends more.", n=MOST_A_DAY),
                      N_("Go on tomorrow."))  # fmt: skip
    hour = timedelta(hours=1)
    recent = select(func.count(Invitation.id)).where(Invitation.created_at > now() - hour)
    ours = db.session.scalar(recent.where(Invitation.organisation_id == organisation_id)) or 0
    theirs = db.session.scalar(recent.where(Invitation.email == email)) or 0
    ours += partners.sent_lately(hour, organisation_id=organisation_id)
    theirs += partners.sent_lately(hour, email=email)
    if ours >= MOST_AN_HOUR or theirs >= MOST_TO_ONE:
        raise Refused(N_("Too many invitations were sent lately."), N_("Wait an hour, then try again."))


@letter
def ask_to_join(due: Due) -> Letter | None:
    """`promise(ask_to_join, invitation)`: the token is made here and kept nowhere."""
    invitation = queries.invited(due.subject_id)
    if invitation is None:
        return None
    sender = invitation.invited_by
    reader = whoever_is_asked(invitation.name, invitation.email, sender)
    name = invitation.organisation.name
    return Letter(
        to=reader,
        subject=N_("%(inviter)s invites you to %(organisation)s", inviter=sender.name, organisation=name),
        paragraphs=[
            N_(
                "%(inviter)s asks you to speak for %(organisation)s on this platform. Your right: %(right)s.",
                inviter=sender.name,
                organisation=name,
                right=RIGHT_LABELS[invitation.right],
            )
        ],
        action=(N_("Look at the invitation"), address("account.join", token=signed(invitation.id))),
        afterwards=[
            N_("The link works once, until %(when)s.", when=invitation.expires_at),
            N_("If you do not know this organisation, nothing needs to be done."),
        ],
    )


def whoever_is_asked(name: str, email: str, sender: Person) -> Person:
    """The person at this address; a stranger is written to in the language of whoever invites."""
    return queries.by_email(email) or Person(name=name, email=email, locale=sender.locale)


def signed(link_id: UUID) -> str:
    """What a link of an invitation carries."""
    return links.token(link_id, settings().secret_key)
