"""Who sees which partnership, and that the queries agree with the policies."""

import pytest

from grants.applications import partner_policy as policy
from grants.applications import partner_queries as queries
from grants.applications import policy as application_policy
from grants.applications import queries as applications
from grants.applications.models import ApplicationState, Partner, PartnerState
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Right, Role
from tests.applications.consortium import organisation_of, somebody
from tests.applications.ground import colleague, draft, ground
from tests.factories import MembershipFactory, PersonFactory, submitted, with_role

NOW = now()


def partner_in(application, state, person, n) -> Partner:
    """A partner of this person's organisation that stands in this state."""
    values = {
        "application_id": application.id,
        "state": state,
        "name": person.name,
        "email": person.email if state in policy.ASKED else f"{n}-{person.email}",
        "role": "A role",
        "invited_by_id": application.lead_id,
        "sent_at": NOW,
        "expires_at": NOW,
    }
    if state not in policy.ASKED:
        values |= {"organisation_id": organisation_of(person).id, "accepted_at": NOW, "accepted_by_id": person.id}
    if state == PartnerState.ACCEDED:
        values |= {"acceded_at": NOW, "acceded_by_id": person.id, "acceded_name": "N", "acceded_text": "T"}
        values |= {"acceded_hash": "0" * 64}
    if state in {PartnerState.DECLINED, PartnerState.REMOVED, PartnerState.LEFT}:
        values |= {"ended_at": NOW}
    made = Partner(**values)
    db.session.add(made)
    db.session.flush()
    return made


def everything():
    """Partners in every state, in applications in three states; and people of every kind."""
    partners, people = [], []
    for kind in (ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN):
        on = ground()
        application = draft(on, state=kind, **(submitted() if kind == ApplicationState.SUBMITTED else {}))
        people += [on.lead, on.officer, colleague(on, Right.READER)]
        for n, state in enumerate(PartnerState):
            person = somebody()
            partners.append(partner_in(application, state, person, n))
            reader = MembershipFactory(organisation=organisation_of(person), right=Right.READER).person
            people += [person, reader]
        people.append(with_role(Role.REVIEWER, commission=on.commission))
    people += [PersonFactory(), with_role(Role.ADMIN)]
    return people, [one.id for one in partners]


@pytest.mark.parametrize(
    ("list_of", "rule"),
    [(queries.visible_to, policy.view_partner), (queries.readable_by, policy.read_common)],
    ids=["visible_to", "readable_by"],
)
def test_lists_hold_what_the_policy_allows(app, list_of, rule):
    people, ids = everything()
    db.session.commit()
    db.session.expire_all()
    partners = [queries.whole(id) for id in ids]
    for person in people:
        listed = {one.id for one in db.session.scalars(list_of(person))}
        assert listed == {one.id for one in partners if rule.allows(person, one)}, person.name


def test_what_is_listed_on_the_home_page_is_visible(app):
    people, _ = everything()
    db.session.commit()
    for person in people:
        listed = {one.id for one in queries.partnerships(person)}
        assert listed <= {one.id for one in db.session.scalars(queries.visible_to(person))}


def test_a_partner_reaches_no_application_of_the_lead(app):
    people, ids = everything()
    db.session.commit()
    partners = [queries.whole(id) for id in ids]
    for partner in partners:
        for person in people:
            ours = partner.organisation is not None and application_policy.right_in(person, partner.organisation)
            if ours and not any(one.person_id == person.id for one in partner.application.organisation.memberships):
                assert db.session.scalars(applications.visible_to(person)).all() == []


def test_an_officer_of_a_partner_does_not_screen(app):
    on = ground()
    application = draft(on, state=ApplicationState.SUBMITTED, **submitted())
    assert application_policy.screen.allows(on.officer, applications.file(on.officer, application.id))
    person = somebody()
    partner_in(application, PartnerState.ACCEDED, person, 1)
    MembershipFactory(organisation=organisation_of(person), person=on.officer, right=Right.READER)
    db.session.commit()
    db.session.expire_all()
    refusal = application_policy.screen.why_not(on.officer, applications.file(on.officer, application.id))
    assert "partner of the consortium" in str(refusal)
