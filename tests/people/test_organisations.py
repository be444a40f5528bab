"""Organisations: who may write for them, what their numbers must be, which only warn."""

import pytest
from sqlalchemy import select

from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.people import policy, queries, service
from grants.people.models import OrganisationKind, Right
from grants.people.service import OrganisationDraft
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory

ICE = "001561191000066"


def draft(**changes) -> OrganisationDraft:
    return OrganisationDraft(
        **{"name": "Atlas Santé SARL", "kind": OrganisationKind.STARTUP, "country": "MA"} | changes
    )


def test_whoever_registers_it_owns_it(app):
    person = PersonFactory()
    made = service.create_organisation(
        draft(name="  Atlas   Santé SARL ", ice="00 15 61 19 10 00 066", city=" ", rc_court="Rabat", rc_number="12345"),
        actor=person,
    )
    assert (made.name, made.ice, made.city) == ("Atlas Santé SARL", ICE, None)
    assert (made.matching_key, made.sort_key) == ("atlas sante", "atlas sante sarl")
    assert [one.right for one in queries.members(made)] == [Right.OWNER]
    assert policy.submit_for_organisation.allows(person, queries.organisation(person, made.id))
    recorded = db.session.scalars(select(Event).where(Event.subject_id == made.id)).one()
    assert recorded.after["ice"] == ICE


@pytest.mark.parametrize(
    "second",
    [{"ice": ICE}, {"rc_court": "Rabat", "rc_number": "12345"}],
)
def test_a_number_is_registered_once(app, second):
    service.create_organisation(draft(ice=ICE, rc_court="Rabat", rc_number="12345"), actor=PersonFactory())
    with pytest.raises(Refused, match="already registered"):
        service.create_organisation(draft(**second), actor=PersonFactory())


def test_the_same_register_number_at_another_court_is_another_company(app):
    for court in ("Rabat", "Casablanca"):
        service.create_organisation(draft(rc_court=court, rc_number="12345"), actor=PersonFactory())


TAX = ({"country": "DZ", "tax_id": "4160"}, {"country": "CI", "tax_id": "1234567"})


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [("DZ", "416 001 000 000 007", "416001000000007"), ("CI", "1234567 a", "1234567A"), ("MA", "40 12-34", "401234")],
)
def test_the_tax_identifier_of_each_country(app, country, typed, kept):
    made = service.create_organisation(
        draft(country=country, tax_id=typed, social_id=" 12.345 "), actor=PersonFactory()
    )
    assert (made.tax_id, made.social_id) == (kept, "12345")


@pytest.mark.parametrize("wrong", [{"ice": "123"}, {"rc_court": "Rabat"}, {"rc_number": "1"}, {"name": "  "}, *TAX])
def test_what_cannot_be_is_refused_by_field(app, wrong):
    assert len(service.problems_with(draft(**wrong))) == 1
    with pytest.raises(Refused):
        service.create_organisation(draft(**wrong), actor=PersonFactory())


def test_an_unusual_ice_warns_and_never_blocks(app):
    unusual = draft(ice="001561191000065")
    assert len(service.warnings_about(unusual)) == 1
    made = service.create_organisation(unusual, actor=PersonFactory())
    assert service.warnings_about(draft(ice=ICE)) != [], "another establishment of the same company"
    assert len(service.warnings_about(unusual, made)) == 1, "not of itself"
    assert service.warnings_about(draft()) == service.warnings_about(draft(ice="12")) == []


@pytest.mark.parametrize(
    ("right", "views", "edits", "submits"),
    [
        (Right.OWNER, True, True, True),
        (Right.EDITOR, True, True, False),
        (Right.READER, True, False, False),
        (None, False, False, False),
    ],
)
def test_rights(app, right, views, edits, submits):
    person, organisation = PersonFactory(), OrganisationFactory()
    if right:
        MembershipFactory(organisation=organisation, person=person, right=right)
    db.session.expire_all()
    listed = person in [one.person for one in queries.members(organisation)]
    assert listed == views
    loaded = queries.organisation(queries.members(organisation)[0].person, organisation.id) if views else organisation
    if not views:
        db.session.refresh(organisation, ["memberships"])
    assert policy.view_organisation.allows(person, loaded) == views
    assert policy.edit_organisation.allows(person, loaded) == edits
    assert policy.submit_for_organisation.allows(person, loaded) == submits
    assert list(queries.organisations_of(person)) == ([organisation] if views else [])
    assert list(queries.organisations_of(person, Right.OWNER)) == ([organisation] if submits else [])


def test_who_sees_which_policy_and_query_agree(app):
    rows = [MembershipFactory(right=right) for right in Right]
    people = [row.person for row in rows] + [PersonFactory()]
    organisations = [row.organisation for row in rows] + [OrganisationFactory(memberships=[])]
    for one in organisations:
        db.session.refresh(one, ["memberships"])
    for user in people:
        listed = set(db.session.scalars(queries.organisations_visible_to(user)))
        assert listed == {one for one in organisations if policy.view_organisation.allows(user, one)}


def test_revising(app):
    owner = PersonFactory()
    made = service.create_organisation(draft(ice=ICE), actor=owner)
    loaded = queries.organisation(owner, made.id)
    service.revise_organisation(loaded, draft(ice=ICE, city="Fès"), actor=owner, version=loaded.version)
    loaded = queries.organisation(owner, made.id)
    assert loaded.city == "Fès"
    with pytest.raises(LostUpdate):
        service.revise_organisation(loaded, draft(), actor=owner, version=loaded.version - 1)
    loaded = queries.organisation(owner, made.id)
    with pytest.raises(Forbidden):
        service.revise_organisation(loaded, draft(), actor=PersonFactory())
