"""Who speaks for an organisation: rights given, changed, taken away. Invitations are mailed by workflows.invitation.

Every verb takes the organisation's row first and reads its members anew, so of two owners who act at once the second
sees what the first did: somebody always owns it.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.i18n import N_
from grants.people import passwords, policy, queries
from grants.people.models import Invitation, Membership, Organisation, Person, Right
from grants.people.sessions import close_sessions

VALID_FOR = timedelta(days=7)
RANK = {Right.READER: 0, Right.EDITOR: 1, Right.OWNER: 2}
LAST_OWNER = N_("This is the last owner: nobody could submit or sign for the organisation any more.")
ANOTHER_FIRST = N_("Make somebody else an owner first.")
SPENT = N_("This invitation has been used, withdrawn or renewed, or is too old.")
HAS_AN_ACCOUNT = N_("There is an account at this address: sign in with it to join.")
ASK_AGAIN = N_("Ask the organisation for a new one.")


def taken(organisation_id: object) -> Organisation:
    """In a running transaction: the organisation, its row ours until the end, with its members as they are now."""
    db.session.flush()
    found = select(Organisation).where(Organisation.id == organisation_id).with_for_update(of=Organisation)
    members = selectinload(Organisation.memberships).options(joinedload(Membership.person))
    return db.session.scalars(found.options(members).execution_options(populate_existing=True)).one()


def change_right(membership: Membership, right: Right, *, actor: Person) -> None:
    """Raises Refused when nobody would own the organisation any more; the same right again changes nothing."""
    with transaction():
        organisation = taken(membership.organisation_id)
        policy.manage_members.require(actor, organisation)
        member = _still(organisation, membership)
        if member.right == right:
            return
        _keep_an_owner(organisation, member)
        before, member.right = {"right": member.right, "person": str(member.person_id)}, right
        after = {"right": right, "person": str(member.person_id)}
        record("organisation.change_right", organisation, actor, before=before, after=after)


def remove(membership: Membership, *, actor: Person) -> None:
    """From now on this person does not speak for the organisation. Raises Refused for its last owner."""
    with transaction():
        organisation = taken(membership.organisation_id)
        policy.manage_members.require(actor, organisation)
        _take_away(organisation, _still(organisation, membership), "organisation.remove_member", actor)


def leave(organisation: Organisation, *, actor: Person) -> None:
    """Raises Forbidden for the last owner."""
    with transaction():
        organisation = taken(organisation.id)
        policy.leave_organisation.require(actor, organisation)
        mine = next(one for one in organisation.memberships if one.person_id == actor.id)
        _take_away(organisation, mine, "organisation.leave", actor)


def withdraw(invitation: Invitation, *, actor: Person) -> None:
    """Its link is void from now on; withdrawing twice is withdrawing once."""
    with transaction():
        organisation = taken(invitation.organisation_id)
        policy.manage_members.require(actor, organisation)
        lock(invitation, "accepted_at", "withdrawn_at")
        if invitation.accepted_at is not None:
            raise WrongState(N_("This invitation has been accepted meanwhile."))
        if invitation.withdrawn_at is None:
            invitation.withdrawn_at = now()
            record("organisation.withdraw_invitation", organisation, actor, before={"email": invitation.email})


def accept(invitation: Invitation, *, actor: Person) -> Organisation:
    """The person who was asked joins; who is in already keeps the higher right. Raises Refused when it is spent."""
    with transaction():
        organisation = taken(invitation.organisation_id)
        lock(invitation, "accepted_at", "withdrawn_at", "expires_at")
        if actor.email != invitation.email:
            raise Forbidden(N_("This invitation was sent to another address than yours."))
        if not invitation.pending or invitation.expires_at <= now():
            raise Refused(SPENT, ASK_AGAIN)
        invitation.accepted_at, invitation.accepted_by_id = now(), actor.id
        mine = next((one for one in organisation.memberships if one.person_id == actor.id), None)
        if mine is None:
            db.session.add(Membership(organisation_id=organisation.id, person_id=actor.id, right=invitation.right))
        elif RANK[invitation.right] > RANK[mine.right]:
            mine.right = invitation.right
        db.session.flush()
        record("organisation.join", organisation, actor, after={"right": invitation.right})
    return organisation


def join_anew(invitation: Invitation, name: str, password: str, language: str) -> Person:
    """Somebody without an account makes one on the way. Whoever follows the link reads the mail: it is confirmed.

    Raises Refused when the address has an account by now: its owner signs in.
    """
    with transaction():
        person = open_account(invitation.email, name, password, language)
        accept(invitation, actor=person)
    return person


def open_account(email: str, name: str, password: str, language: str) -> Person:
    """The account of somebody who followed a link that we mailed to this address: it is confirmed.

    Raises Refused when the address has an account by now: its owner signs in.
    """
    hashed = passwords.hash_password(password)
    try:
        with transaction():
            person = queries.by_email(email)
            if person is None:
                person = Person(email=email, appointments=[])
                db.session.add(person)
            elif person.confirmed_at is not None or person.disabled_at is not None:
                raise Refused(HAS_AN_ACCOUNT)
            person.name, person.locale, person.password_hash = name, language, hashed
            person.confirmed_at = now()
            db.session.flush()
            close_sessions(person)
            record("person.confirm", person, person)
    except IntegrityError as error:  # the same form sent twice at once: the other one made the account
        raise Refused(HAS_AN_ACCOUNT) from error
    return person


def _still(organisation: Organisation, membership: Membership) -> Membership:
    found = next((one for one in organisation.memberships if one.id == membership.id), None)
    if found is None:
        raise WrongState(N_("This person does not speak for the organisation any more."))
    return found


def _keep_an_owner(organisation: Organisation, going: Membership) -> None:
    owners = [one for one in organisation.memberships if one.right == Right.OWNER]
    if owners == [going]:
        raise Refused(LAST_OWNER, ANOTHER_FIRST)


def _take_away(organisation: Organisation, member: Membership, name: str, actor: Person) -> None:
    _keep_an_owner(organisation, member)
    record(name, organisation, actor, before={"right": member.right, "person": str(member.person_id)})
    db.session.delete(member)
