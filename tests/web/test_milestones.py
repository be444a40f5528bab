"""Milestones, support in kind and the schedule through their pages, each by the person who may."""

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import event, select

from grants.awards import queries
from grants.awards.models import Instalment, Milestone, MilestoneState, Support, SupportRequest, SupportState
from grants.calls.models import CallState, Instrument
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Role
from tests.awards.test_award_story import PLAN, act, funded
from tests.awards.test_milestones import FOLLOWED, SEATS, planned, signed
from tests.factories import CallFactory, with_role
from tests.files import pdfs
from tests.story import set_stage
from workflows import award as agreements

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def stage(app):
    stage = set_stage()
    stage.call.follow_up = FOLLOWED
    stage.call.retention = 1_000
    db.session.flush()
    return stage


def first(model, *order):
    return db.session.scalars(select(model).order_by(*order or (model.position,))).first()


# --- the call -------------------------------------------------------------------------------------------------


def test_the_officer_writes_how_grants_are_followed_and_anybody_reads_it(client):
    call = CallFactory(state=CallState.DRAFT)
    officer = with_role(Role.OFFICER, cluster=call.fund.cluster)
    url = f"/staff/calls/{call.id}/follow-up"
    assert client.login(officer).get(url).status_code == 200
    sent = {
        "version": call.version,
        "m-title-0-fr": "Prototype",
        "m-months-0": "",
        "m-reports-0": ["technical"],
        "m-waits-0": "2",
        "q-label-0-fr": "Essais menés",
        "q-kind-0": "number",
        "q-of-0": "technical",
        "q-required-0": "y",
        "s-name-0-fr": "Hébergement",
        "s-unit-0-fr": "mois",
    }
    refused = client.post(url, data=sent, headers=SAME)
    assert refused.status_code == 200 and "how many months" in refused.text and "Essais menés" in refused.text
    assert client.post(url, data={**sent, "m-months-0": "6"}).status_code == 303
    db.session.refresh(call)
    rules = call.following
    assert (rules.milestones[0].months, rules.milestones[0].instalment) == (6, 2)
    assert (rules.questions[0].label["fr"], rules.supports[0].unit["fr"]) == ("Essais menés", "mois")
    call.instrument, call.retention = Instrument.IN_KIND, 500
    call.state, call.published_at = CallState.OPEN, now() - timedelta(days=1)
    db.session.commit()
    page = client.get(f"/calls/{call.id}").text
    for said in (
        "Prototype",
        "6 months after the start",
        "Essais menés",
        "Hébergement",
        "kept back",
        "Support in kind",
    ):
        assert said in page
    assert client.get(url).status_code == 403, "frozen"


# --- the agreement --------------------------------------------------------------------------------------------


def test_planned_from_what_the_call_proposes(client, stage):
    agreement = funded(stage).agreement
    client.login(stage.officer)
    plan = f"/staff/agreements/{agreement.id}/plan"
    assert "dates first" in client.get(plan).text
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    page = client.get(plan).text
    assert "Prototype" in page and "2027-03-01" in page
    version = queries.agreement(stage.officer, agreement.id).version
    lines = {"version": version, "title-0": "Prototype", "due-0": "2031-03-01", "reports-0": ["technical"]}
    refused = client.post(f"{plan}/milestones", data={**lines, "waits-0": "2"}, headers=SAME)
    assert "falls outside the project" in refused.text and "2031-03-01" in refused.text
    assert client.post(f"{plan}/milestones", data={**lines, "due-0": "2027-03-01", "waits-0": "2"}).status_code == 303
    assert first(Milestone).instalment == 2
    version = queries.agreement(stage.officer, agreement.id).version
    seats = {"version": version, "name-0": "Places", "unit-0": "place", "planned-0": "10"}
    assert client.post(f"{plan}/supports", data=seats).status_code == 303
    page = client.get(f"/staff/agreements/{agreement.id}").text
    for said in ("Prototype", "Places", "waits for", "Kept back", "Pre-financing", "Balance payment"):
        assert said in page


def test_reported_clarified_accepted_and_the_instalment_opens(client, stage):
    agreement = signed(stage, planned(stage))
    id = first(Milestone).id
    owner = stage.owner()
    client.login(owner)
    assert "waits for" in client.get(f"/applicant/agreements/{agreement.id}").text
    assert "Next: " in client.get("/applicant/").text
    assert "Milestone: " in client.get("/account/calendar").text
    url = f"/applicant/milestones/{id}"
    page = client.get(url)
    assert page.status_code == 200 and "Résultats" in page.text
    missing = client.post(url, data={"version": first(Milestone).version, "q-1": "3"}, headers=SAME)
    assert missing.status_code == 200 and "Answer “Résultats”" in missing.text.replace("<bdi>", "").replace(
        "</bdi>", ""
    )
    version = db.session.scalar(select(Milestone.version).where(Milestone.id == id))
    saved = client.post(f"{url}/autosave", data={"version": version, "q-0": "It works.", "q-1": "many"})
    assert saved.json["unread"] == ["q-1"]
    again = client.post(f"{url}/autosave", data={"version": saved.json["version"], "q-0": "It works well.", "q-1": "4"})
    sent = {"version": again.json["version"], "q-0": "It works well.", "q-1": "4"}
    sent["file"] = (io.BytesIO(pdfs.pages("Deliverable")), "livrable.pdf")
    assert client.post(url, data=sent).status_code == 303
    found = db.session.get_one(Milestone, id)
    db.session.refresh(found)
    assert (found.state, found.answers) == (MilestoneState.SUBMITTED, {"q-0": "It works well.", "q-1": 4})
    assert "livrable.pdf" in client.get(url).text

    client.login(stage.officer)
    staff = f"/staff/milestones/{id}"
    assert "It works well." in client.get(staff).text
    assert client.post(f"{staff}/ask-about-report", data={"reason": ""}).status_code == 422
    assert client.post(f"{staff}/ask-about-report", data={"reason": "Where?"}).status_code == 303

    client.login(owner)
    assert "Where?" in client.get(url).text
    version = db.session.scalar(select(Milestone.version).where(Milestone.id == id))
    reply = {"version": version, "q-0": "It works well.", "q-1": "4"}
    refused = client.post(url, data=reply, headers=SAME)
    assert "officer’s question" in refused.text
    version = db.session.scalar(select(Milestone.version).where(Milestone.id == id))
    assert client.post(url, data={**reply, "version": version, "reply": "In Rabat."}).status_code == 303

    client.login(stage.officer)
    assert "In Rabat." in client.get(staff).text
    assert client.post(f"{staff}/accept-report").status_code == 303
    assert "accepted" in client.get(staff).text
    client.login(owner)
    assert "waits for" not in client.get(f"/applicant/agreements/{agreement.id}").text


