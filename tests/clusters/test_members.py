"""What an organisation says about itself and about its membership; what the cluster answers."""

from datetime import date, timedelta

import pytest

from grants.clusters import queries as reads
from grants.clusters.models import MembershipState as State
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.types import Money
from grants.people import facts as known
from grants.people import queries as people
from grants.people.facts import OrganisationFacts
from grants.people.models import OrganisationKind, Right, Role, Sector
from grants.people.service import OrganisationDraft
from tests.factories import ClusterFactory, MembershipFactory, PersonFactory, with_role
from workflows import membership as workflow

FACTS = OrganisationFacts(date(2024, 2, 29), 12, Money.of(500_000, "MAD"), 2025, Sector.HEALTH, "Groupe Atlas")
DRAFT = OrganisationDraft("Atlas Santé", OrganisationKind.STARTUP, "MA")


def registered(*clusters, owner=None):
    owner = owner or PersonFactory()
    made = workflow.register(DRAFT, FACTS, [one.id for one in clusters], actor=owner)
    return people.organisation(owner, made.id), owner


def state(organisation, cluster):
    db.session.expire_all()
    return reads.membership_state(organisation.id, cluster.id)


def test_facts_are_kept_with_the_organisation(app):
    made, owner = registered()
    assert OrganisationFacts.of(made) == FACTS and made.group_key == "groupe atlas"
    nothing = OrganisationFacts(staff=0, turnover=Money(0, "XOF"), turnover_year=2025)
    known.revise_facts(made, nothing, actor=owner, version=made.version)
    assert OrganisationFacts.of(made) == nothing, "zero is an answer"
    assert made.group_key is None


def test_another_revision_meanwhile_is_not_overwritten(app):
    made, owner = registered()
    with pytest.raises(LostUpdate):
        known.revise_facts(made, OrganisationFacts(staff=3), actor=owner, version=made.version - 1)
    again = people.organisation(owner, made.id)
    known.revise_facts(again, FACTS, actor=owner, version=again.version - 1)  # the very same: nothing to lose


def test_a_reader_and_a_stranger_change_nothing(app):
    made, _ = registered()
    reader = MembershipFactory(organisation=made, right=Right.READER).person
    people_of_no_say = (reader, PersonFactory())
    db.session.commit()
    for person in people_of_no_say:
        loaded = people.organisation(reader, made.id)
        with pytest.raises(Forbidden):
            known.revise_facts(loaded, OrganisationFacts(), actor=person)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"founded_on": date(1799, 12, 31)}, "founded_on"),
        ({"founded_on": now().date() + timedelta(days=1)}, "founded_on"),
        ({"staff": -1}, "staff"),
        ({"turnover": Money(1, "XOF")}, "turnover_year"),
        ({"turnover": Money(1, "XOF"), "turnover_year": 1999}, "turnover_year"),
    ],
)
def test_what_cannot_be_is_asked_again(wrong, field):
    assert list(known.problems_with(OrganisationFacts(**wrong))) == [field]
    assert known.problems_with(FACTS) == {}


def test_declared_then_confirmed_then_denied(app):
    cluster = ClusterFactory()
    officer = with_role(Role.OFFICER, cluster=cluster)
    made, owner = registered(cluster)
    assert state(made, cluster) == State.DECLARED
    workflow.declare(people.organisation(owner, made.id), cluster.id, True, actor=owner)  # twice is once
    (one,), total = reads.members(officer, State.DECLARED, 1)
    assert total == 1
    workflow.confirm_member(reads.membership(officer, one.id), actor=officer)
    workflow.declare(people.organisation(owner, made.id), cluster.id, True, actor=owner)
    assert state(made, cluster) == State.CONFIRMED, "saying it again does not undo the answer"
    workflow.declare(people.organisation(owner, made.id), cluster.id, False, actor=owner)
    assert state(made, cluster) == State.ABSENT
    names = db.session.scalars(db.select(Event.name).where(Event.subject_id == one.id).order_by(Event.at)).all()
    assert names == ["membership.declare_member", "membership.confirm_member", "membership.deny_member"]


