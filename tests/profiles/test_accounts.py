"""Bank accounts: nobody uses one before a second person verified it, and nobody else reads its number."""

from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import joinedload

from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, Refused, WrongState
from grants.funds.models import Fund
from grants.people.models import Organisation, Person, Right, Role
from grants.profiles import policy, queries
from grants.profiles.models import AccountState, BankAccount
from tests.applications.samples import pdf
from tests.factories import FundFactory, MembershipFactory, OrganisationFactory, PersonFactory, with_role
from tests.people.test_letters import letters
from tests.profiles.ground import OTHER_RIB, RIB, Scene, give, scene
from workflows import bank_account as workflow


def as_accountant(at: Scene, account: BankAccount) -> BankAccount:
    return queries.account_to_verify(at.accountant, account.id)


def as_owner(at: Scene, account: BankAccount) -> BankAccount:
    return queries.account(at.owner, account.id)


def test_given_verified_changed(app):
    at = scene()
    first = give(at)
    assert give(at).id == first.id, "sent twice it is the same account"
    assert queries.verified_accounts([at.organisation.id]) == []
    workflow.verify(as_accountant(at, first), actor=at.accountant)
    workflow.verify(as_accountant(at, first), actor=at.accountant)  # a double click
    assert [one.ending for one in queries.verified_accounts([at.organisation.id], "MAD")] == ["0318"]
    assert queries.verified_accounts([at.organisation.id], "XOF") == []

    second = give(at, OTHER_RIB, as_owner(at, first))
    assert [one.ending for one in queries.verified_accounts([at.organisation.id])] == ["0318"], "the old one stays"
    workflow.verify(as_accountant(at, second), actor=at.accountant)
    assert [one.ending for one in queries.verified_accounts([at.organisation.id])] == ["0415"]
    assert {one.ending: one.state for one in queries.accounts(at.organisation)} == {
        "0318": AccountState.REPLACED,
        "0415": AccountState.VERIFIED,
    }
    assert (first.decided_by_id, first.decided_at is not None) == (at.accountant.id, True)


def test_the_same_number_with_another_holder_is_a_new_account_too(app):
    at = scene()
    first = give(at)
    workflow.verify(as_accountant(at, first), actor=at.accountant)
    with pytest.raises(Refused, match="verified already"):
        give(at, holder="Other")
    second = give(at, RIB, as_owner(at, first), holder="New name")
    workflow.verify(as_accountant(at, second), actor=at.accountant)
    assert [one.holder for one in queries.verified_accounts([at.organisation.id])] == ["New name"]


def test_refused_with_a_reason(app):
    at = scene()
    first = give(at)
    workflow.verify(as_accountant(at, first), actor=at.accountant)
    second = give(at, OTHER_RIB, as_owner(at, first))
    workflow.refuse(as_accountant(at, second), "The stamp is missing.", actor=at.accountant)
    assert second.state == AccountState.REFUSED and second.refusal_reason == "The stamp is missing."
    assert [one.id for one in queries.verified_accounts([at.organisation.id])] == [first.id]
    with pytest.raises(WrongState):
        workflow.verify(as_accountant(at, second), actor=at.accountant)


def test_withdrawn(app):
    at = scene()
    first = give(at)
    workflow.withdraw(as_owner(at, first), actor=at.owner)
    workflow.withdraw(as_owner(at, first), actor=at.owner)
    with pytest.raises(WrongState):
        workflow.verify(as_accountant(at, first), actor=at.accountant)
    assert give(at).id != first.id


def test_owners_are_told_and_no_letter_holds_the_number(app):
    at = scene()
    at.owner.locale = "en"
    second = MembershipFactory(organisation=at.organisation, person=PersonFactory(locale="en")).person
    MembershipFactory(organisation=at.organisation, right=Right.EDITOR)
    account = give(at)
    workflow.verify(as_accountant(at, account), actor=at.accountant)
    sent = letters()
    assert {to.split("<")[-1].strip(">") for to, _, _ in sent} == {at.owner.email, second.email}
    assert [subject.split()[-1] for _, subject, _ in sent].count("verified") == 2
    assert all(RIB not in text and "•••• 0318" in text for _, _, text in sent)
    events = db.session.scalars(select(Event).where(Event.subject_id == account.id).order_by(Event.at)).all()
    assert [one.name for one in events] == ["bank_account.give", "bank_account.verify_account"]
    assert all(RIB not in str([one.before, one.after]) for one in events)


