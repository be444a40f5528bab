"""What partners and members are told: a cancelled call, corrected questions, the screening; and the history of it."""

from datetime import timedelta

import pytest

from grants.applications import queries
from grants.calls import questionnaires
from grants.calls.questionnaire import Kind, Outline, Part, Question
from grants.clusters import queries as clusters
from grants.clusters.models import ClusterMembership
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Role
from grants.web.history import for_applicant, for_fund
from tests.applications.consortium import acceded, organisation_of, somebody
from tests.applications.ground import draft, ground
from tests.factories import with_role
from tests.people.test_letters import letters
from workflows import application as workflow
from workflows import call as calls
from workflows import clarification, membership


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def person(on):
    return somebody()


@pytest.fixture
def mine(on, person):
    made = draft(on)
    db.session.commit()
    acceded(on.lead, made, person)
    letters()
    id = made.id
    return lambda: queries.own_application(on.lead, id)


def to(person, found):
    return [text for address, _, text in found if person.email in address]


def test_a_cancelled_call(on, mine, person):
    committee = with_role(Role.COMMITTEE, cluster=on.call.fund.cluster)
    calls.cancel(on.call, "No more credit.", actor=committee)
    sent = letters()
    told = [[text for text in to(one, sent) if "No more credit." in text] for one in (person, on.lead)]
    assert [len(one) for one in told] == [1, 1]


def test_the_screening(on, mine, person):
    workflow.submit(mine(), actor=on.lead)
    letters()
    db.session.expire_all()
    file = queries.file(on.officer, mine().id)
    workflow.declare_incomplete(file, now() + timedelta(days=3), "The statutes are missing.", actor=on.officer)
    [text] = to(person, letters())
    assert "asks" in text and "The statutes are missing." in text


def test_a_withdrawal_names_no_older_reason(on, mine, person):
    workflow.submit(mine(), actor=on.lead)
    db.session.expire_all()
    file = queries.file(on.officer, mine().id)
    workflow.declare_incomplete(file, now() + timedelta(days=3), "The statutes are missing.", actor=on.officer)
    letters()
    db.session.expire_all()
    workflow.withdraw(mine(), "No more money.", actor=on.lead)
    [text] = to(person, letters())
    assert "has withdrawn" in text
    assert "The statutes are missing." not in text and "Complete it by" not in text


def test_the_history_names_partners_and_clarifications(on, mine, person):
    workflow.submit(mine(), actor=on.lead)
    db.session.expire_all()
    file = queries.file(on.officer, mine().id)
    clarification.ask(file, "How many sensors?", now() + timedelta(days=3), actor=on.officer)
    db.session.expire_all()
    who = organisation_of(person).name
    seen = for_applicant(mine(), queries.history(mine()))
    labels = [str(one.label) for one, _, _ in seen]
    assert "The fund asks for a clarification" in labels and f"{who} accedes" in labels
    assert {name for one, _, name in seen if str(one.label) == "The fund asks for a clarification"} == {None}
    full = for_fund(mine(), queries.history(mine()))
    assert {name for one, _, name in full if str(one.label) == "Clarification asked for"} == {on.officer.name}


def test_a_membership_that_is_answered(on):
    asked = ClusterMembership(
        organisation=on.organisation, cluster_id=on.call.fund.cluster_id, state="declared", declared_at=now()
    )
    db.session.add(asked)
    db.session.commit()
    db.session.expire_all()
    membership.refuse_member(clusters.membership(on.officer, asked.id), "Not on our list.", actor=on.officer)
    [text] = to(on.lead, letters())
    assert "Not on our list." in text and on.organisation.name in text


def test_corrected_questions(on, mine, person):
    question = Question("a", next(iter(Kind)), Words(fr="Pourquoi ?"))
    outline = Outline((Part("p", Words(fr="Marché"), questions=(question,)),))
    questionnaires.arrange(on.call, lambda _: outline, seen=None, actor=on.officer)
    calls.correct(on.call, Words(fr="Une question de plus.", en="One more question."), actor=on.officer)
    [text] = to(person, letters())
    assert "One more question." in text and "/partners/" in text
