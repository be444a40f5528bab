"""The pages of an agreement: wording, scans, amendments, each by the person who may, nothing typed lost."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from grants.awards import queries
from grants.awards.models import Agreement, AgreementTemplate, Amendment, Signature
from grants.core.db import db
from grants.core.types import Money
from tests.awards.test_agreements import amended, terms_of, to_sign
from tests.awards.test_award_story import active
from tests.story import set_stage
from tests.web.test_award_pages import PDF
from workflows import amendment as amendments

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def stage(app):
    return set_stage()


def test_a_clause_is_worded_and_a_wrong_place_keeps_what_was_typed(client, stage):
    texts = f"/staff/agreement-texts/{stage.fund.id}"
    client.login(stage.officer)
    assert client.get("/staff/agreement-texts").status_code == 200
    assert "Our own example" in client.get(f"{texts}?instrument=repayable_advance").text
    typed = {"title-fr": "Publicité", "body-fr": "Le logo de {fonds} figure partout.", "version": 0}
    refused = client.post(f"{texts}/clause?instrument=grant", data=typed, headers=HERE)
    assert refused.status_code == 200
    assert "no place called" in refused.text and "Le logo de {fonds}" in refused.text
    typed["body-fr"] = "Le logo de {fund} figure partout."
    assert client.post(f"{texts}/clause?instrument=grant", data=typed).status_code == 303
    kept = db.session.scalars(select(AgreementTemplate)).one()
    assert (kept.number, kept.clauses[-1]["title"]) == (1, {"fr": "Publicité"})
    moved = {"go": "up", "clause": len(kept.clauses) - 1, "version": 1, "instrument": "grant"}
    assert client.post(f"{texts}/arrange", data=moved).status_code == 303
    above = client.post(f"{texts}/threshold?instrument=grant", data={"committee_above": "5", "version": 2})
    assert above.status_code == 303
    assert "Version 3" in client.get(f"{texts}?instrument=grant").text
    assert client.get(f"{texts}/clause?instrument=grant&clause=99").status_code == 404
    assert client.login(stage.accountant).get(texts).status_code == 403


def test_a_scan_is_sent_sent_back_and_checked(client, stage):
    agreement, partner = to_sign(stage, partner=True)
    own, id = f"/applicant/agreements/{agreement.id}", agreement.id
    assert "signs first" in client.login(partner).get(own).text
    client.login(stage.owner())
    nothing = client.post(f"{own}/scan", data={"signatory": "Salma Bennis"}, headers=HERE)
    assert nothing.status_code == 200 and "Salma Bennis" in nothing.text
    sent = {"signatory": "Salma Bennis", "scan": (io.BytesIO(PDF), "signee.pdf")}
    assert client.post(f"{own}/scan", data=sent).status_code == 303
    scan = db.session.scalars(select(Signature.id)).one()
    assert client.get(f"/applicant/signatures/{scan}/scan").data == PDF
    assert client.login(partner).get(f"/applicant/signatures/{scan}/scan").status_code == 403
    client.login(stage.officer)
    assert "It is this text, signed" in client.get(f"/staff/agreements/{id}").text
    assert client.get(f"/staff/signatures/{scan}/scan").data == PDF
    assert client.post(f"/staff/signatures/{scan}/check").status_code == 303
    client.login(partner)
    assert client.post(f"{own}/sign-as-partner").status_code == 303
    assert client.get(f"{own}/agreement.pdf?language=ar").data.startswith(b"%PDF")
    assert client.login(stage.authorising).post(f"/finance/agreements/{id}/countersign").status_code == 303


def test_terms_that_do_not_add_up_keep_what_was_typed(client, stage):
    agreement = active(stage).agreement
    own = f"/applicant/agreements/{agreement.id}/amend"
    client.login(stage.owner())
    assert client.get(own).status_code == 200
    typed = {"reason": "Plus long.", "ends_on": "2028-01-31", "amount": "650 000"}
    for n, (amount, due) in enumerate(
        (("240 000", "2026-12-15"), ("240 000", "2027-05-15"), ("120 000", "2027-11-30")), 1
    ):
        typed |= {f"amount-{n}": amount, f"due-{n}": due}
    refused = client.post(own, data=typed, headers=HERE)
    assert refused.status_code == 200 and "add up to" in refused.text and "650 000" in refused.text
    assert client.post(own, data={**typed, "amount": "600 000"}).status_code == 303
    made = db.session.scalars(select(Amendment)).one()
    assert client.get(f"/applicant/amendments/{made.id}").status_code == 200
    assert client.login(stage.reviewers[0]).get(f"/applicant/amendments/{made.id}").status_code == 404


def test_the_committee_decides_above_the_threshold(client, stage):
    agreement = active(stage).agreement
    client.login(stage.committee)
    assert "Nothing to decide" in client.get("/board/amendments").text
    more, owner = Money(90_000_000, "MAD"), stage.owner()
    after = terms_of(stage, agreement, amount=more, last=Money(42_000_000, "MAD"))
    made = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Plus.", actor=owner)
    id = made.id
    found = queries.amendment(stage.officer, id)
    amendments.assess_amendment(found, after, "Oui.", found.version, actor=stage.officer)
    assert str(id) in client.get("/board/amendments").text
    assert "Approve the amendment" in client.get(f"/board/amendments/{id}").text
    assert client.get(f"/board/amendments/{id}/amendment.pdf").data.startswith(b"%PDF")
    assert client.post(f"/board/amendments/{id}/refuse", data={"reason": ""}).status_code == 422
    assert client.post(f"/board/amendments/{id}/approve").status_code == 303
    assert client.login(stage.accountant).post(f"/finance/amendments/{id}/approve").status_code == 403


def test_an_agreement_costs_the_same_queries_with_one_amendment_and_with_several(client, stage):
    agreement = active(stage).agreement
    client.login(stage.officer)
    counts = []
    made: list[str] = []

    def watch(*values: object) -> None:
        made.append(str(values[2]))

    for days in range(30, 33):
        after = terms_of(stage, agreement)
        later = after.ends_on + timedelta(days=days)
        amended(stage, agreement, replace(after, ends_on=later), stage.authorising)
        id = db.session.scalars(select(Agreement.id)).one()
        db.session.expire_all()
        made.clear()
        event.listen(db.engine, "before_cursor_execute", watch)
        assert client.get(f"/staff/agreements/{id}").status_code == 200
        event.remove(db.engine, "before_cursor_execute", watch)
        counts.append(len(made))
    assert len(set(counts[1:])) == 1, counts
