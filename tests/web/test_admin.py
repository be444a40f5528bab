"""The administrator's pages: people, roles, clusters; and nothing of applications or money."""

import pytest
from sqlalchemy import select

from grants.clusters.models import Cluster, Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.messages.models import Promise
from grants.people import links
from grants.people.models import Appointment, EmailLink, Person, Role
from tests.factories import ClusterFactory, CommissionFactory, FundFactory, PersonFactory, with_role


@pytest.fixture
def admin(client) -> Person:
    admin = with_role(Role.ADMIN)
    client.login(admin)
    return admin


def roles(person: Person) -> set[Role]:
    return set(db.session.scalars(select(Appointment.role).where(Appointment.person_id == person.id)))


def test_invitation_to_signed_in(app, client, admin):
    fund, commission = FundFactory(), CommissionFactory()
    answer = client.post(
        "/admin/people/invite",
        data={
            "name": "Karim",
            "email": "Karim@Example.org",
            "language": "ar",
            "role_1": "accountant",
            "place_1": f"fund:{fund.id}",
            "role_2": "reviewer",
            "place_2": f"commission:{commission.id}",
        },
    )
    assert answer.status_code == 303
    karim = db.session.scalars(select(Person).where(Person.email == "karim@example.org")).one()
    assert roles(karim) == {Role.ACCOUNTANT, Role.REVIEWER}
    assert (karim.password_hash, karim.confirmed_at, karim.locale) == (None, None, "ar")
    assert db.session.scalars(select(Promise.kind)).all() == ["invite"]

    token = links.token(db.session.scalars(select(EmailLink)).one().id, app.secret_key)
    guest = app.test_client()
    assert guest.get(f"/account/password/{token}").status_code == 200
    answer = guest.post(f"/account/password/{token}", data={"password": "une phrase longue et rare"})
    assert answer.status_code == 303
    assert karim.is_active
    assert guest.get("/account/profile").status_code == 200


def test_inviting_a_known_address_adds_the_roles(client, admin):
    person, cluster = PersonFactory(), ClusterFactory()
    data = {"name": "Other", "email": person.email, "language": "fr", "role_1": "officer"}
    assert client.post("/admin/people/invite", data=data | {"place_1": f"cluster:{cluster.id}"}).status_code == 303
    assert roles(person) == {Role.OFFICER}
    assert person.name != "Other"
    assert db.session.scalars(select(Promise)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"role_1": "officer"},
        {"role_1": "officer", "place_1": "-"},
        {"place_1": "-"},
        {"role_1": "emperor", "place_1": "-"},
        {"role_1": "officer", "place_1": "cluster:01a20025-4b84-72bd-a2f0-459f2e7bd396"},
        {"role_1": "accountant", "place_1": "CLUSTER", "role_2": "authorising_officer", "place_2": "CLUSTER"},
    ],
)
def test_a_wrong_invitation_keeps_what_was_typed(client, admin, wrong):
    cluster = ClusterFactory()
    wrong = {name: value.replace("CLUSTER", f"cluster:{cluster.id}") for name, value in wrong.items()}
    answer = client.post(
        "/admin/people/invite", data={"name": "Karim", "email": "k@example.org", "language": "fr"} | wrong
    )
    assert answer.status_code == 200
    assert 'value="Karim"' in answer.text and "errsum" in answer.text
    assert db.session.scalars(select(Person).where(Person.email == "k@example.org")).all() == []


def test_giving_and_taking_a_role(client, admin):
    person, cluster = PersonFactory(), ClusterFactory()
    page = f"/admin/people/{person.id}"
    assert client.post(f"{page}/roles", data={"role": "auditor", "place": f"cluster:{cluster.id}"}).status_code == 303
    assert roles(person) == {Role.AUDITOR}
    held = db.session.scalars(select(Appointment).where(Appointment.person_id == person.id)).one()
    assert client.post(f"/admin/people/{admin.id}/roles/{held.id}/revoke").status_code == 404, "not theirs"
    assert client.post(f"{page}/roles/{held.id}/revoke").status_code == 303
    assert roles(person) == set()


def test_a_role_conflict_is_refused_with_its_reason(client, admin):
    fund = FundFactory()
    person = with_role(Role.ACCOUNTANT, fund=fund)
    data = {"role": "authorising_officer", "place": f"cluster:{fund.cluster_id}"}
    answer = client.post(f"/admin/people/{person.id}/roles", data=data)
    assert answer.status_code == 200
    assert "whoever orders a payment does not make it" in answer.text
    assert roles(person) == {Role.ACCOUNTANT}


def test_the_last_administrator_is_refused_on_a_page_that_explains(client, admin):
    db.session.commit()
    held = db.session.scalars(select(Appointment).where(Appointment.person_id == admin.id)).one()
    answer = client.post(f"/admin/people/{admin.id}/roles/{held.id}/revoke")
    assert answer.status_code == 422
    assert "last administrator" in answer.text
    assert client.post(f"/admin/people/{admin.id}/disable", data={"reason": "x"}).status_code == 403


