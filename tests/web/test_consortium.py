"""The pages of a consortium: the lead's list, the invitation, the partner's part, the accession."""

import re
from io import BytesIO

import pytest
from sqlalchemy import select

from grants.applications import partner_queries as partners
from grants.applications.models import Document, Partner, PartnerState
from grants.calls.consortia import Composition
from grants.calls.models import EligibilityRule, Owed, RequiredDocument
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import Money
from grants.people.models import OrganisationKind, Right, Role
from grants.people.queries import by_email
from tests.applications.consortium import ROLE, acceded, invited, organisation_of, somebody, taking_part
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.applications.test_partner_policy import partner_in
from tests.factories import MembershipFactory, PersonFactory, ReviewFactory, submitted, with_role
from tests.people.test_letters import letters
from tests.web.drafts import base, seen_in, version_in, words_of

PASSWORD = "cheval agrafe pile correcte"
TYPED = {"name": "Salma", "email": "salma@example.org", "role": ROLE}


@pytest.fixture
def on(app):
    return ground(code="GROUP")


@pytest.fixture
def application(on):
    made = draft(on)
    db.session.commit()
    return made


def page_of(partner) -> str:
    return f"/applicant/partners/{partner.id}"


def link_in(text: str) -> str:
    return re.search(r"/account/partner/\S+", text).group(0)


def test_from_the_invitation_to_the_receipt(client, on, application):
    client.login(on.lead)
    assert "You apply alone" in words_of(client.get(base(application)))
    assert client.get(f"{base(application)}/consortium").status_code == 200
    sent = client.post(f"{base(application)}/consortium", data=TYPED)
    assert (sent.status_code, sent.location) == (303, f"{base(application)}/consortium")
    again = client.post(f"{base(application)}/consortium", data={**TYPED, "role": "Other"})
    assert again.status_code == 200 and "takes part already" in again.text
    assert "1 is awaited" in words_of(client.get(base(application)))
    [(_, _, text)] = letters()

    newcomer = client.application.test_client()
    page = newcomer.get(link_in(text))
    assert page.status_code == 200 and application.title in page.text
    made = newcomer.post(link_in(text), data={"name": "Salma Idrissi", "password": PASSWORD, "language": "en"})
    partner = db.session.scalars(select(Partner)).one()
    assert (made.status_code, made.location) == (303, page_of(partner))
    invitation = words_of(newcomer.get(made.location))
    assert "You are invited" in invitation and "First say which organisation takes part" in invitation
    salma = by_email("salma@example.org")
    organisation = MembershipFactory(person=salma).organisation
    db.session.commit()

    joined = newcomer.post(f"{page_of(partner)}/accept", data={"organisation_id": str(organisation.id)})
    assert (joined.status_code, joined.location) == (303, page_of(partner))
    assert newcomer.post(f"{page_of(partner)}/accept").status_code == 303, "a second press answers as the first"
    page = words_of(newcomer.get(page_of(partner)))
    assert "Your accession is awaited" in page and application.description in page
    form = newcomer.get(f"{page_of(partner)}/part")
    typed = {"version": version_in(form), "role": "Clinical tests", "tasks": "Ten patients.", "papers": "A letter."}
    assert newcomer.post(f"{page_of(partner)}/part", data=typed).status_code == 303

    check = client.get(f"{base(application)}/check")
    assert f"/consortium?check=1#partner-{partner.id}" in check.text.replace("&amp;", "&")
    accession = newcomer.get(f"{page_of(partner)}/accession")
    assert "Clinical tests" in words_of(accession)
    refused = newcomer.post(f"{page_of(partner)}/accession", data={"seen": seen_in(accession), "name": ""})
    assert refused.status_code == 200 and "errsum" in refused.text
    signed = {"seen": seen_in(accession), "name": "Salma Idrissi", "agrees": "y"}
    assert newcomer.post(f"{page_of(partner)}/accession", data=signed).location == page_of(partner)
    assert newcomer.get(f"{page_of(partner)}/accession").status_code == 303, "nothing to sign again"

    page = client.get(f"{base(application)}/check")
    assert "Ten patients." in words_of(page) and "signed by Salma Idrissi" in words_of(page)
    done = client.post(f"{base(application)}/submit", data={"seen": seen_in(page)})
    assert done.location == f"{base(application)}/receipt"
    assert client.get(done.location).status_code == 200
    page = words_of(newcomer.get(page_of(partner)))
    assert "with the fund" in page and "Submitted" in page
    assert newcomer.get(f"{page_of(partner)}/part").status_code == 403


