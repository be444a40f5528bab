"""Decisions, agreements, claims and payments through their pages, each by the person who may."""

import io

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState
from grants.awards import queries
from grants.awards.models import Agreement, Claim, Decision, Instalment
from grants.core.db import db
from grants.payments.queries import payable_accounts
from tests.awards.test_award_story import reviewed
from tests.factories import ApplicationFactory, submitted
from tests.story import send, set_stage

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n"
    b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n40\n%%EOF\n"
)


@pytest.fixture
def stage(app):
    stage = set_stage()
    reviewed(stage)
    return stage


def one(model, *where):
    return db.session.scalars(select(model).where(*where)).first()


def test_a_ranking_waits_for_what_is_being_screened(client, stage):
    late = ApplicationFactory(
        call=stage.call, commission=stage.commission, state=ApplicationState.SUBMITTED, **submitted(9)
    )
    ranking = f"/commission/calls/{stage.call.id}/{stage.commission.id}/ranking"
    page = client.login(stage.chair).get(ranking)
    assert "cannot be sent yet" in page.text and late.reference in page.text
    rows = {f"outcome-{one.id}": "reserve" for one in stage.applications}
    rows |= {f"amount-{one.id}": "500 001" for one in stage.applications}
    refused = client.post(ranking, data=rows)
    assert refused.status_code == 200 and late.reference in refused.text
    assert refused.text.count("500 001") == len(stage.applications), "what was typed stays"
    assert one(Decision) is None


def test_from_the_ranking_to_the_payment(client, stage):
    ranking = f"/commission/calls/{stage.call.id}/{stage.commission.id}/ranking"
    page = client.login(stage.chair).get(ranking)
    assert page.status_code == 200
    rows = {}
    for n, application in enumerate(stage.applications):
        rows[f"outcome-{application.id}"] = "reserve" if n else "funded"
        rows[f"amount-{application.id}"] = "600 000"
    assert client.post(ranking, data=rows).status_code == 303
    assert "no longer be changed" in client.get(ranking).text

    client.login(stage.committee)
    decisions = f"/board/calls/{stage.call.id}/decisions"
    assert "2 decisions to take" in client.get(decisions).text
    first = one(Decision, Decision.rank == 1)
    assert client.post(f"/board/decisions/{first.id}/fund").status_code == 303
    second = one(Decision, Decision.rank == 2)
    assert client.post(f"/board/decisions/{second.id}/reject", data={"reason": "\0"}).status_code == 422
    assert client.post(f"/board/decisions/{second.id}/reject", data={"reason": "Too\0 early."}).status_code == 303
    assert client.get(decisions).status_code == 200

    agreement = one(Agreement)
    client.login(stage.officer)
    assert client.get("/staff/agreements").status_code == 200
    url = f"/staff/agreements/{agreement.id}"
    assert client.get(url).status_code == 200
    wrong = client.post(f"{url}/prepare", data={"starts_on": "2027-01-01", "ends_on": "2026-01-01", "version": 1})
    assert wrong.status_code == 200 and "ends after it starts" in wrong.text
    plan = {"starts_on": "2026-12-01", "ends_on": "2027-11-30", "due-1": "2026-12-15", "due-2": "2027-05-15"}
    plan |= {"due-3": "2027-11-30", "version": one(Agreement).version}
    assert client.post(f"{url}/prepare", data=plan).status_code == 303

    finance = f"/finance/agreements/{agreement.id}"
    client.login(stage.authorising)
    assert client.get("/finance/agreements").status_code == 200
    assert client.post(f"{finance}/propose-commitment").status_code == 303
    assert client.post(f"{finance}/grant-visa").status_code == 403
    client.login(stage.accountant)
    assert "Credit available" in client.get(finance).text
    assert client.post(f"{finance}/grant-visa", data={"item": ["credit"]}).status_code == 422
    items = ["calculation", "credit", "documents", "authority"]
    assert client.post(f"{finance}/grant-visa", data={"item": items}).status_code == 303
    assert client.get(finance).status_code == 200
    assert client.login(stage.officer).post(f"{url}/open-signature").status_code == 303
    own = f"/applicant/agreements/{agreement.id}"
    client.login(stage.owner())
    assert "Sign the agreement" in client.get(own).text
    assert client.post(f"{own}/sign").status_code == 303
    assert client.login(stage.authorising).post(f"{finance}/countersign").status_code == 303

    instalment = one(Instalment, Instalment.position == 1)
    client.login(stage.owner())
    offered = client.get(own).text
    assert "Claim instalment 1" in offered
    assert "Claim instalment 2" not in offered
    assert "after the payment of instalment 1" in offered
    assert client.post(f"/applicant/instalments/{instalment.id}/claim").status_code == 303
    claim = one(Claim)
    mine = f"/applicant/claims/{claim.id}"
    assert client.get(mine).status_code == 200
    too_much = {"claimed": "9 000 000", "statement": "A prototype.", "version": claim.version}
    refused = client.post(f"{mine}/write", data=too_much)
    assert refused.status_code == 200 and "A prototype." in refused.text
    typed = {"claimed": "240 000", "statement": "A prototype.", "version": claim.version}
    assert client.post(f"{mine}/submit").status_code == 422
    sent = client.post(f"{mine}/write", data={**typed, "evidence": (io.BytesIO(PDF), "facture.pdf")})
    assert sent.status_code == 303, sent.text
    assert client.post(f"{mine}/submit").status_code == 303

    staff = f"/staff/claims/{claim.id}"
    client.login(stage.officer)
    assert client.get("/staff/claims").status_code == 200 and client.get(staff).status_code == 200
    assert client.get(f"{staff}/evidence").data == PDF
    reduced = client.post(f"{staff}/check", data={"accepted": "200 000", "reason": ""})
    assert reduced.status_code == 200 and "Say why the amount is reduced" in reduced.text
    assert client.post(f"{staff}/check", data={"accepted": "240 000", "reason": ""}).status_code == 303
    assert client.post(f"{staff}/certify").status_code == 303
    assert client.post(f"{staff}/liquidate").status_code == 403
    assert client.login(stage.second_officer).post(f"{staff}/liquidate").status_code == 303
    pay = f"/finance/claims/{claim.id}"
    account = payable_accounts(
        queries.claim(stage.accountant, claim.id).instalment.agreement.award.organisation_id, "MAD"
    )[0].id
    assert client.login(stage.authorising).post(f"{pay}/order", data={"account": str(account)}).status_code == 303
    client.login(stage.accountant)
    assert client.get("/finance/claims").status_code == 200
    assert client.post(f"{pay}/approve-order").status_code == 303
    send(queries.claim(stage.accountant, claim.id), stage.accountant)
    assert client.post(f"{pay}/pay", data={"bank_reference": "", "value_date": ""}).status_code == 200
    paid = client.post(f"{pay}/pay", data={"bank_reference": "VIR-1", "value_date": "2026-11-20"})
    assert paid.status_code == 303
    assert client.get(pay).status_code == 200


def test_foreign_claims_do_not_exist(client, stage):
    client.login(stage.reviewers[0])
    assert client.get(f"/board/calls/{stage.call.id}/decisions").status_code == 404
    assert client.get("/finance/agreements/01a20025-4b84-72bd-a2f0-459f2e7bd396").status_code == 404
