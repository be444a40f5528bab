"""The officer's pages: file, columns, preview, confirmation, progress, result."""

import io
import re
from typing import Any

import pytest
from flask import Flask

from grants.awards.imports import Field
from grants.awards.models import AwardImport, ImportState
from grants.core.db import db, transaction
from grants.ledger.service import open_fund
from grants.people.models import Person, Role
from tests.awards.test_import_job import REAL, workbook
from tests.conftest import Client
from tests.factories import FundFactory, with_role
from workflows import imports, outbox


class Browser:
    """Somebody signed in, who follows redirects by hand."""

    def __init__(self, app: Flask, person_id: Any) -> None:
        self.client: Client = app.test_client()
        self.client.login(db.session.get_one(Person, person_id))

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, **data: Any) -> Any:
        answer = self.client.post(path, data=data, content_type="multipart/form-data")
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location") or answer.text

    def send(self, fund_id: Any, content: bytes, name: str = "a.xlsx", status: int = 303) -> Any:
        return self.post("/staff/imports/new", status, fund=str(fund_id), file=(io.BytesIO(content), name))


@pytest.fixture
def scene(own_app: Flask) -> dict[str, Any]:
    with transaction():
        fund = FundFactory(currency="GBP", code="OLD")
        open_fund(fund.id, fund.code, "GBP")
        people = {role: with_role(role, fund=fund).id for role in (Role.OFFICER, Role.AUDITOR)}
        other = FundFactory()
        stranger = with_role(Role.OFFICER, fund=other).id
        return {"fund": fund.id, "officer": people[Role.OFFICER], "auditor": people[Role.AUDITOR], "stranger": stranger}


def one() -> AwardImport:
    db.session.expire_all()
    return db.session.query(AwardImport).order_by(AwardImport.created_at.desc()).first()  # type: ignore[return-value]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).replace("\xa0", " ").split())


def test_from_the_file_to_the_awards(own_app: Flask, scene: dict[str, Any]) -> None:
    officer = Browser(own_app, scene["officer"])
    assert "No import yet" in officer.get("/staff/imports")
    where = officer.send(scene["fund"], REAL.read_bytes(), "past-grants.xlsx")
    page = text_of(officer.get(where))
    assert "21 757 793.27 GBP" in page and "27 143 231.27 GBP" in page and "63 warnings" in page
    assert "Import all" in page and "was awarded, more than the" in page and "Arts Educational Schools London" in page
    assert "Page 2 of 2" in text_of(officer.get(f"{where}?page=2"))
    assert "was awarded" not in text_of(officer.get(f"{where}?show=refused"))

    assert officer.post(f"{where}/confirm") == where
    assert 'data-job="' in officer.get(where)
    state = officer.client.get(f"{where}/progress").json
    assert state == {"percent": 0, "rows": 0, "done": False, "failed": False, "message": state["message"]}
    promise_id = one().promise_id
    assert promise_id
    outbox.attempt(promise_id)
    assert officer.client.get(f"{where}/progress").json["done"]
    page = text_of(officer.get(where))
    assert "475 awards were imported" in page and "360G-ALWF-" in page and "Page 1 of 10" in page
    assert "nothing: imports move no payment" in page
    assert "past-grants.xlsx" in officer.get("/staff/imports")
    assert officer.client.get(f"{where}/file").data == REAL.read_bytes()

    again = officer.send(scene["fund"], REAL.read_bytes(), "the same.xlsx")
    assert again == where and "This very file was imported before" in officer.get(where)


def test_columns_are_editable_and_the_file_is_checked_again(own_app: Flask, scene: dict[str, Any]) -> None:
    officer = Browser(own_app, scene["officer"])
    where = officer.send(
        scene["fund"], workbook(["A1", "Atlas", "ten", "03/04/2020", 20], ["A2", "Rif", "one", "04/05/2020", 30])
    )
    page = text_of(officer.get(where))
    assert "2 rows are refused" in page and "Import all" not in page and "Is “03/04/2020”" in page
    columns = {
        **{part.value: "" for part in Field},
        "identifier": "0",
        "recipient": "1",
        "amount": "4",
        "awarded_on": "3",
        "order": "day",
    }
    version = one().version
    page = text_of(officer.post(f"{where}/columns", 422, **{**columns, "title": "4", "version": version}))
    assert "One column cannot hold both" in page
    officer.post(f"{where}/columns", **columns, version=version)
    assert one().refused_rows == 0 and one().awarded_minor == 5000 and "Import all" in officer.get(where)
    officer.post(f"{where}/columns", 409, **columns, version=version)
    officer.post(f"{where}/columns", **{**columns, "amount": ""}, version=one().version)
    assert "No column was chosen for" in officer.get(where)
    officer.post(f"{where}/confirm", 422)
    assert one().state == ImportState.CHECKED


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "Choose a file of this kind"),
        ("a.xlsx", b"", "empty"),
        ("a.xlsx", b"MZ\x90\x00" + bytes(900), "not an Excel workbook"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        ("a.csv", b"one column\nonly", "not an Excel workbook"),
    ],
)
def test_files_that_are_refused_say_why_beside_the_field(
    own_app: Flask, scene: dict[str, Any], name: str, content: bytes, words: str
) -> None:
    page = Browser(own_app, scene["officer"]).send(scene["fund"], content, name, 200)
    assert words in page and 'aria-invalid="true"' in page and one() is None


def test_a_row_that_would_inject_is_only_text(own_app: Flask, scene: dict[str, Any]) -> None:
    officer = Browser(own_app, scene["officer"])
    where = officer.send(
        scene["fund"], workbook(["A1", "=cmd|' /C calc'!A0", 10, "2020-01-02", "<script>alert(1)</script>"])
    )
    assert one().refused_rows == 1  # a formula without a value is nothing
    where = officer.send(
        scene["fund"], b"Ref,Grantee,Amount,Date\nA1,=cmd|' /C calc'!A0<script>,10,2020-01-02\n", "a.csv"
    )
    page = officer.get(where)
    assert "<script>" not in page.replace('<script type="module"', "") and one().refused_rows == 0


def test_others_see_nothing_or_may_not(own_app: Flask, scene: dict[str, Any]) -> None:
    officer, auditor = Browser(own_app, scene["officer"]), Browser(own_app, scene["auditor"])
    where = officer.send(scene["fund"], workbook(["A1", "A", 10, "2020-01-02", "x"]))
    assert "Import all" not in auditor.get(where) and ">A1<" not in auditor.get("/staff/imports")
    auditor.post(f"{where}/confirm", 403)
    auditor.get("/staff/imports/new", 403)
    stranger = Browser(own_app, scene["stranger"])
    stranger.get(where, 404)
    stranger.post(f"{where}/confirm", 404)
    assert "a.xlsx" not in stranger.get("/staff/imports")
    assert "OLD" not in stranger.get("/staff/imports/new")
    assert stranger.send(scene["fund"], workbook(["A1", "A", 10, "2020-01-02", "x"]), status=200)


def test_a_stopped_job_says_so(own_app: Flask, scene: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    officer = Browser(own_app, scene["officer"])
    where = officer.send(scene["fund"], workbook(["A1", "A", 10, "2020-01-02", "x"]))
    officer.post(f"{where}/confirm")

    def gone(*_: object) -> None:
        raise outbox.Gone("no reason")

    monkeypatch.setattr(imports, "carry_out", gone)
    promise_id = one().promise_id
    assert promise_id
    outbox.attempt(promise_id)
    state = officer.client.get(f"{where}/progress").json
    assert state["failed"] and "nothing was imported" in state["message"]
    assert "nothing was imported" in officer.get(where)