def test_what_cannot_be_given(app):
    at = scene()
    with pytest.raises(Refused, match="does not match"):
        give(at, RIB[:-1] + "9")
    other = give(at)
    with pytest.raises(Refused, match="Only a verified account"):
        give(at, OTHER_RIB, as_owner(at, other))
    editor = MembershipFactory(organisation=at.organisation, right=Right.EDITOR).person
    db.session.commit()
    with pytest.raises(Forbidden, match="Only an owner"):
        give(at._replace(owner=editor), OTHER_RIB)


def test_who_verifies(app):
    at = scene()
    account, fund = give(at), db.session.get_one(Fund, at.call.fund_id, options=[joinedload(Fund.cluster)])
    inside = with_role(Role.ACCOUNTANT, fund=fund)
    MembershipFactory(organisation=at.organisation, person=inside, right=Right.READER)
    people = {
        "accountant": at.accountant,
        "of the cluster": with_role(Role.ACCOUNTANT, cluster=fund.cluster),
        "inside": inside,
        "elsewhere": with_role(Role.ACCOUNTANT, fund=FundFactory()),
        "officer": with_role(Role.OFFICER, fund=fund),
        "auditor": with_role(Role.AUDITOR, fund=fund),
        "owner": at.owner,
    }
    allowed = {"accountant", "of the cluster"}
    reads = allowed | {"auditor"}
    db.session.expire_all()
    db.session.refresh(at.accountant, ["appointments"])
    seen = queries.account_to_verify(at.accountant, account.id)
    for name, person in people.items():
        db.session.refresh(person, ["appointments"])
        assert policy.read_account.allows(person, seen) == (name in reads), name
        assert policy.verify_account.allows(person, seen) == (name in allowed), name
        assert (account.id in {one.id for one in db.session.scalars(queries.accounts_read_by(person))}) == (
            name in reads
        ), name
        mine = account.id in {one.id for one in db.session.scalars(queries.accounts_visible_to(person))}
        assert policy.view_account.allows(person, seen) == mine == (name in {"owner", "inside"}), name
    with pytest.raises(Forbidden, match="belong to this organisation"):
        workflow.verify(queries.account_to_verify(inside, account.id), actor=inside)


def test_a_draft_shows_nothing_to_the_accountant(app):
    at = scene(applied=False)
    give(at)
    assert queries.accounts_to_verify(at.accountant) == []


def test_the_number_is_not_loaded_by_accident(app):
    at = scene()
    id, owner_id, organisation_id = give(at).id, at.owner.id, at.organisation.id
    db.session.expunge_all()
    owner, organisation = db.session.get_one(Person, owner_id), db.session.get_one(Organisation, organisation_id)
    for found in (queries.account(owner, id), queries.accounts(organisation)[0]):
        with pytest.raises(InvalidRequestError):
            _ = found.number


def test_the_database_keeps_four_eyes(app):
    at = scene()
    account = give(at)
    db.session.execute(BankAccount.__table__.update().values(ending="0318"))
    with pytest.raises(IntegrityError, match="four_eyes"):
        db.session.execute(
            BankAccount.__table__.update().values(
                decided_by_id=account.given_by_id, decided_at=account.created_at, state="verified"
            )
        )
    db.session.rollback()


def test_one_number_of_two_organisations(app):
    at = scene()
    account = give(at)
    assert queries.given_by_others(as_accountant(at, account)) == 0
    other = OrganisationFactory()
    MembershipFactory(organisation=other, person=at.owner)
    give(at._replace(organisation=other))
    assert queries.given_by_others(as_accountant(at, account)) == 1


# --- the pages ------------------------------------------------------------------------------------------------


def form(**values):
    typed = {
        "holder": "Atlas",
        "bank": "Banque A",
        "country": "MA",
        "currency_code": "MAD",
        "number": RIB,
        "certificate": (BytesIO(pdf()), "rib.pdf"),
    }
    return typed | values