def test_a_file_is_read_by_those_who_see_the_milestone_and_removed_until_it_is_sent(client, stage):
    signed(stage, planned(stage))
    id = first(Milestone).id
    client.login(stage.owner())
    version = db.session.scalar(select(Milestone.version).where(Milestone.id == id))
    url = f"/applicant/milestones/{id}"
    sent = {"version": version, "go": "save", "file": (io.BytesIO(pdfs.pages("A")), "a.pdf")}
    assert client.post(url, data=sent).status_code == 303
    page = client.get(url).text
    address = "/applicant/milestone-files/" + page.split("/applicant/milestone-files/")[1][:36]
    assert client.get(address).status_code == 200
    assert client.login(stage.officer).get(address).status_code == 200
    assert client.login(stage.reviewers[0]).get(address).status_code == 404
    client.login(stage.owner())
    assert client.post(f"{address}/remove").status_code == 303
    assert client.get(address).status_code == 404


def test_waived_on_the_finance_page(client, stage):
    signed(stage, planned(stage))
    url = f"/finance/milestones/{first(Milestone).id}"
    assert client.login(stage.accountant).post(f"{url}/waive", data={"reason": "No."}).status_code == 403
    client.login(stage.authorising)
    assert client.get(url).status_code == 200
    assert client.post(f"{url}/waive", data={"reason": "Out of scope."}).status_code == 303
    assert "Out of scope." in client.get(url).text


def test_support_in_kind_through_the_pages(client, stage):
    agreement = signed(stage, planned(stage, supports=SEATS))
    client.login(stage.owner())
    ask = f"/applicant/supports/{first(Support).id}/ask"
    assert client.post(ask, data={"quantity": "many"}).status_code == 422
    assert client.post(ask, data={"quantity": "11"}).status_code == 422
    assert client.post(ask, data={"quantity": "4", "note": "Spring"}).status_code == 303
    assert "Spring" in client.get(f"/applicant/agreements/{agreement.id}").text
    id = first(SupportRequest, SupportRequest.created_at).id
    base = f"/staff/support-requests/{id}"
    assert client.login(stage.officer).post(f"{base}/check").status_code == 303
    assert client.login(stage.authorising).post(f"/finance/support-requests/{id}/certify").status_code == 303
    assert client.login(stage.officer).post(f"{base}/deliver").status_code == 403
    assert client.login(stage.second_officer).post(f"{base}/deliver").status_code == 303
    assert db.session.get_one(SupportRequest, id).state == SupportState.DELIVERED


# --- the schedule ---------------------------------------------------------------------------------------------


def test_what_is_planned_by_month_filtered_and_as_a_workbook(client, stage):
    signed(stage, planned(stage))
    client.login(stage.officer)
    page = client.get("/finance/schedule").text
    for said in ("Prototype", "Pre-financing", "Accounts", "Not claimed yet"):
        assert said in page
    assert "Prototype" in client.get(f"/finance/schedule?call={stage.call.id}").text
    assert "Nothing is planned" in client.get(f"/finance/schedule?call={stage.fund.id}").text
    book = openpyxl.load_workbook(io.BytesIO(client.get("/finance/schedule.xlsx").data))
    rows = list(book.worksheets[0].values)
    assert sum(1 for row in rows if row and row[2] and "Milestone: " in str(row[2])) == 2
    assert client.login(stage.owner()).get("/finance/schedule").status_code == 403


def test_the_schedule_costs_the_same_queries_at_1_row_and_at_50(client, stage):
    agreement = signed(stage, planned(stage, []))

    def queries_of() -> int:
        seen = []
        db.session.expire_all()
        engine = db.engines[None].engine
        event.listen(engine, "before_cursor_execute", lambda *rest: seen.append(rest[2]))
        assert client.get("/finance/schedule").status_code == 200
        return len(seen)

    client.login(stage.officer)
    client.get("/finance/schedule")
    id = agreement.id
    db.session.add(Milestone(agreement_id=id, position=90, title="One", due_on=PLAN.ends_on))
    db.session.commit()
    few = queries_of()
    for n in range(45):
        db.session.add(Milestone(agreement_id=id, position=100 + n, title=f"M{n}", due_on=PLAN.ends_on))
    db.session.commit()
    assert queries_of() == few
    assert db.session.scalars(select(Instalment.id)).all()
