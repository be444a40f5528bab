"""Who may do what with persons, their roles and their organisations."""

from typing import Any

from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Appointment, Invitation, Membership, Organisation, Person, Right, Role

OWNS = frozenset({Right.OWNER})
WRITES = OWNS | {Right.EDITOR}


@policy(Role.ADMIN)
def administer(user: Person, _: Any) -> Claims:
    """People, roles and clusters: administrators. They see no application and move no money."""
    yield Role.ADMIN in user.roles, N_("Only an administrator may do this.")


@policy(Role.ADMIN, "the person")
def view_person(user: Person, person: Person) -> Claims:
    """A person's page: administrators, and the person."""
    yield Role.ADMIN in user.roles or user.id == person.id, N_("You may only see your own profile.")


@policy(Role.ADMIN)
def manage_person(user: Person, person: Person) -> Claims:
    """Roles of a person, inviting again, disabling and enabling: administrators."""
    yield from administer.claims(user, None)


@policy(Role.ADMIN)
def disable(user: Person, person: Person) -> Claims:
    """Disabling somebody: administrators, but not themselves."""
    yield from administer.claims(user, None)
    yield user.id != person.id, N_("You cannot disable yourself. Another administrator can.")


@policy(Role.ADMIN)
def revoke(user: Person, appointment: Appointment) -> Claims:
    """Taking a role away: administrators."""
    yield from administer.claims(user, None)


@policy("member of the organisation")
def view_organisation(user: Person, organisation: Organisation) -> Claims:
    """An organisation's page: its members."""
    yield right_in(user, organisation) is not None, N_("This organisation is not yours.")


@policy("owner or editor of the organisation")
def edit_organisation(user: Person, organisation: Organisation) -> Claims:
    """An organisation's particulars: its owners and editors."""
    yield right_in(user, organisation) is not None, N_("This organisation is not yours.")
    yield right_in(user, organisation) in WRITES, N_("You may read this organisation’s file, not change it.")


@policy("owner of the organisation")
def submit_for_organisation(user: Person, organisation: Organisation) -> Claims:
    """Binding an organisation, by submitting or signing: its owners."""
    yield right_in(user, organisation) in OWNS, N_("Only an owner of the organisation may submit or sign for it.")


@policy("owner of the organisation")
def manage_members(user: Person, organisation: Organisation) -> Claims:
    """Who speaks for an organisation, and with which right: its owners."""
    yield right_in(user, organisation) is not None, N_("This organisation is not yours.")
    yield right_in(user, organisation) in OWNS, N_("Only an owner of the organisation decides who speaks for it.")


@policy("owner of the organisation")
def manage_member(user: Person, membership: Membership) -> Claims:
    """As for the people of the organisation."""
    yield from manage_members.claims(user, membership.organisation)


@policy("owner of the organisation")
def manage_invitation(user: Person, invitation: Invitation) -> Claims:
    """As for the people of the organisation."""
    yield from manage_members.claims(user, invitation.organisation)


@policy("member of the organisation")
def leave_organisation(user: Person, organisation: Organisation) -> Claims:
    """Leaving an organisation: its members, but never its last owner."""
    yield right_in(user, organisation) is not None, N_("This organisation is not yours.")
    others = any(one.right in OWNS and one.person_id != user.id for one in organisation.memberships)
    yield (
        others or right_in(user, organisation) not in OWNS,
        N_("You are its last owner: make somebody else an owner before you leave."),
    )


def right_in(user: Person, organisation: Organisation) -> Right | None:
    """What the person may do for it; its memberships must have been loaded."""
    return next((one.right for one in organisation.memberships if one.person_id == user.id), None)