def test_a_refusal_has_a_reason_and_stays_until_it_is_denied(app):
    cluster = ClusterFactory()
    officer = with_role(Role.OFFICER, cluster=cluster)
    made, owner = registered(cluster)
    one = reads.members(officer, State.DECLARED, 1)[0][0]
    with pytest.raises(Refused):
        workflow.refuse_member(reads.membership(officer, one.id), "  ", actor=officer)
    workflow.refuse_member(reads.membership(officer, one.id), "Not on our list of 2026.", actor=officer)
    workflow.declare(people.organisation(owner, made.id), cluster.id, True, actor=owner)
    assert state(made, cluster) == State.REFUSED
    for said, after in ((False, State.ABSENT), (True, State.DECLARED)):
        workflow.declare(people.organisation(owner, made.id), cluster.id, said, actor=owner)
        assert state(made, cluster) == after


def test_only_an_officer_of_the_cluster_who_is_not_of_the_organisation_answers(app):
    cluster = ClusterFactory()
    officer = with_role(Role.OFFICER, cluster=cluster)
    _, owner = registered(cluster)
    id = reads.members(officer, State.DECLARED, 1)[0][0].id
    with_role(Role.OFFICER, cluster=cluster, person=owner)
    elsewhere = with_role(Role.OFFICER, cluster=ClusterFactory())
    for person in (owner, elsewhere, with_role(Role.COMMITTEE, cluster=cluster)):
        with pytest.raises(Forbidden):
            workflow.confirm_member(reads.membership(officer, id), actor=person)
    assert reads.members(elsewhere, State.DECLARED, 1) == ([], 0)


# --- pages ----------------------------------------------------------------------------------------------------


def test_the_form_of_an_organisation_asks_and_keeps(client):
    cluster, owner = ClusterFactory(), PersonFactory()
    client.login(owner)
    typed = {
        "name": "Atlas Santé",
        "kind": "startup",
        "country": "MA",
        "founded_on": "2024-02-29",
        "staff": "12",
        "turnover": "1 500 000",
        "turnover_currency": "XOF",
        "turnover_year": "2025",
        "sector": "health",
        "group_name": "Groupe Atlas",
        "members": [str(cluster.id)],
        "facts_asked": "1",
    }
    assert client.post("/applicant/organisations/new", data=typed).status_code == 303
    (made,) = people.organisations_of(owner)
    assert (made.founded_on, made.staff, made.turnover) == (date(2024, 2, 29), 12, Money(1_500_000, "XOF"))
    assert state(made, cluster) == State.DECLARED
    url = f"/applicant/organisations/{made.id}"
    page = client.get(url).text
    assert 'value="2025"' in page and "checked" in page
    silent = {"name": "Atlas Santé", "kind": "startup", "country": "MA", "version": str(made.version)}
    assert client.post(url, data=silent).status_code == 303
    db.session.expire_all()
    assert made.staff == 12 and state(made, cluster) == State.DECLARED, "a page that does not ask writes nothing over"
    changed = {**typed, "members": [], "turnover": "", "version": str(made.version)}
    assert client.post(url, data=changed).status_code == 303
    db.session.expire_all()
    assert people.organisation(owner, made.id).turnover is None
    assert state(made, cluster) == State.ABSENT


def test_a_year_before_its_time_comes_back_with_everything_typed(client):
    client.login(PersonFactory())
    typed = {"name": "Atlas", "kind": "startup", "country": "MA", "turnover": "10", "turnover_currency": "EUR"}
    typed["facts_asked"] = "1"
    page = client.post("/applicant/organisations/new", data=typed)
    assert page.status_code == 200 and "Say which year" in page.text and "EUR" in page.text


def test_the_officer_answers_on_one_page_at_a_constant_cost(client, queries):
    cluster = ClusterFactory()
    officer = with_role(Role.OFFICER, cluster=cluster)
    registered(cluster)
    client.login(officer)
    with queries() as few:
        assert "Atlas Santé" in client.get("/staff/members").text
    for _ in range(20):
        registered(cluster)
    with queries() as many:
        client.get("/staff/members")
    assert len(few) == len(many)
    one = reads.members(officer, State.DECLARED, 1)[0][0]
    assert client.post(f"/staff/members/{one.id}/confirm").status_code == 303
    two = reads.members(officer, State.DECLARED, 1)[0][0]
    assert client.post(f"/staff/members/{two.id}/refuse", data={"reason": "Not listed."}).status_code == 303
    assert "Not listed." in client.get("/staff/members?state=refused").text
    assert client.get("/staff/members?state=nonsense").status_code == 200
