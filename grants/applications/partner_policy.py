"""Who invites and removes partners, who reads a partnership, who writes a part, who accedes.

Whoever takes part reads the common part of an application (title, summary, description, answers) and writes its own;
what another partner says of itself, and every organisation's accounts and papers, stay with the lead and the fund.
"""

from grants.applications.models import EDITABLE, TAKING_PART, ApplicationState, Document, Partner, PartnerState
from grants.applications.policy import WRITERS, edit, right_in
from grants.applications.slots import Slot
from grants.calls.models import RequiredDocument
from grants.core.clock import now
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person, Right

PARTNER = "partner"
LEAD = "owner or editor of the lead"
OWNER = "owner of the partner"
ASKED = frozenset({PartnerState.INVITED, PartnerState.DECLINED})


@policy(LEAD)
def manage_partner(user: Person, partner: Partner) -> Claims:
    """Asking a partner again and removing it: as for changing the application."""
    yield from edit.claims(user, partner.application)


@policy("applicant", PARTNER, "whoever is invited")
def view_partner(user: Person, partner: Partner) -> Claims:
    """That there is such a partner, and how it stands: its people, those of the lead, whoever is invited."""
    yield (
        _leads(user, partner) or _speaks(user, partner) or _is_asked(user, partner),
        N_("This invitation is not yours."),
    )


@policy("applicant", PARTNER)
def read_common(user: Person, partner: Partner) -> Claims:
    """The common part of the application: the lead's people; the partner's, while it takes part."""
    yield _leads(user, partner) or _takes_part(user, partner), N_("Only who takes part in this project reads it.")


@policy("whoever is invited")
def answer_partnership(user: Person, partner: Partner) -> Claims:
    """Accepting or declining: whoever reads the address the invitation was sent to, while it counts."""
    yield user.email == partner.email, N_("This invitation was sent to another address than yours.")
    waiting = partner.state == PartnerState.INVITED
    yield (
        not waiting or partner.application.state in EDITABLE,
        N_("The application is no longer a draft: nobody can join it now."),
    )
    yield (
        not waiting or partner.expires_at > now(),
        N_("This invitation is too old. Ask the lead for a new one."),
    )


@policy("owner or editor of the partner")
def write_part(user: Person, partner: Partner) -> Claims:
    """What the partner says of itself: its owners and editors, while the application may be changed."""
    yield _takes_part(user, partner), N_("Only who takes part in this project reads it.")
    yield _right(user, partner) in WRITERS, N_("Only an owner or editor of your organisation may change this.")
    yield _editable(partner), N_("It is with the fund now and cannot be changed.")


@policy("owner or editor of the partner")
def fill_part(user: Person, slot: Slot[RequiredDocument]) -> Claims:
    """Attaching what the call asks of partners: as for its part."""
    yield slot.partner is not None, N_("Only who takes part in this project reads it.")
    if slot.partner is not None:
        yield from write_part.claims(user, slot.partner)


@policy(PARTNER)
def read_part_document(user: Person, document: Document) -> Claims:
    """What a partner attached: its own people, while it takes part. The lead's people read it as their own."""
    partner = document.partner
    yield partner is not None and _takes_part(user, partner), N_("Only who takes part in this project reads it.")


@policy("owner or editor of the partner")
def edit_part_document(user: Person, document: Document) -> Claims:
    """Removing what a partner attached: as for its part."""
    yield from read_part_document.claims(user, document)
    if document.partner is not None:
        yield from write_part.claims(user, document.partner)


@policy(OWNER)
def accede(user: Person, partner: Partner) -> Claims:
    """Signing for the partner: its owners, while the application may be changed."""
    yield from _owns(user, partner)


@policy(OWNER)
def leave_consortium(user: Person, partner: Partner) -> Claims:
    """Leaving: the partner's owners, while the application may be changed. A second press answers as the first."""
    if partner.state == PartnerState.LEFT:
        yield _right(user, partner) == Right.OWNER, N_("Only an owner of your organisation may do this.")
    else:
        yield from _owns(user, partner)


def _owns(user: Person, partner: Partner) -> Claims:
    yield _takes_part(user, partner), N_("Only who takes part in this project reads it.")
    yield _right(user, partner) == Right.OWNER, N_("Only an owner of your organisation may do this.")
    yield _editable(partner), N_("It is with the fund now and cannot be changed.")


def _right(user: Person, partner: Partner) -> Right | None:
    return right_in(user, partner.organisation) if partner.organisation is not None else None


def _editable(partner: Partner) -> bool:
    return partner.application.state in EDITABLE


def _leads(user: Person, partner: Partner) -> bool:
    return right_in(user, partner.application.organisation) is not None


def _speaks(user: Person, partner: Partner) -> bool:
    return _right(user, partner) is not None


def _takes_part(user: Person, partner: Partner) -> bool:
    living = partner.state in TAKING_PART and partner.application.state != ApplicationState.WITHDRAWN
    return living and _speaks(user, partner)


def _is_asked(user: Person, partner: Partner) -> bool:
    return partner.state in ASKED and user.email == partner.email
