"""Files of a fund through their pages: asked for, made, downloaded, kept for a while; nobody reads another's."""

import csv
import hashlib
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from grants.applications.models import Document
from grants.awards.models import Agreement, Award, Claim, Instalment
from grants.core import clock
from grants.core.audit import Event
from grants.core.db import db
from grants.funds.models import Fund
from grants.ledger.queries import balances
from grants.ledger.selection import Selection, count
from grants.messages.models import Promise, Status
from grants.payments.models import PaymentOrder
from grants.people.models import Role
from grants.reports.models import Export, ExportState
from grants.reports.queries import visible_to
from tests.factories import ClusterFactory, with_role
from tests.ledger.test_workbook import Story
from tests.payments.ground import lay
from workflows import export as workflow
from workflows.outbox import attempt


@pytest.fixture
def story(app):
    return Story("MAD", 100)


@pytest.fixture
def manager(story):
    return with_role(Role.FUND_MANAGER, cluster=story.fund.cluster)


def last() -> Export:
    return db.session.scalars(select(Export).order_by(Export.created_at.desc(), Export.id.desc())).first()


def ask(client, story, **filters) -> Export:
    answer = client.post(f"/finance/funds/{story.fund.id}/ledger", data=filters)
    assert answer.status_code == 303, answer.text
    return last()


def sheets(content: bytes) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def test_a_small_ledger_comes_at_once_and_is_kept(client, story, manager):
    client.login(manager)
    one = ask(client, story)
    assert one.state == ExportState.READY and one.filters == {}
    later = db.session.get(Promise, one.promise_id)  # should the server have died of it
    assert later.due_at > clock.now() and later.status == Status.WAITING
    page = client.get(f"/finance/exports/{one.id}").text.replace("<wbr>", "")
    assert one.sha256 in page and one.head in page and manager.name in page
    file = client.get(f"/finance/exports/{one.id}/file")
    assert hashlib.sha256(file.data).hexdigest() == one.sha256 and len(file.data) == one.size
    shown = balances([story.fund.id])[story.fund.id]
    whole = next(row for row in sheets(file.data)["Summary"] if row[0] == "The whole fund")
    assert whole[4] == float(shown.engaged.major) and whole[8] == float(shown.paid.major)
    assert one.filename in client.get("/finance/exports").text
    asked = db.session.scalars(select(Event).where(Event.subject_id == one.id).order_by(Event.at)).all()
    assert [event.name for event in asked] == ["export.ask", "export.finish_export"]


def test_a_large_one_is_made_by_the_worker(client, story, manager, monkeypatch):
    monkeypatch.setattr(workflow, "AT_ONCE", 3)
    client.login(manager)
    one = ask(client, story)
    assert one.state == ExportState.WAITING
    waits = client.get(f"/finance/exports/{one.id}/progress").json
    assert not waits["done"] and not waits["failed"]
    assert client.get(f"/finance/exports/{one.id}/file").status_code == 422
    attempt(one.promise_id)
    db.session.refresh(one)
    assert one.state == ExportState.READY and one.lines > 3
    assert client.get(f"/finance/exports/{one.id}/progress").json["done"]
    assert db.session.get(Promise, one.promise_id).result == {"lines": one.lines}
    attempt(one.promise_id)
    assert client.get(f"/finance/exports/{one.id}/file").status_code == 200


@pytest.mark.parametrize(
    ("choose", "lines"),
    [
        (lambda story: {"call": story.call.id}, None),
        (lambda story: {"commission": story.themes[1].id}, None),
        (lambda story: {"beneficiary": story.awards[1].organisation_id}, None),
        (lambda story: {"year": clock.now().year}, None),
        (lambda story: {"first": "2000-01-01", "last": "2000-12-31"}, 0),
        (lambda story: {"state": "completed"}, 0),
    ],
    ids=["call", "commission", "beneficiary", "year", "days", "state"],
)
def test_whatever_is_chosen_the_checks_hold(client, story, manager, choose, lines):
    client.login(manager)
    chosen = {key: str(value) for key, value in choose(story).items()}
    one = ask(client, story, **chosen)
    assert len(one.filters) == len(chosen)
    if lines is not None:
        assert one.lines == lines
    read = sheets(client.get(f"/finance/exports/{one.id}/file").data)
    assert {row[-1] for row in read["Checks"][1:]} == {"OK"}
    assert len(read["Journal"]) == 2 + one.lines
    assert client.get(f"/finance/exports/{one.id}").status_code == 200