def test_the_pages_from_the_owner_to_the_accountant(client):
    at = scene()
    base = f"/applicant/organisations/{at.organisation.id}"
    client.login(at.owner)
    assert client.get(f"{base}/accounts").status_code == client.get(f"{base}/accounts/new").status_code == 200
    for wrong in ({"number": RIB[:-1] + "9"}, {"number": ""}, {"certificate": (BytesIO(b"MZ"), "rib.pdf")}):
        page = client.post(f"{base}/accounts/new", data=form(**wrong))
        assert page.status_code == 200 and 'class="errsum"' in page.text and 'value="Banque A"' in page.text
    assert client.post(f"{base}/accounts/new", data=form()).status_code == 303
    account = db.session.scalars(select(BankAccount)).one()
    mine = client.get(f"{base}/accounts").text + client.get(f"{base}/profile").text
    assert "•••• 0318" in mine and RIB not in mine.replace("\u00a0", "").replace(" ", "")
    assert client.get(f"/applicant/accounts/{account.id}/certificate").headers["Content-Disposition"].startswith("att")
    assert client.get(f"/finance/accounts/{account.id}").status_code == 404
    assert client.post(f"/finance/accounts/{account.id}/verify").status_code == 404
    assert client.get("/finance/accounts").status_code == 403

    client.login(at.accountant)
    listed = client.get("/finance/accounts")
    assert at.organisation.name in listed.text and "0181 0007" not in listed.text.replace("\u00a0", " ")
    page = client.get(f"/finance/accounts/{account.id}")
    assert "0018 1000 7800 0201 1062 0318" in page.text.replace("\u00a0", " ")
    assert "no-store" in page.headers["Cache-Control"]
    assert client.get(f"/finance/accounts/{account.id}/certificate").status_code == 200
    assert client.post(f"/finance/accounts/{account.id}/refuse").status_code == 422, "a reason is wanted"
    assert client.post(f"/finance/accounts/{account.id}/verify").status_code == 303
    assert client.get(f"/finance/accounts/{account.id}").status_code == 200

    client.login(at.owner)
    change = f"/applicant/accounts/{account.id}/change"
    assert "Banque A" in client.get(change).text
    assert client.post(change, data=form(number=OTHER_RIB)).status_code == 303
    assert "•••• 0318" in client.get(f"{base}/accounts").text
    newer = db.session.scalars(select(BankAccount).where(BankAccount.replaces_id == account.id)).one()
    client.login(at.accountant)
    assert "The number changes" in client.get(f"/finance/accounts/{newer.id}").text
    reason = {"reason": "Not the same company"}
    assert client.post(f"/finance/accounts/{newer.id}/refuse", data=reason).status_code == 303
    client.login(at.owner)
    assert "Not the same company" in client.get(f"{base}/accounts").text
    assert client.post(f"/applicant/accounts/{account.id}/withdraw").status_code == 303


def test_who_reads_the_pages(client):
    at = scene()
    account = give(at)
    base = f"/applicant/organisations/{at.organisation.id}/accounts"
    client.login(MembershipFactory(organisation=at.organisation, right=Right.READER).person)
    assert client.get(base).status_code == 200
    assert client.get(f"{base}/new").status_code == 403
    assert client.post(f"/applicant/accounts/{account.id}/withdraw").status_code == 403
    client.login(PersonFactory())
    for path in (base, f"{base}/new", f"/applicant/accounts/{account.id}/certificate"):
        assert client.get(path).status_code == 404


def test_lists_cost_the_same_however_long(client, queries):
    from tests.profiles.ground import BankAccount as Account

    at = scene()
    give(at)
    counted = []
    for n in range(2):
        for person, path in (
            (at.owner, f"/applicant/organisations/{at.organisation.id}/accounts"),
            (at.accountant, "/finance/accounts"),
        ):
            client.login(person)
            client.get(path)
            with queries() as seen:
                assert client.get(path).status_code == 200
            counted.append(len(seen))
        if n == 0:
            for i in range(30):
                db.session.add(
                    Account(
                        organisation_id=at.organisation.id,
                        holder="H",
                        bank="B",
                        country="FR",
                        currency="EUR",
                        number=f"X{i:06}",
                        ending=f"{i:06}"[-4:],
                        filename="a.pdf",
                        media_type="application/pdf",
                        size=1,
                        sha256="b" * 64,
                        given_by_id=at.owner.id,
                    )
                )
            db.session.flush()
    assert counted[:2] == counted[2:]