def test_closing_an_account_signs_it_out(app, client, admin):
    person = PersonFactory()
    other = app.test_client().login(person)
    page = f"/admin/people/{person.id}"
    assert client.post(f"{page}/disable").status_code == 303
    assert person.disabled_at is None, "not without a reason"
    assert client.post(f"{page}/disable", data={"reason": "left"}).status_code == 303
    assert person.disabled_at is not None
    assert other.get("/account/profile").status_code == 303
    assert client.post(f"{page}/enable").status_code == 303
    assert person.disabled_at is None


def test_inviting_again(client, admin):
    person = PersonFactory(password_hash=None, confirmed_at=None)
    for _ in range(2):
        assert client.post(f"/admin/people/{person.id}/invite-again").status_code == 303
    assert db.session.scalars(select(Promise.kind)).all() == ["invite", "invite"]
    assert len(db.session.scalars(select(EmailLink).where(EmailLink.used_at.is_(None))).all()) == 1


def test_clusters_and_commissions(client, admin):
    data = {"code": "mnc", "name": "Numeric", "country": "MA", "currency": "MAD", "timezone": "Africa/Casablanca"}
    assert client.post("/admin/clusters/new", data=data).status_code == 303
    cluster = db.session.scalars(select(Cluster)).one()
    again = client.post("/admin/clusters/new", data=data)
    assert again.status_code == 200 and "already used" in again.text and 'value="Numeric"' in again.text

    edit = f"/admin/clusters/{cluster.id}/edit"
    changed = data | {"name": "Numérique", "version": cluster.version}
    assert client.post(edit, data=changed).status_code == 303
    assert client.post(edit, data=changed | {"name": "Late"}).status_code == 409
    assert cluster.name == "Numérique"

    for code in ("a", "b"):
        names = {"name-fr": f"Santé {code}", "name-ar": "الصحة", "name-en": ""}
        new = f"/admin/clusters/{cluster.id}/commissions/new"
        assert client.post(new, data={"code": code, **names}).status_code == 303
    first, second = db.session.scalars(select(Commission).order_by(Commission.position)).all()
    assert first.name == Words(fr="Santé a", ar="الصحة")
    assert client.post(f"/admin/commissions/{second.id}/move", data={"direction": "earlier"}).status_code == 303
    assert second.position < first.position
    data = {"code": "A2", "name-fr": "Autre", "version": first.version}
    assert client.post(f"/admin/commissions/{first.id}/edit", data=data).status_code == 303
    assert (first.code, first.name) == ("A2", Words(fr="Autre"))


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_every_page_in_every_language(client, admin, language):
    commission = CommissionFactory()
    FundFactory(cluster=commission.cluster)
    person = with_role(Role.CHAIR, commission=commission)
    PersonFactory(password_hash=None, confirmed_at=None)
    pages = [
        "people",
        "people?q=person&role=chair&page=99",
        "people/invite",
        f"people/{person.id}",
        f"people/{admin.id}",
        "clusters",
        "clusters/new",
        f"clusters/{commission.cluster_id}",
        f"clusters/{commission.cluster_id}/edit",
        f"clusters/{commission.cluster_id}/commissions/new",
        f"commissions/{commission.id}/edit",
    ]
    for page in pages:
        answer = client.get(f"/admin/{page}", headers={"Accept-Language": language})
        assert answer.status_code == 200, page
        assert f'lang="{language}"' in answer.text


@pytest.mark.parametrize("role", [*set(Role) - {Role.ADMIN}, None])
def test_nobody_else_comes_in(client, role):
    commission = CommissionFactory()
    where = {"commission": commission} if role in {Role.CHAIR, Role.REVIEWER} else {"cluster": commission.cluster}
    client.login(with_role(role, **where) if role else PersonFactory())
    for page in ("people", "people/invite", "clusters", f"clusters/{commission.cluster_id}"):
        assert client.get(f"/admin/{page}").status_code == 403, page
    stranger = PersonFactory()
    assert client.get(f"/admin/people/{stranger.id}").status_code == 404, "invisible, so not even refused"


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_of_people_costs_the_same_however_long(client, admin, queries, rows):
    for _ in range(rows):
        with_role(Role.AUDITOR, cluster=ClusterFactory())
    with queries() as seen:
        answer = client.get("/admin/people")
    assert answer.text.count('class="row"') == rows + 1
    assert len(seen) == 7  # who asks, how many, the page, its roles, and three for the names of places


def test_the_list_is_paged_and_keeps_its_filter(client, admin):
    for n in range(30):
        PersonFactory(name=f"Zed {n:02}", confirmed_at=now())
    page = client.get("/admin/people?q=zed&page=2")
    assert page.text.count('class="row"') == 5
    assert "q=zed&amp;page=1" in page.text
