"""The organisations a person speaks for, and each one's profile: its sections and how they stand."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import render_template, url_for

from grants.core.i18n import N_, N_n, Text
from grants.core.policy import signed_in
from grants.people import policy, queries
from grants.people.models import ORGANISATION_LABELS, Organisation, Person, Right
from grants.profiles import queries as profiles
from grants.profiles.models import AccountState
from grants.profiles.service import today_of
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.organisations import own_organisation
from grants.web.filters import Tag
from grants.web.tags import tag_of

RIGHTS = {
    Right.OWNER: Tag("none", N_("Owner")),
    Right.EDITOR: Tag("none", N_("Editor")),
    Right.READER: Tag("none", N_("Reader")),
}
DONE = Tag("ok", N_("Complete"), "check")
TO_DO = Tag("none", N_("To do"))
MISSING = Tag("warn", N_("To be completed"), "pencil")


class Section(NamedTuple):
    """One line of the profile; without an address it cannot be opened by this person."""

    label: Text
    url: str | None
    sub: Text
    tag: Tag | None


@portal.get("/organisations")
@access(signed_in)
def organisations(user: Person) -> Any:
    return render_template(
        "applicant/organisations.html",
        memberships=queries.memberships_of(user),
        kinds=ORGANISATION_LABELS,
        rights=RIGHTS,
    )


@portal.get("/organisations/<uuid:organisation_id>/profile")
@access(policy.view_organisation, own_organisation)
def organisation_profile(user: Person, organisation: Organisation) -> Any:
    return render_template(
        "applicant/profile.html",
        organisation=organisation,
        kind=ORGANISATION_LABELS[organisation.kind],
        sections=list(sections(user, organisation)),
        rights=RIGHTS,
        mine=next(one.right for one in organisation.memberships if one.person_id == user.id),
        may_not_leave=policy.leave_organisation.why_not(user, organisation),
    )


def sections(user: Person, organisation: Organisation) -> Iterator[Section]:
    """The profile's sections for this person, in order; a few queries."""
    yield _identity(user, organisation)
    yield _people(organisation)
    yield _stakeholders(organisation)
    yield _documents(organisation)
    yield _accounts(organisation)


def _identity(user: Person, organisation: Organisation) -> Section:
    may = policy.edit_organisation.allows(user, organisation)
    url = url_for("applicant.organisation", organisation_id=organisation.id) if may else None
    numbered = organisation.country != "MA" or (organisation.ice and organisation.rc_number)
    if not organisation.city:
        return Section(N_("Identity"), url, N_("The city is missing."), MISSING)
    if not numbered:
        return Section(N_("Identity"), url, N_("The ICE or the number in the commercial register is missing."), MISSING)
    return Section(N_("Identity"), url, N_("Name, kind, identifiers"), DONE)


def _people(organisation: Organisation) -> Section:
    url = url_for("applicant.organisation_people", organisation_id=organisation.id)
    n, waiting = len(organisation.memberships), len(queries.invitations(organisation))
    speak = N_n("%(n)s person speaks for it", "%(n)s people speak for it", n)
    if waiting:
        asked = N_n("%(n)s invitation is open", "%(n)s invitations are open", waiting)
        tag = Tag("info", asked, "mail")
        return Section(N_("People and their rights"), url, speak, tag)
    return Section(N_("People and their rights"), url, speak, DONE)


def _accounts(organisation: Organisation) -> Section:
    url = url_for("applicant.organisation_accounts", organisation_id=organisation.id)
    by_state = profiles.counts(organisation)
    verified, waiting = by_state.get(AccountState.VERIFIED, 0), by_state.get(AccountState.WAITING, 0)
    label = N_("Bank accounts")
    if waiting:
        sub = N_n("%(n)s account waits to be verified", "%(n)s accounts wait to be verified", waiting)
        return Section(label, url, sub, tag_of(AccountState.WAITING))
    if verified:
        sub = N_n("%(n)s account may be paid to", "%(n)s accounts may be paid to", verified)
        return Section(label, url, sub, tag_of(AccountState.VERIFIED))
    return Section(label, url, N_("Needed when a grant is paid."), TO_DO)


def _stakeholders(organisation: Organisation) -> Section:
    url = url_for("applicant.organisation_stakeholders", organisation_id=organisation.id)
    named = profiles.stakeholders(organisation.id)
    label = N_("Directors and shareholders")
    if not named:
        return Section(label, url, N_("So that nobody judges a project they have a part in."), TO_DO)
    return Section(label, url, N_n("%(n)s person named", "%(n)s people named", len(named)), DONE)


def _documents(organisation: Organisation) -> Section:
    url = url_for("applicant.organisation_documents", organisation_id=organisation.id)
    current, label = profiles.current_documents(organisation.id), N_("Documents")
    if not current:
        return Section(label, url, N_("Certificates, articles of association, accounts: kept once."), TO_DO)
    expired = sum(one.expired(today_of(organisation)) for one in current)
    kept = N_n("%(n)s document kept", "%(n)s documents kept", len(current))
    if expired:
        return Section(label, url, kept, Tag("bad", N_n("%(n)s expired", "%(n)s expired", expired), "calendar-x"))
    return Section(label, url, kept, DONE)
