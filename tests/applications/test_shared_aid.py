"""The ceiling of public aid on every organisation that receives a part of the grant, each with its part."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.applications import partner_queries as partners
from grants.applications import partner_service, queries, service
from grants.applications.accession import OwnPart
from grants.applications.budgets import parts
from grants.applications.plan import Plan
from grants.applications.reckoning import Line, divided
from grants.applications.submitted import accession_hash
from grants.awards.aid import aid_to_groups
from grants.calls.eligibility import Answer
from grants.calls.models import EligibilityRule
from grants.calls.ties import AidCeiling
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import OrganisationKind
from tests.applications.budget_ground import FUNDING, budget_ground, budgeted, mad
from tests.applications.consortium import organisation_of, somebody, taking_part
from tests.applications.ground import draft, ground
from tests.applications.test_reckoning import calmly
from tests.factories import AwardFactory, submitted
from workflows import eligibility


@pytest.fixture
def on(app):
    made = budget_ground()
    rule = AidCeiling(mad(800_000))
    db.session.add(EligibilityRule(call_id=made.call.id, position=1, kind=rule.kind, parameters=rule.as_json()))
    db.session.commit()
    return made


def project(on, person):
    """400 000 of costs of the lead, at 90 %; 200 000 of the partner, at 100 % for a university."""
    application = budgeted(on, funding=FUNDING)
    partner = taking_part(on.lead, application, person)
    whole = queries.own_application(on.lead, application.id)
    lines = (
        Line("STAFF", 1, "Engineers", mad(400_000)),
        Line("STAFF", 1, "Doctor", mad(200_000), organisation_id=partner.organisation_id),
    )
    service.revise(whole, Plan(24, None, lines, FUNDING), seen=None, actor=on.lead)
    whole.aid_elsewhere = mad(0)
    db.session.commit()
    return queries.own_application(on.lead, whole.id), partners.partner(person, partner.id)


def declare(partner, person, amount):
    part = OwnPart.of(partner)
    said = OwnPart(part.role, part.tasks, part.papers, amount)
    partner_service.revise_part(partner, said, seen=partner.version, actor=person)
    db.session.expire_all()


def judged(on, application):
    [found] = eligibility.findings(queries.own_application(on.lead, application.id))
    return found


def test_each_receiver_is_judged_with_its_part(on):
    person = somebody(OrganisationKind.UNIVERSITY)
    application, partner = project(on, person)
    assert list(parts(application, application.requested).values()) == [mad(360_000), mad(200_000)]
    found = judged(on, application)
    assert found.answer == Answer.UNKNOWN and found.stops
    assert (
        str(found.verdict.why) == f"{organisation_of(person).name} must say how much public aid it received elsewhere."
    )

    declare(partner, person, mad(600_000))
    assert judged(on, application).answer == Answer.PASSES
    declare(partners.partner(person, partner.id), person, mad(600_001))
    found = judged(on, application)
    assert found.answer == Answer.FAILS and organisation_of(person).name in str(found.verdict.why)
    assert on.organisation.name not in str(found.verdict.why), "the lead is within the ceiling"


def test_what_it_declares_is_signed_with_the_rest(on):
    person = somebody(OrganisationKind.UNIVERSITY)
    _, partner = project(on, person)
    before = accession_hash(partner)
    assert "aid_elsewhere" not in OwnPart.of(partner).as_json(), "older signatures hold"
    declare(partner, person, mad(1))
    assert accession_hash(partners.partner(person, partner.id)) != before


def test_companies_of_one_group_are_judged_together(on):
    person = somebody(OrganisationKind.UNIVERSITY)
    application, partner = project(on, person)
    for one in (on.organisation, organisation_of(person)):
        one.group_name, one.group_key = "Atlas", "atlas"
    application.aid_elsewhere = mad(240_000)
    db.session.commit()
    declare(partner, person, mad(200_000))
    facts = eligibility.facts_of(queries.own_application(on.lead, application.id), eligibility.rules_of(on.call.id))
    assert facts.receivers is None, "one group has it all"
    assert judged(on, application).answer == Answer.PASSES  # 240 000 + 560 000


def test_an_earlier_grant_to_a_consortium_counts_in_parts(on):
    person = somebody(OrganisationKind.UNIVERSITY)
    application, _ = project(on, person)
    application.state = "decided"
    for name, value in submitted().items():
        setattr(application, name, value)
    AwardFactory(application=application, amount_minor=28_000_000, awarded_on=date(2026, 1, 1))
    db.session.commit()
    found = aid_to_groups([on.organisation, organisation_of(person)])
    assert [[one.amount for one in group.aid] for group in found.values()] == [[mad(180_000)], [mad(100_000)]]


def test_without_lines_the_lead_has_it_all(app):
    on = ground()
    made = draft(on)
    db.session.commit()
    application = queries.own_application(on.lead, made.id)
    assert parts(application, mad(5)) == {on.organisation.id: mad(5)}


@calmly
@given(amount=st.integers(0, 10**14), most=st.dictionaries(st.uuids(), st.integers(0, 10**14), max_size=5))
def test_nothing_is_lost_in_dividing(amount, most):
    found = divided(Money(amount, "MAD"), {id: Money(minor, "MAD") for id, minor in most.items()})
    if any(most.values()):
        assert sum(one.minor for one in found.values()) == amount
        assert all(most[id] for id in found)
        whole = sum(most.values())
        assert all(abs(one.minor * whole - amount * most[id]) <= len(most) * whole for id, one in found.items())
    else:
        assert found == {}
