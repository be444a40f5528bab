"""The pages of an appeal: the applicant's, and those of whoever hears it."""

from io import BytesIO

import pytest
from sqlalchemy import select

from grants.appeals import queries as appeals
from grants.appeals.models import Against, Appeal, AppealState
from grants.applications.models import ApplicationState as State
from grants.awards.models import Outcome
from grants.core.db import db
from grants.people.models import Right, Role
from tests.appeals.ground import GROUNDS, REASON, decision_of, refused
from tests.applications.ground import colleague, draft
from tests.applications.samples import pdf
from tests.factories import OrganisationFactory, submitted, with_role
from workflows import appeal as workflow

ENGLISH = {"Accept-Language": "en"}


def page_of(case):
    return f"/applicant/applications/{case.id}"


def shown(client, url):
    answer = client.get(url, headers=ENGLISH)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.text


@pytest.mark.parametrize("against", sorted(Against))
def test_from_the_refusal_to_the_outcome(client, against):
    case = refused(against)
    where = "board" if against == Against.DECISION else "staff"
    client.login(case.on.lead)
    assert "You may appeal until" in shown(client, page_of(case))
    assert REASON in shown(client, f"{page_of(case)}/appeal")
    sent = client.post(f"{page_of(case)}/appeal", data={"grounds": GROUNDS, "file": (BytesIO(pdf()), "bank.pdf")})
    assert sent.status_code == 303
    page = shown(client, page_of(case))
    assert GROUNDS in page and "bank.pdf" in page and "Appeal filed" in page
    assert client.get(f"{page_of(case)}/appeal").status_code == 303, "there is nothing to write any more"

    made = db.session.scalars(select(Appeal)).one()
    here = f"/{where}/appeals/{made.id}"
    client.login(case.refuser)
    page = shown(client, here)
    assert "You " in page and 'name="reasons"' not in page
    assert client.post(f"{here}/uphold", data={"reasons": "Oui."}).status_code == 403

    client.login(case.judge)
    assert case.refuser.name in shown(client, f"/{where}/appeals")
    page = shown(client, here)
    assert GROUNDS in page and REASON in page and case.refuser.name in page
    assert client.get(f"{here}/file").headers["Content-Disposition"].startswith("attachment")
    again = client.post(f"{here}/uphold", data={"reasons": " "}, headers=ENGLISH)
    assert again.status_code == 200 and "There is a problem" in again.text
    assert client.post(f"{here}/uphold", data={"reasons": "La lettre y est."}).status_code == 303
    assert client.post(f"{here}/uphold", data={"reasons": "La lettre y est."}).status_code == 303, "a double click"
    assert db.session.scalars(select(Appeal.state)).one() == AppealState.UPHELD
    client.login(case.on.lead)
    page = shown(client, page_of(case))
    assert "La lettre y est." in page and case.judge.name not in page and case.refuser.name not in page


def test_what_was_typed_stays_when_it_cannot_be_filed(client):
    case = refused()
    client.login(colleague(case.on, Right.EDITOR))
    case.filed()
    late = client.post(f"{page_of(case)}/appeal", data={"grounds": "Mes propres mots."}, headers=ENGLISH)
    assert late.status_code == 200 and "Mes propres mots." in late.text and "has filed the appeal" in late.text
    long = client.post(f"{page_of(case)}/appeal", data={"grounds": "a" * 6_001}, headers=ENGLISH)
    assert long.status_code == 200 and "a" * 6_001 in long.text
    program = {"grounds": "Autre.", "file": (BytesIO(b"MZ not a pdf"), "bank.pdf")}
    assert client.post(f"{page_of(case)}/appeal", data=program).status_code == 200
    assert len(db.session.scalars(select(Appeal)).all()) == 1


def test_the_reasons_of_whoever_comes_second_stay_on_the_page(client):
    case = refused()
    case.filed()
    url = f"/staff/appeals/{case.appeal().id}"
    workflow.withdraw_appeal(case.appeal(), actor=case.on.lead)
    client.login(case.judge)
    answer = client.post(f"{url}/uphold", data={"reasons": "Une heure de travail."}, headers=ENGLISH)
    assert answer.status_code == 409 and "Une heure de travail." in answer.text and "Copy it" in answer.text


def test_withdrawn_by_the_applicant(client):
    case = refused()
    made = case.filed()
    client.login(case.on.lead)
    assert client.post(f"/applicant/appeals/{made.id}/withdraw").status_code == 303
    assert "You withdrew your appeal" in shown(client, page_of(case))
    client.login(case.judge)
    assert 'name="reasons"' not in shown(client, f"/staff/appeals/{made.id}")


def test_dismissed_without_the_amount_upheld_with_it(client):
    case = refused(Against.DECISION, proposal=Outcome.REJECTED)
    made = case.filed()
    client.login(case.judge)
    here = f"/board/appeals/{made.id}"
    assert 'name="amount"' in shown(client, here)
    assert client.post(f"{here}/uphold", data={"reasons": "Oui."}).status_code == 200
    assert client.post(f"{here}/uphold", data={"reasons": "Oui.", "amount": "500 000"}).status_code == 303
    assert decision_of(case).amount_minor == 50_000_000
    other = refused(Against.DECISION, proposal=Outcome.REJECTED)
    appeal = other.filed()
    client.login(other.judge)
    assert client.post(f"/board/appeals/{appeal.id}/dismiss", data={"reasons": "Non."}).status_code == 303


@pytest.mark.parametrize("many", [1, 8])
def test_a_list_of_appeals_costs_the_same(client, queries, many):
    case = refused()
    case.filed()
    for n in range(1, many):
        on = case.on._replace(organisation=OrganisationFactory())  # another organisation's file each time
        made = draft(on, state=State.INADMISSIBLE, **submitted(n))
        filed = {"against": Against.ADMISSIBILITY, "refusal": REASON, "refused_at": made.created_at}
        filed |= {"refused_by_id": case.refuser.id, "grounds": GROUNDS, "filed_by_id": case.on.lead.id}
        db.session.add(Appeal(application_id=made.id, **filed))
    db.session.flush()
    assert appeals.waiting(case.judge, Role.OFFICER) == many
    client.login(with_role(Role.OFFICER, cluster=case.on.call.fund.cluster))
    client.get("/staff/appeals")
    with queries() as seen:
        page = client.get("/staff/appeals")
    assert page.text.count("/staff/appeals/") == many
    assert len(seen) == 3, "\n".join(one[:80] for one in seen)