def test_days_in_the_wrong_order_are_refused_and_stay(client, story, manager):
    client.login(manager)
    typed = {"first": "2026-05-01", "last": "2026-04-01"}
    page = client.post(f"/finance/funds/{story.fund.id}/ledger", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 422 and "2026-05-01" in page.text and last() is None


def test_nobody_reads_another_s_file(client, story, manager):
    one = ask(client.login(manager), story)
    for reader in (
        with_role(Role.AUDITOR, cluster=story.fund.cluster),
        with_role(Role.FUND_MANAGER, cluster=ClusterFactory()),
    ):
        client.login(reader)
        for page in ("", "/file", "/progress"):
            assert client.get(f"/finance/exports/{one.id}{page}").status_code == 404
        assert one.filename not in client.get("/finance/exports").text
        assert db.session.scalar(select(func.count()).select_from(visible_to(reader).subquery())) == 0


def test_a_file_is_deleted_when_its_time_is_over_and_its_line_stays(client, story, manager, monkeypatch):
    client.login(manager)
    one = ask(client, story)
    workflow.delete_expired()
    assert one.state == ExportState.READY
    later = clock.now() + workflow.KEPT + timedelta(minutes=1)
    monkeypatch.setattr(workflow, "now", lambda: later)
    workflow.delete_expired()
    db.session.refresh(one)
    assert one.state == ExportState.EXPIRED and one.sha256
    assert client.get(f"/finance/exports/{one.id}/file").status_code == 422
    assert "deleted when its time was over" in client.get(f"/finance/exports/{one.id}").text


def test_a_dossier_has_every_file_with_its_hash(client, story):
    auditor = with_role(Role.AUDITOR, cluster=story.fund.cluster)
    award = next(one for one in story.awards if db.session.scalar(select(Agreement).where(Agreement.award == one)))
    client.login(auditor)
    assert client.post(f"/finance/awards/{award.id}/dossier").status_code == 303
    one = last()
    attempt(one.promise_id)
    db.session.refresh(one)
    assert one.state == ExportState.READY
    archive = ZipFile(BytesIO(client.get(f"/finance/exports/{one.id}/file").data))
    rows = list(csv.reader(StringIO(archive.read("index.csv").decode("utf-8-sig"))))[1:]
    assert {"grant.csv", "agreement/agreement.csv", "ledger.csv", "events.csv"} <= {row[0] for row in rows}
    for path, _, size, sha256, _ in rows:
        if sha256:
            content = archive.read(path)
            assert hashlib.sha256(content).hexdigest() == sha256 and len(content) == int(size)
    assert {one for one in archive.namelist() if not one.startswith("index.")} == {row[0] for row in rows if row[3]}
    assert "=HYPERLINK" in archive.read("index.html").decode() and "<script" not in archive.read("index.html").decode()
    assert "\n=HYPERLINK" not in archive.read("grant.csv").decode() and ",=HYPERLINK" not in str(rows)
    posted = list(csv.reader(StringIO(archive.read("ledger.csv").decode("utf-8-sig"))))[1:]
    assert len(posted) > 0


def test_the_index_of_a_dossier_equals_the_database(client, app):
    """Every record that hangs on the grant: its file or its line, and every entry and move of it."""
    ground = lay(2)
    ground.ordered()
    of_claim = select(Agreement.award_id).join(Instalment, Instalment.agreement_id == Agreement.id)
    of_claim = of_claim.join(Claim, Claim.instalment_id == Instalment.id)
    award_id = db.session.scalars(of_claim.where(Claim.id == ground.claim_ids[0])).one()
    award = db.session.get(Award, award_id)
    fund = db.session.get(Fund, ground.fund_id)
    client.login(with_role(Role.AUDITOR, fund=fund))
    assert client.post(f"/finance/awards/{award_id}/dossier").status_code == 303
    one = last()
    attempt(one.promise_id)
    archive = ZipFile(BytesIO(client.get(f"/finance/exports/{one.id}/file").data))
    rows = list(csv.reader(StringIO(archive.read("index.csv").decode("utf-8-sig"))))[1:]
    listed = {row[0]: row for row in rows}

    def lines(path: str) -> list[list[str]]:
        return list(csv.reader(StringIO(archive.read(path).decode("utf-8-sig"))))[1:]

    chosen = Selection(fund.id, fund.currency, grant_ids=frozenset({award_id}))
    assert len(lines("ledger.csv")) == count(chosen) > 0
    agreement = db.session.scalars(select(Agreement).where(Agreement.award_id == award_id)).one()
    instalments = db.session.scalars(select(Instalment).where(Instalment.agreement_id == agreement.id)).all()
    assert len(lines("agreement/instalments.csv")) == len(instalments)
    claims = db.session.scalars(select(Claim).where(Claim.instalment_id.in_([one.id for one in instalments]))).all()
    assert sum(path.endswith("/claim.csv") for path in listed) == len(claims) > 0
    orders = db.session.scalars(select(PaymentOrder).where(PaymentOrder.claim_id.in_([one.id for one in claims]))).all()
    assert {row[0] for row in lines("payment-orders.csv")} == {str(n) for n in range(1, len(orders) + 1)}
    documents = select(func.count()).select_from(Document).where(Document.application_id == award.application_id)
    filed = [row for row in rows if row[1] == "Document of the application"]
    assert len(filed) == db.session.scalar(documents)
    subjects = [award_id, award.application_id, agreement.id, *(one.id for one in (*claims, *orders))]
    moves = db.session.scalar(select(func.count()).select_from(Event).where(Event.subject_id.in_(subjects)))
    assert len(lines("events.csv")) >= moves > 0
    assert set(archive.namelist()) - {"index.csv", "index.html"} == {path for path, row in listed.items() if row[3]}


def test_a_stranger_takes_no_dossier(client, story):
    client.login(with_role(Role.AUDITOR, cluster=ClusterFactory()))
    assert client.post(f"/finance/awards/{story.awards[0].id}/dossier").status_code == 404


def test_the_list_costs_the_same_whatever_it_holds(client, story, manager, queries):
    client.login(manager)
    ask(client, story)
    with queries() as few:
        client.get("/finance/exports")
    for _ in range(6):
        ask(client, story)
    with queries() as many:
        client.get("/finance/exports")
    assert len(few) == len(many)
