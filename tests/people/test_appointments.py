"""Roles: where they may be held, who may hold which together, and that somebody can always administer."""

from threading import Thread

import pytest
from sqlalchemy import select

from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, Refused
from grants.people import appointments, policy, queries
from grants.people.appointments import Place, appoint, disable, enable, revoke
from grants.people.models import Appointment, Person, Role
from tests.factories import ClusterFactory, CommissionFactory, FundFactory, PersonFactory, with_role


@pytest.fixture
def admin(app) -> Person:
    return with_role(Role.ADMIN)


def held(person: Person) -> list[Appointment]:
    return list(db.session.scalars(select(Appointment).where(Appointment.person_id == person.id)))


def events(subject) -> list[str]:
    mine = select(Event.name).where(Event.subject_id == subject.id).order_by(Event.at, Event.id)
    return list(db.session.scalars(mine))


def test_giving_and_taking_a_role_is_recorded(admin):
    person, fund = PersonFactory(), FundFactory()
    given = appoint(person, Role.ACCOUNTANT, Place(fund.cluster_id, fund_id=fund.id), actor=admin)
    assert given.appointed_by_id == admin.id
    revoke(given, actor=admin)
    assert held(person) == []
    assert events(person) == ["person.appoint", "person.revoke"]


def test_giving_twice_is_giving_once(admin):
    person, cluster = PersonFactory(), ClusterFactory()
    for _ in range(2):
        appoint(person, Role.OFFICER, Place(cluster.id), actor=admin)
    assert len(held(person)) == 1


def test_several_roles_in_several_places(admin):
    person, fund, commission = PersonFactory(), FundFactory(), CommissionFactory()
    appoint(person, Role.OFFICER, Place(fund.cluster_id), actor=admin)
    appoint(person, Role.REVIEWER, Place(commission.cluster_id, commission_id=commission.id), actor=admin)
    appoint(person, Role.ADMIN, Place(), actor=admin)
    assert {one.role for one in held(person)} == {Role.OFFICER, Role.REVIEWER, Role.ADMIN}


@pytest.mark.parametrize("first", [Role.AUTHORISING_OFFICER, Role.ACCOUNTANT])
@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        ("cluster", "cluster", False),
        ("cluster", "fund", False),
        ("fund", "cluster", False),
        ("fund", "fund", False),
        ("fund", "sister fund", True),
        ("cluster", "elsewhere", True),
    ],
)
def test_who_orders_does_not_pay(admin, first, one, two, together):
    person, fund, elsewhere = PersonFactory(), FundFactory(), ClusterFactory()
    sister = FundFactory(cluster=fund.cluster)
    places = {
        "cluster": Place(fund.cluster_id),
        "fund": Place(fund.cluster_id, fund_id=fund.id),
        "sister fund": Place(fund.cluster_id, fund_id=sister.id),
        "elsewhere": Place(elsewhere.id),
    }
    second = appointments.OPPOSED[first]
    appoint(person, first, places[one], actor=admin)
    if together:
        appoint(person, second, places[two], actor=admin)
        return
    with pytest.raises(Refused, match="whoever orders a payment"):
        appoint(person, second, places[two], actor=admin)
    assert len(held(person)) == 1


def test_roles_fit_their_place(admin):
    person, commission = PersonFactory(), CommissionFactory()
    cluster, seat = Place(commission.cluster_id), Place(commission.cluster_id, commission_id=commission.id)
    for role, place in [
        (Role.ADMIN, cluster),
        (Role.REVIEWER, cluster),
        (Role.CHAIR, Place()),
        (Role.OFFICER, seat),
        (Role.OFFICER, Place()),
    ]:
        with pytest.raises(Refused):
            appoint(person, role, place, actor=admin)


def test_only_an_administrator_gives_takes_and_closes(app):
    officer, person = with_role(Role.OFFICER, cluster=ClusterFactory()), PersonFactory()
    given = with_role(Role.AUDITOR, cluster=ClusterFactory()).appointments[0]
    for attempt in (
        lambda: appoint(person, Role.ADMIN, Place(), actor=officer),
        lambda: revoke(given, actor=officer),
        lambda: disable(person, actor=officer, reason="no"),
        lambda: enable(person, actor=officer),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_the_last_administrator_stays(admin):
    disabled, never_came = with_role(Role.ADMIN), with_role(Role.ADMIN)
    disabled.disabled_at, never_came.confirmed_at = now(), None
    db.session.commit()
    with pytest.raises(Refused, match="last administrator"):
        revoke(held(admin)[0], actor=admin)
    with_role(Role.ADMIN)
    revoke(held(admin)[0], actor=admin)


def test_nobody_closes_their_own_account(admin):
    with_role(Role.ADMIN)
    with pytest.raises(Forbidden, match="cannot disable yourself"):
        disable(admin, actor=admin, reason="tired")


def test_closing_and_opening_an_account(admin):
    person = PersonFactory()
    disable(person, actor=admin, reason="left the association")
    assert not person.is_active
    enable(person, actor=admin)
    assert person.is_active
    assert events(person) == ["person.sign_out_everywhere", "person.disable", "person.enable"]


def test_of_two_administrators_who_revoke_each_other_one_stays(own_app):
    one, two = with_role(Role.ADMIN), with_role(Role.ADMIN)
    ids = [one.id, two.id]
    db.session.commit()
    db.session.remove()
    outcomes = []

    def take_from(mine: int, other: int) -> None:
        with own_app.app_context():
            actor = db.session.get_one(Person, ids[mine])
            theirs = db.session.scalars(select(Appointment).where(Appointment.person_id == ids[other])).one()
            try:
                revoke(theirs, actor=actor)
                outcomes.append("revoked")
            except (Refused, Forbidden):
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [Thread(target=take_from, args=pair) for pair in [(0, 1), (1, 0)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "revoked"]


def test_who_sees_whom_policy_and_query_agree(app):
    people = [PersonFactory(), with_role(Role.ADMIN), with_role(Role.AUDITOR, cluster=ClusterFactory())]
    for user in people:
        listed = set(db.session.scalars(queries.visible_to(user)))
        assert listed == {one for one in people if policy.view_person.allows(user, one)}


def test_what_a_search_finds(admin):
    amina = PersonFactory(name="Émilie Ben-Ali", email="e.benali@example.org")
    PersonFactory(name="Somebody Else", email="else@example.org")

    def found(words="", role=None):
        return list(db.session.scalars(queries.search(admin, words, role)))

    assert found("emilie") == found("BEN émi") == found("e.benali@") == [amina]
    assert found("%") == found("_") == []
    assert found(role=Role.ADMIN) == [admin]
