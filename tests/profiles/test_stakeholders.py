"""Directors and shareholders: one table, at most the whole, two writers lose nothing, read by who judges."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications.models import Application, PartnerState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.funds.models import Fund
from grants.people import queries as people
from grants.people.models import Right, Role
from grants.profiles import policy, queries, service
from grants.profiles.service import Stake, fingerprint
from tests.applications.consortium import organisation_of, somebody
from tests.applications.test_partner_policy import partner_in
from tests.factories import FundFactory, MembershipFactory, OrganisationFactory, PersonFactory, with_role
from tests.profiles.ground import Scene, scene

TABLE = [Stake("Imane Zerouali", "Gérante", 6_000), Stake("سلوى", "Associée", 4_000), Stake("Omar", "Directeur")]


def write(at: Scene, table, seen=None) -> None:
    organisation = people.organisation(at.owner, at.organisation.id)
    service.name_stakeholders(organisation, table, seen=seen, actor=at.owner)


def kept(at: Scene) -> list[Stake]:
    return [Stake.of(one) for one in queries.stakeholders(at.organisation.id)]


def fund_of(at: Scene) -> Fund:
    return db.session.get_one(Fund, at.call.fund_id, options=[joinedload(Fund.cluster)])


def test_written_as_a_whole(app):
    at = scene()
    write(at, TABLE, fingerprint([]))
    write(at, TABLE, fingerprint([]))  # a double click
    assert kept(at) == TABLE
    write(at, TABLE[::-1][:2], fingerprint(TABLE))
    assert kept(at) == TABLE[::-1][:2]
    events = db.session.scalars(select(Event).where(Event.name == "organisation.name_stakeholders")).all()
    assert len(events) == 2


def test_what_is_refused(app):
    at = scene()
    with pytest.raises(Refused, match="more than the whole"):
        write(at, [*TABLE, Stake("One too many", "Associé", 1)])
    with pytest.raises(Refused, match="At most"):
        write(at, [Stake(f"P{n}", "x") for n in range(101)])
    write(at, TABLE)
    with pytest.raises(LostUpdate):
        write(at, TABLE[:1], fingerprint([]))
    reader = MembershipFactory(organisation=at.organisation, right=Right.READER).person
    db.session.commit()
    with pytest.raises(Forbidden):
        write(at._replace(owner=reader), TABLE[:1])
    assert kept(at) == TABLE


def test_who_reads_policy_and_query_agree(app):
    at, far = scene(), OrganisationFactory()
    people_ = [with_role(role, fund=fund_of(at)) for role in (Role.OFFICER, Role.AUDITOR, Role.ACCOUNTANT)]
    people_ += [with_role(Role.OFFICER, fund=FundFactory()), at.owner, PersonFactory(), with_role(Role.ADMIN)]
    for person in people_:
        db.session.refresh(person, ["appointments"])
        seen = set(db.session.scalars(queries.organisations_followed_by(person)))
        for one in (at.organisation, far):
            assert policy.read_profile.allows(person, queries.profile(one)) == (one in seen)
    assert at.organisation in set(db.session.scalars(queries.organisations_followed_by(people_[0])))


def test_a_partner_is_read_by_those_who_follow_the_fund_without_its_accounts(app, client):
    at, person = scene(), somebody()
    other = with_role(Role.OFFICER, fund=FundFactory())
    officer = with_role(Role.OFFICER, fund=fund_of(at))
    application = db.session.scalars(select(Application).where(Application.call_id == at.call.id)).one()
    partner = partner_in(application, PartnerState.ACCEDED, person, 1)
    theirs = organisation_of(person)
    for one, seen in ((officer, True), (other, False)):
        db.session.refresh(one, ["appointments"])
        assert policy.read_profile.allows(one, queries.profile(theirs)) == seen
        assert (theirs in set(db.session.scalars(queries.organisations_followed_by(one)))) == seen
    client.login(officer)
    page = client.get(f"/staff/organisations/{theirs.id}")
    assert page.status_code == 200 and "Bank accounts" not in page.text
    assert "Bank accounts" in client.get(f"/staff/organisations/{at.organisation.id}").text
    assert f"/staff/organisations/{theirs.id}" in client.get(f"/staff/applications/{application.id}").text
    partner.state, partner.ended_at = PartnerState.LEFT, now()
    db.session.commit()
    assert client.get(f"/staff/organisations/{theirs.id}").status_code == 404


def lines(*rows, **more):
    names = ("name", "role", "share")
    return {f"lines-{n}-{k}": v for n, row in enumerate(rows) for k, v in zip(names, row, strict=True)} | more


def seen_in(page):
    return re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', page.text).group(1)


def test_the_page_without_a_script(client):
    at = scene()
    url = f"/applicant/organisations/{at.organisation.id}/stakeholders"
    client.login(at.owner)
    page = client.get(url)
    assert page.text.count('inputmode="decimal"') == 3, "three empty lines"
    rows = [("Imane", "Gérante", "60,5"), ("", "", ""), ("Omar", "Associé", "39.5 %"), ("Nadia", "Directrice", "")]
    more = client.post(url, data=lines(*rows, seen=seen_in(page), go="more"))
    assert more.status_code == 200 and more.text.count('inputmode="decimal"') == 9 and 'value="60,5"' in more.text
    assert kept(at) == []
    for wrong, said in (
        (("Imane", "", "10"), "Enter the role."),
        (("", "Gérante", ""), "Enter the name."),
        (("Imane", "Gérante", "101"), "100"),
        (("Imane", "Gérante", "-1"), ""),
        (("Imane", "Gérante", "abc"), ""),
    ):
        page = client.post(url, data=lines(wrong, seen=seen_in(page)))
        assert page.status_code == 200 and 'class="errsum"' in page.text and said in page.text, wrong
    page = client.post(url, data=lines(rows[0], rows[2], ("X", "Y", "1"), seen=seen_in(page)))
    assert "more than the whole" in page.text
    assert client.post(url, data=lines(*rows, seen=seen_in(page))).status_code == 303
    assert kept(at) == [Stake("Imane", "Gérante", 6_050), Stake("Omar", "Associé", 3_950), Stake("Nadia", "Directrice")]
    assert client.get(f"/applicant/organisations/{at.organisation.id}/profile").status_code == 200


def test_two_writers_see_both_tables(client):
    at = scene()
    url = f"/applicant/organisations/{at.organisation.id}/stakeholders"
    client.login(at.owner)
    first = client.get(url)
    assert client.post(url, data=lines(("Mine", "A", "10"), seen=seen_in(first))).status_code == 303
    page = client.post(url, data=lines(("Theirs", "B", "20"), seen=seen_in(first)))
    assert page.status_code == 409 and "Mine" in page.text and 'value="Theirs"' in page.text
    assert [one.name for one in kept(at)] == ["Mine"]
    assert client.post(url, data=lines(("Theirs", "B", "20"), seen=seen_in(page))).status_code == 303


def test_who_opens_which_page(client):
    at = scene()
    write(at, TABLE)
    own = f"/applicant/organisations/{at.organisation.id}/stakeholders"
    staff = f"/staff/organisations/{at.organisation.id}"
    client.login(MembershipFactory(organisation=at.organisation, right=Right.READER).person)
    page = client.get(own)
    assert "Imane Zerouali" in page.text and "<input class" not in page.text
    assert client.post(own, data=lines(("X", "Y", ""))).status_code == 403
    assert client.get(staff).status_code == 404
    client.login(at.accountant)
    page = client.get(staff)
    assert page.status_code == 200 and "Imane Zerouali" in page.text
    assert client.get(own).status_code == 404