def test_the_lead_sees_every_part_a_partner_only_its_own(client, on, application):
    first, second = somebody(), somebody()
    one, two = acceded(on.lead, application, first), acceded(on.lead, application, second)
    for n, partner in enumerate((one, two)):
        db.session.get(Partner, partner.id).tasks = f"Secret task {n}."
    db.session.commit()
    client.login(on.lead)
    for n, partner in enumerate((one, two)):
        assert f"Secret task {n}." in words_of(client.get(page_of(partner)))
    client.login(first)
    page = words_of(client.get(page_of(one)))
    assert "Secret task 0." in page and "Secret task 1." not in page
    assert organisation_of(second).name in page, "who takes part is no secret"
    assert client.get(page_of(two)).status_code == 404
    for path in ("", "/consortium", "/project", "/documents", "/check", "/receipt"):
        assert client.get(f"{base(application)}{path}").status_code == 404, path
    assert client.get(f"/applicant/organisations/{on.organisation.id}/profile").status_code == 404
    assert client.get(f"/applicant/organisations/{organisation_of(second).id}/accounts").status_code == 404


def test_nothing_of_the_project_is_read_after_leaving(client, on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    client.login(person)
    assert application.title in client.get("/applicant/").text
    gone = client.post(f"{page_of(partner)}/leave", data={"reason": "We\0 merge."})
    assert (gone.status_code, gone.location) == (303, "/applicant/")
    assert client.post(f"{page_of(partner)}/leave", data={"reason": "We merge."}).status_code == 303
    page = client.get(page_of(partner))
    assert page.status_code == 200 and "We merge." in page.text
    assert application.title not in page.text and application.summary not in page.text
    assert application.title not in client.get("/applicant/").text
    assert client.get(f"{page_of(partner)}/part").status_code == 403


def test_declining(client, on, application):
    person = somebody()
    partner = invited(on.lead, application, person)
    client.login(person)
    assert client.get(page_of(partner)).status_code == 200
    assert client.post(f"{page_of(partner)}/decline", data={"reason": ""}).status_code == 422
    assert client.post(f"{page_of(partner)}/decline", data={"reason": "No\0 time."}).status_code == 303
    assert client.post(f"{page_of(partner)}/decline", data={"reason": "No time."}).status_code == 303
    page = client.get(page_of(partner))
    assert "No time." in page.text and application.summary not in page.text
    client.login(on.lead)
    assert "No time." in client.get(f"{base(application)}/consortium").text


def test_the_link_in_the_wrong_hands(client, on, application):
    person = somebody()
    invited(on.lead, application, person)
    [(_, _, text)] = letters()
    answer = client.get(link_in(text))
    assert answer.status_code == 303 and answer.location.startswith("/account/sign-in")
    client.login(PersonFactory())
    other = client.get(link_in(text))
    assert other.status_code == 403 and application.title not in other.text
    assert client.post(link_in(text)).location == link_in(text), "the press signs out"
    client.login(person)
    assert client.get(link_in(text)).status_code == 303
    assert client.get(link_in(text)[:-3] + "xyz").status_code == 410


def test_an_accession_to_something_else_is_not_signed(client, on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    client.login(person)
    seen = seen_in(client.get(f"{page_of(partner)}/accession"))
    application.summary = "Quite another summary."
    db.session.commit()
    answer = client.post(f"{page_of(partner)}/accession", data={"seen": seen, "name": "P", "agrees": "y"})
    assert (answer.status_code, answer.location) == (303, f"{page_of(partner)}/accession")
    assert "changed since you read it" in client.get(answer.location).text
    assert db.session.get(Partner, partner.id).state == PartnerState.ACCEPTED


def test_autosave_keeps_what_is_readable(client, on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    client.login(person)
    typed = {"version": version_in(client.get(f"{page_of(partner)}/part")), "role": "", "tasks": "Ten.", "papers": ""}
    answer = client.post(f"{page_of(partner)}/part/autosave", data=typed)
    assert answer.status_code == 200 and answer.json["version"] > int(typed["version"])
    kept = partners.partner(person, partner.id)
    assert (kept.role, kept.tasks) == (ROLE, "Ten.")
    late = client.post(f"{page_of(partner)}/part", data={**typed, "role": "R", "tasks": "Eleven."})
    assert late.status_code == 409 and "Eleven." in late.text and "Ten." in late.text


def test_hostile_words_stay_words(client, on, application):
    client.login(on.lead)
    evil = "<script>alert(1)</script>"
    client.post(f"{base(application)}/consortium", data={**TYPED, "name": evil, "role": evil})
    page = client.get(f"{base(application)}/consortium").text
    assert evil not in page and "&lt;script&gt;" in page
    for email in ("", "nobody", "a\r\nBcc: x@example.org", "x" * 300 + "@example.org"):
        assert client.post(f"{base(application)}/consortium", data={**TYPED, "email": email}).status_code == 200
    assert len(letters()) == 1


def test_a_reader_of_the_lead_looks_and_does_not_touch(client, on, application):
    reader = colleague(on, Right.READER)
    partner = invited(on.lead, application, somebody())
    db.session.commit()
    client.login(reader)
    page = client.get(f"{base(application)}/consortium")
    assert page.status_code == 200 and "<form" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert client.post(f"{page_of(partner)}/remove").status_code == 403
    assert client.post(f"{base(application)}/consortium", data=TYPED).status_code == 403


def test_removing_a_partner_with_a_reason_that_the_database_would_refuse(client, on, application):
    partner = invited(on.lead, application, somebody())
    client.login(on.lead)
    assert client.post(f"{page_of(partner)}/remove", data={"reason": "No\0 answer."}).status_code == 303
    assert "No answer." in client.get(f"{base(application)}/consortium").text


def test_the_rule_of_the_call_is_checked_live_and_at_submission(client, on, application):
    rule = Composition(2, another_of=(OrganisationKind.UNIVERSITY, OrganisationKind.LABORATORY))
    db.session.add(EligibilityRule(call_id=on.call.id, position=1, kind=rule.kind, parameters=rule.as_json()))
    db.session.commit()
    client.login(on.lead)
    assert "You apply alone." in words_of(client.get(f"{base(application)}/consortium"))
    assert "at least 2" in words_of(client.get(f"{base(application)}/check"))
    acceded(on.lead, application, somebody(OrganisationKind.COMPANY))
    page = words_of(client.get(f"{base(application)}/consortium"))
    assert "2 members take part." in page and "Missing: one of University" in page
    assert client.post(f"{base(application)}/submit", data={}).status_code == 422
    acceded(on.lead, application, somebody(OrganisationKind.LABORATORY))
    assert client.post(f"{base(application)}/submit", data={}).status_code == 303
    client.login(on.officer)
    page = words_of(client.get(f"/staff/applications/{application.id}"))
    assert "3 members take part." in page and "(Research laboratory)" in page and ROLE in page


def test_a_partner_elsewhere_still_leads_one_application_of_its_own(client, on, application):
    person = somebody()
    acceded(on.lead, application, person)
    theirs = draft(on._replace(lead=person, organisation=organisation_of(person)))
    db.session.commit()
    client.login(person)
    page = client.get(f"{base(theirs)}/check")
    assert client.post(f"{base(theirs)}/submit", data={"seen": seen_in(page)}).status_code == 303


def test_a_reviewer_reads_every_partner_before_and_after_the_declaration(client, on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    reviewer = with_role(Role.REVIEWER, commission=on.commission)
    for name, value in {**submitted(5), "state": "in_review"}.items():
        setattr(application, name, value)
    review, aid = ReviewFactory(application=application, reviewer=reviewer), "Public aid received elsewhere"
    db.session.get(Partner, partner.id).aid_elsewhere = Money(12_345_600, application.currency)
    db.session.commit()
    client.login(reviewer)
    page = words_of(client.get(f"/commission/reviews/{review.id}"))
    assert partner.organisation.name in page and "one of these organisations" in page and ROLE not in page
    client.post(f"/commission/reviews/{review.id}/accept")
    page = words_of(client.get(f"/commission/reviews/{review.id}"))
    assert ROLE in page and aid not in page
    client.login(on.officer)
    assert aid in words_of(client.get(f"/staff/applications/{application.id}"))
    client.login(on.lead)
    assert aid in words_of(client.get(page_of(partner)))


@pytest.mark.parametrize("rows", [1, 15])
def test_pages_cost_the_same_however_many_partners(client, queries, on, application, rows):
    for _ in range(rows):
        acceded_by_hand(application)
    db.session.commit()
    client.login(on.lead)
    spent = []
    for path in (f"{base(application)}/consortium", base(application), f"{base(application)}/check"):
        client.get(path)
        with queries() as seen:
            assert client.get(path).status_code == 200
        spent.append(len(seen))
    assert spent[0] <= 16 and spent[1] <= 21 and spent[2] <= 20, spent


@pytest.mark.parametrize("rows", [1, 15])
def test_the_home_of_a_partner_costs_the_same(client, queries, rows):
    person = somebody()
    for _ in range(rows):
        on = ground()
        acceded_by_hand(draft(on), person)
    db.session.commit()
    client.login(person)
    client.get("/applicant/")
    with queries() as seen:
        page = client.get("/applicant/")
    assert page.text.count("/applicant/partners/") == rows and len(seen) <= 20, len(seen)


def acceded_by_hand(application, person=None):
    return partner_in(application, PartnerState.ACCEDED, person or somebody(), application.id.hex)


def test_a_partner_attaches_what_the_call_asks_of_it(client, on, application):
    more = {"guidance": Words(), "mandatory": True, "kinds": ["pdf"], "most": 1, "owed_by": Owed.PARTNERS}
    asked = RequiredDocument(call_id=on.call.id, position=1, name=Words(en="Letter", fr="Lettre"), **more)
    db.session.add(asked)
    db.session.commit()
    person, other = somebody(), somebody()
    partner, second = acceded(on.lead, application, person), acceded(on.lead, application, other)
    who = organisation_of(person).name
    client.login(on.lead)
    page = words_of(client.get(f"{base(application)}/consortium"))
    assert f"{who} must attach “Letter”." in page and "Ask for the documents" in page and "Ask to accede" not in page
    assert client.get(f"{page_of(partner)}/documents/{asked.id}").status_code == 403

    client.login(person)
    url = f"{page_of(partner)}/documents/{asked.id}"
    page = client.get(page_of(partner))
    assert "To attach" in words_of(page) and "you will be told" not in words_of(page)
    assert "Documents are still awaited" in words_of(page) and page.text.count(f'href="{url}"') == 2
    wrong = client.post(url, data={"file": (BytesIO(b"MZ"), "letter.pdf")})
    assert wrong.status_code == 200 and "errsum" in wrong.text
    sent = client.post(url, data={"file": (BytesIO(pdf()), "letter.pdf")})
    assert (sent.status_code, sent.location) == (303, f"{page_of(partner)}#documents")
    page = words_of(client.get(page_of(partner)))
    assert "you will be told" in page and "still awaited" not in page
    document = db.session.scalars(select(Document).where(Document.partner_id == partner.id)).one()
    assert client.get(f"/applicant/partners/documents/{document.id}").status_code == 200
    assert client.get(f"/applicant/documents/{document.id}").status_code == 404, "the lead’s address"

    client.login(other)
    assert client.get(f"/applicant/partners/documents/{document.id}").status_code == 404
    assert client.post(f"/applicant/partners/documents/{document.id}/remove").status_code == 404
    assert client.get(f"{page_of(partner)}/documents/{asked.id}").status_code == 404
    assert "letter.pdf" not in client.get(page_of(second)).text

    client.login(on.lead)
    assert client.get(f"/applicant/documents/{document.id}").status_code == 200
    assert f"Letter — {who}" in words_of(client.get(f"{base(application)}/check"))
    removing = f"/applicant/documents/{document.id}/remove"
    assert removing in client.get(page_of(partner)).text
    client.login(colleague(on, Right.READER))
    assert removing not in client.get(page_of(partner)).text
    client.login(on.lead)
    gone = client.post(removing)
    assert (gone.status_code, gone.location) == (303, page_of(partner))
    client.login(person)
    assert client.post(url, data={"file": (BytesIO(pdf()), "letter.pdf")}).status_code == 303
    document = db.session.scalars(select(Document).where(Document.partner_id == partner.id)).one()
    assert client.post(f"/applicant/partners/documents/{document.id}/remove").status_code == 303
