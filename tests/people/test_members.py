"""Who speaks for an organisation: invitations by mail, rights changed and taken away, and always one owner."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, Refused, WrongState
from grants.messages.models import Promise
from grants.people import links, members, policy, queries
from grants.people.models import Invitation, Membership, Organisation, Person, Right
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory
from tests.people.test_letters import letters
from workflows import invitation as workflow
from workflows.invitation import Asked

PASSWORD = "cheval agrafe pile correcte"


def rights(organisation: Organisation) -> dict[str, Right]:
    return {one.person.email: one.right for one in queries.members(organisation)}


def held(organisation: Organisation, person: Person) -> Membership:
    found = select(Membership).where(Membership.organisation_id == organisation.id, Membership.person_id == person.id)
    return queries.membership(person, db.session.scalars(found).one().id)


@pytest.fixture
def owner(app) -> Person:
    made = MembershipFactory(person=PersonFactory(name="Imane", locale="en")).person
    db.session.commit()  # what a refused verb rolls back is its own doing only
    return made


@pytest.fixture
def organisation(owner) -> Organisation:
    return queries.organisation(owner, queries.memberships_of(owner)[0].organisation_id)


def asked(email="salma@example.org", right=Right.EDITOR, name="Salma") -> Asked:
    return Asked(name, email, right)


def test_from_the_invitation_to_the_membership(app, owner, organisation):
    salma = PersonFactory(email="salma@example.org", locale="en")
    invitation = workflow.invite_member(organisation, asked("Salma@Example.org"), actor=owner)
    again = workflow.invite_member(organisation, asked(), actor=owner)
    assert invitation.id == again.id, "a second press is the same invitation"
    [(to, subject, text)] = letters()
    assert "salma@example.org" in to and organisation.name in subject and "Editor" in text
    token = next(word for word in text.split() if "/account/join/" in word).rpartition("/")[2]
    found = queries.invited(links.read(token, app.extensions["settings"].secret_key))
    members.accept(found, actor=salma)
    assert rights(organisation)["salma@example.org"] == Right.EDITOR
    with pytest.raises(Refused, match="has been used"):
        members.accept(invitation, actor=salma)
    names = db.session.scalars(select(Event.name).where(Event.subject_id == organisation.id).order_by(Event.at)).all()
    assert names == ["organisation.invite", "organisation.join"]


def test_a_letter_to_somebody_unknown_makes_no_person(app, owner, organisation):
    workflow.invite_member(organisation, asked("new@example.org"), actor=owner)
    [(to, _, text)] = letters()
    assert "new@example.org" in to and "Dear Salma" in text
    assert queries.by_email("new@example.org") is None


def test_renewed_and_withdrawn(app, owner, organisation):
    salma = PersonFactory(email="salma@example.org")
    first = workflow.invite_member(organisation, asked(), actor=owner)
    second = workflow.renew_invitation(first, actor=owner)
    assert queries.invited(first.id) is None and queries.invited(second.id) is not None
    with pytest.raises(WrongState):
        workflow.renew_invitation(first, actor=owner)
    with pytest.raises(Refused):
        members.accept(first, actor=salma)
    members.withdraw(second, actor=owner)
    members.withdraw(second, actor=owner)
    assert queries.invited(second.id) is None and queries.invitations(organisation) == []
    assert letters() == [], "what no longer counts is not sent"


def test_too_old(app, owner, organisation):
    salma = PersonFactory(email="salma@example.org")
    invitation = workflow.invite_member(organisation, asked(), actor=owner)
    invitation.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(Refused):
        members.accept(invitation, actor=salma)
    fresh = workflow.invite_member(organisation, asked(), actor=owner)
    assert fresh.id != invitation.id


def test_what_is_refused(app, owner, organisation):
    workflow.invite_member(organisation, asked(), actor=owner)
    with pytest.raises(Refused, match="invited already"):
        workflow.invite_member(organisation, asked(right=Right.OWNER), actor=owner)
    with pytest.raises(Refused, match="already speaks"):
        workflow.invite_member(organisation, asked(owner.email), actor=owner)
    editor = MembershipFactory(organisation=organisation, right=Right.EDITOR).person
    with pytest.raises(Forbidden, match="Only an owner"):
        workflow.invite_member(organisation, asked("x@example.org"), actor=editor)
    for n in range(19):
        workflow.invite_member(organisation, asked(f"p{n}@example.org"), actor=owner)
    with pytest.raises(Refused, match="Too many"):
        workflow.invite_member(organisation, asked("one.more@example.org"), actor=owner)


def test_one_address_is_not_flooded(app, owner, organisation):
    invitation = workflow.invite_member(organisation, asked(), actor=owner)
    for _ in range(workflow.MOST_TO_ONE - 1):
        invitation = workflow.renew_invitation(invitation, actor=owner)
    with pytest.raises(Refused, match="Too many"):
        workflow.renew_invitation(invitation, actor=owner)


def test_a_day_of_one_person_has_its_limit_whichever_the_organisation(app, owner, organisation, monkeypatch):
    monkeypatch.setattr(workflow, "MOST_A_DAY", 3)
    other = MembershipFactory(person=owner, right=Right.OWNER).organisation
    for n, one in enumerate((organisation, other, other)):
        workflow.invite_member(one, asked(f"p{n}@example.org"), actor=owner)
    for one in (organisation, other):
        with pytest.raises(Refused, match="within a day"):
            workflow.invite_member(one, asked("one.more@example.org"), actor=owner)
    second = MembershipFactory(organisation=organisation, right=Right.OWNER).person
    workflow.invite_member(organisation, asked("one.more@example.org"), actor=second)


def test_whoever_is_in_keeps_the_higher_right(app, owner, organisation):
    salma = PersonFactory(email="salma@example.org")
    invitation = workflow.invite_member(organisation, asked(right=Right.READER), actor=owner)
    MembershipFactory(organisation=organisation, person=salma, right=Right.EDITOR)
    members.accept(invitation, actor=salma)
    assert rights(organisation)["salma@example.org"] == Right.EDITOR


def test_another_person_cannot_accept(app, owner, organisation):
    invitation = workflow.invite_member(organisation, asked(), actor=owner)
    with pytest.raises(Forbidden):
        members.accept(invitation, actor=PersonFactory())


def test_the_last_owner_stays(app, owner, organisation):
    mine = held(organisation, owner)
    with pytest.raises(Refused, match="last owner"):
        members.change_right(mine, Right.READER, actor=owner)
    with pytest.raises(Refused, match="last owner"):
        members.remove(held(organisation, owner), actor=owner)
    with pytest.raises(Forbidden, match="last owner"):
        members.leave(organisation, actor=owner)
    second = MembershipFactory(organisation=organisation).person
    members.leave(organisation, actor=owner)
    assert list(rights(organisation)) == [second.email]


def test_rights_are_changed_and_taken_away(app, owner, organisation):
    other = MembershipFactory(organisation=organisation, right=Right.READER).person
    membership = held(organisation, other)
    members.change_right(membership, Right.OWNER, actor=owner)
    members.change_right(held(organisation, owner), Right.READER, actor=other)
    assert rights(organisation) == {owner.email: Right.READER, other.email: Right.OWNER}
    with pytest.raises(Forbidden):
        members.remove(held(organisation, other), actor=owner)
    members.remove(held(organisation, owner), actor=other)
    with pytest.raises(WrongState):
        members.remove(Membership(id=uuid4(), organisation_id=organisation.id), actor=other)
    last = db.session.scalars(select(Event).where(Event.name == "organisation.remove_member")).one()
    assert last.before == {"right": "reader", "person": str(owner.id)}


def test_lists_and_policies_agree(app, owner, organisation):
    people = {right: MembershipFactory(organisation=organisation, right=right).person for right in Right}
    invitation = workflow.invite_member(organisation, asked(), actor=owner)
    for right, person in people.items():
        loaded = queries.invitation(person, invitation.id)
        assert policy.manage_invitation.allows(person, loaded) == (right == Right.OWNER)
        assert policy.manage_member.allows(person, held(organisation, person)) == (right == Right.OWNER)
        assert policy.leave_organisation.allows(person, organisation) == (right != Right.OWNER) or right == Right.OWNER
    stranger = PersonFactory()
    assert db.session.scalars(queries.organisations_visible_to(stranger)).all() == []


# --- the pages ------------------------------------------------------------------------------------------------


def join_url(app) -> str:
    invitation = db.session.scalars(select(Invitation).order_by(Invitation.created_at.desc())).first()
    return f"/account/join/{links.token(invitation.id, app.secret_key)}"


def test_an_owner_invites_and_a_newcomer_makes_an_account(app, client, owner, organisation):
    base = f"/applicant/organisations/{organisation.id}"
    client.login(owner)
    sent = client.post(f"{base}/people", data={"name": "Salma", "email": "salma@example.org", "right": "editor"})
    assert sent.status_code == 303
    assert "salma@example.org" in client.get(f"{base}/people").text
    assert db.session.scalars(select(Promise.kind)).all() == ["ask_to_join"]

    guest, url = app.test_client(), join_url(app)
    page = guest.get(url)
    assert page.status_code == 200 and 'value="Salma"' in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert guest.post(url, data={"name": "Salma", "password": "123", "language": "fr"}).status_code == 200
    done = guest.post(url, data={"name": "Salma B.", "password": PASSWORD, "language": "ar"})
    assert done.status_code == 303 and done.location == f"{base}/profile"
    assert guest.get(done.location).status_code == 200
    salma = queries.by_email("salma@example.org")
    assert salma.is_active and salma.locale == "ar"
    assert guest.get(url).status_code == 410
    assert guest.get(f"{base}").status_code == 200, "an editor writes"
    assert guest.post(f"{base}/people", data={}).status_code == 403


def test_somebody_known_signs_in_first(app, client, owner, organisation):
    salma = PersonFactory(email="salma@example.org")
    workflow.invite_member(organisation, asked(), actor=owner)
    guest, url = app.test_client(), join_url(app)
    answer = guest.get(url)
    assert answer.status_code == 303 and "/account/sign-in" in answer.location and "salma" in answer.location
    guest.login(salma)
    assert organisation.name in guest.get(url).text
    assert guest.get(url).status_code == 200 and not rights(organisation).get(salma.email), "reading joins nobody"
    assert guest.post(url).status_code == 303
    assert rights(organisation)[salma.email] == Right.EDITOR


def test_somebody_else_gets_a_clear_page(app, client, owner, organisation):
    PersonFactory(email="salma@example.org")
    workflow.invite_member(organisation, asked(), actor=owner)
    other, url = PersonFactory(), join_url(app)
    client.login(other)
    page = client.get(url)
    assert page.status_code == 403 and "salma@example.org" in page.text and other.email in page.text
    assert client.post(url).location == url, "signs out and comes back"
    assert "/account/sign-in" in client.get(url).location
    assert client.get("/account/join/nonsense").status_code == 410


def test_only_what_one_may_do_is_offered(client, owner, organisation):
    base = f"/applicant/organisations/{organisation.id}"
    reader = MembershipFactory(organisation=organisation, right=Right.READER)
    client.login(reader.person)
    assert client.get(f"{base}/profile").status_code == client.get(f"{base}/people").status_code == 200
    assert "Invite somebody" not in client.get(f"{base}/people").text
    mine = held(organisation, owner)
    for verb in ("right", "remove"):
        assert client.post(f"/applicant/memberships/{mine.id}/{verb}").status_code == 403
    client.login(PersonFactory())
    for path in (f"{base}/profile", f"{base}/people"):
        assert client.get(path).status_code == 404
    assert client.post(f"/applicant/memberships/{mine.id}/remove").status_code == 404
    client.login(owner)
    assert client.post(f"/applicant/memberships/{reader.id}/right", data={"right": "king"}).status_code == 422
    assert client.post(f"/applicant/memberships/{reader.id}/right", data={"right": "owner"}).status_code == 303
    assert client.post(f"{base}/leave").location == "/applicant/organisations"
    assert client.get("/applicant/organisations").status_code == 200
    assert client.get(f"{base}/profile").status_code == 404


def test_the_same_queries_however_many(client, owner, organisation, queries):
    from grants.core.db import db

    client.login(owner)
    url = f"/applicant/organisations/{organisation.id}/people"
    client.get(url)
    with queries() as few:
        client.get(url)
    with queries() as list_few:
        client.get("/applicant/organisations")
    for n in range(20):
        MembershipFactory(organisation=organisation, right=Right.READER)
        MembershipFactory(person=owner, organisation=OrganisationFactory())
        db.session.add(
            Invitation(
                organisation_id=organisation.id,
                name="N",
                email=f"n{n}@example.org",
                right=Right.READER,
                invited_by_id=owner.id,
                expires_at=now(),
            )
        )
    db.session.flush()
    with queries() as many:
        client.get(url)
    with queries() as list_many:
        client.get("/applicant/organisations")
    assert (len(few), len(list_few)) == (len(many), len(list_many))
