"""The real file, brought in by the real job into a real ledger: all of it, once, or nothing."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from grants.awards import import_queries as queries
from grants.awards.import_kept import unpack, unpack_remark
from grants.awards.imports import Mapping
from grants.awards.models import Award, AwardImport, ImportState, Source
from grants.calls.models import Call
from grants.clusters.models import Cluster, Commission
from grants.core.db import db, transaction
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.i18n import N_
from grants.core.sheets.reading import UnreadableFile
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import Standing, balances
from grants.ledger.service import open_fund, verify
from grants.ledger.stages import Stage
from grants.messages.models import Progress, Promise, Status
from grants.people.models import Organisation, Person, Role
from tests.factories import FundFactory, OrganisationFactory, PersonFactory, with_role
from workflows import imports, outbox

REAL = Path(__file__).with_name("past-grants.xlsx")
AWARDED, REQUESTED = Money(2_175_779_327, "GBP"), Money(2_714_323_127, "GBP")
Line = list[object]
HEADINGS = ["Ref", "Grantee", "Amount awarded", "Award date", "Title"]


@pytest.fixture(autouse=True)
def app(own_app: Flask) -> Flask:
    return own_app


@dataclass(frozen=True)
class Desk:
    """An officer and a fund. A commit expires what was loaded, so each step loads anew, as each request does."""

    fund_id: UUID
    officer_id: UUID

    @property
    def officer(self) -> Person:
        return db.session.scalars(
            select(Person).where(Person.id == self.officer_id).options(selectinload(Person.appointments))
        ).one()

    def receive(self, name: str, content: bytes, officer: Person | None = None) -> tuple[AwardImport, bool]:
        fund = db.session.scalars(
            select(Fund).where(Fund.id == self.fund_id).options(joinedload(Fund.cluster)),
            execution_options={"populate_existing": True},
        ).one()
        one, before = imports.receive(fund, name, content, actor=officer or self.officer)
        return again(one), before

    def examine(self, one: AwardImport, mapping: Mapping | None) -> AwardImport:
        imports.examine(again(one), mapping, actor=self.officer)
        return again(one)

    def confirm(self, one: AwardImport) -> UUID:
        imports.confirm(again(one), actor=self.officer)
        promise_id = again(one).promise_id
        assert promise_id
        return promise_id

    def carry(self, one: AwardImport) -> AwardImport:
        """Confirmed, and done by the job."""
        outbox.attempt(self.confirm(one))
        return again(one)

    @property
    def standing(self) -> Standing:
        return balances([self.fund_id])[self.fund_id]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Awards of the fund, organisations, operations in its ledger."""
        made = select(func.count()).select_from(Award).where(Award.fund_id == self.fund_id)
        parties = select(func.count()).select_from(Organisation)
        return db.session.scalar(made) or 0, db.session.scalar(parties) or 0, verify([self.fund_id]).operations


@pytest.fixture
def desk(app: Flask) -> Desk:
    with transaction():
        fund = FundFactory(currency="GBP")
        open_fund(fund.id, fund.code, "GBP")
        return Desk(fund.id, with_role(Role.OFFICER, fund=fund).id)


def workbook(*rows: Line) -> bytes:
    book = openpyxl.Workbook()
    for row in ([*HEADINGS], *rows):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def again(one: AwardImport) -> AwardImport:
    db.session.expire_all()
    return db.session.scalars(queries.whole(one.id)).unique().one()


def test_the_real_file_twice(desk: Desk) -> None:
    one, before = desk.receive("past-grants.xlsx", REAL.read_bytes())
    assert not before and one.state == ImportState.CHECKED
    assert (one.rows, one.known_rows, one.refused_rows, one.warnings) == (475, 0, 0, 63)
    assert (one.awarded, one.requested, one.recipients) == (AWARDED, REQUESTED, 287)
    assert "more than the" in str(unpack_remark(one.remarks[0]).text)
    assert any("Arts Educational Schools London" in str(unpack(note)) for note in one.notes)

    one = desk.carry(one)
    assert one.state == ImportState.DONE and one.finished_at
    standing = desk.standing
    assert standing.endowed == standing.engaged == standing.unpaid == AWARDED
    assert not standing.unallocated and not standing.free and not standing.paid and not standing[Stage.RESERVED]
    assert desk.counts == (475, 286, 3 * 10 + 2 * 475)  # credit is opened year by year
    assert queries.imported_total(one) == (475, AWARDED)
    sums = select(func.sum(Award.requested_minor), func.count(Award.external_id.distinct())).where(
        Award.fund_id == desk.fund_id
    )
    assert tuple(db.session.execute(sums).one()) == (REQUESTED.minor, 475)
    sample = db.session.scalars(select(Award).where(Award.external_id == "360G-ALWF-2100")).one()
    assert (
        sample.source == Source.IMPORT and sample.amount == Money(1_050_000_00, "GBP") and sample.duration_months == 36
    )
    assert (
        sample.awarded_on.isoformat() == "2020-11-03"
        and sample.programme == "Music"
        and sample.number == "360G-ALWF-2100"
    )
    recipient = db.session.get_one(Organisation, sample.organisation_id)
    assert (recipient.name, recipient.country, recipient.external_id) == (
        "Music in Secondary Schools",
        "GB",
        "GB-CHC-1151662",
    )
    progress = db.session.get_one(Progress, one.promise_id)
    assert (progress.done, progress.total) == (475, 475)
    call = db.session.get_one(Call, sample.call_id)
    assert call.imported and call.state == "archived"
    assert db.session.get_one(Commission, sample.commission_id).archive
    fund = db.session.get_one(Fund, desk.fund_id)
    living = select(Cluster).where(Cluster.id == fund.cluster_id).options(selectinload(Cluster.commissions))
    assert db.session.scalars(living).one().commissions == []

    same, before = desk.receive("again.xlsx", REAL.read_bytes())
    assert before and same.id == one.id and desk.counts == (475, 286, 980)


def test_another_file_with_some_of_the_same(desk: Desk) -> None:
    first = workbook(["A1", "Atlas Ltd", 100, "2020-01-02", "One"], ["A2", "Rif", 200.5, "2020-01-03", "Two"])
    desk.carry(desk.receive("a.xlsx", first)[0])
    second = workbook(
        ["A2", "Rif", 200.5, "2020-01-03", "Two"], ["A3", "ATLAS LIMITED", 50, "2021-01-03", '=HYPERLINK("http://x")']
    )
    one, _ = desk.receive("b.xlsx", second)
    assert (one.rows, one.known_rows, one.refused_rows) == (2, 1, 0)
    one = desk.carry(one)
    assert desk.standing.engaged == desk.standing.endowed == Money(350_50, "GBP")
    assert desk.counts[:2] == (3, 2) and queries.imported_total(one) == (1, Money(5000, "GBP"))
    assert db.session.scalar(select(func.count()).select_from(Call).where(Call.fund_id == desk.fund_id)) == 1

    third, _ = desk.receive("c.xlsx", workbook(["A1", "Atlas", 100, "2020-01-02", "One"]))
    with pytest.raises(Refused, match="already in the fund"):
        desk.confirm(third)
    changed = workbook(["A1", "Atlas", 101, "2020-01-02", "One"], ["A9", "New", 1, "2020-01-02", "Nine"])
    fourth, _ = desk.receive("d.xlsx", changed)
    remark = unpack_remark(fourth.remarks[0])
    assert (remark.row, remark.column, remark.refused) == (2, "C", True) and "100 GBP" in str(remark.text).replace(
        "\xa0", " "
    )
    with pytest.raises(Refused, match="1 row is refused"):
        desk.confirm(fourth)
    assert desk.counts[0] == 3


def test_columns_chosen_by_a_person(desk: Desk) -> None:
    content = workbook(["A1", "Atlas", "1.500", "03/04/2020", "One"], ["A2", "Rif", "2 000", "04/05/2020", "Two"])
    one, _ = desk.receive("a.xlsx", content)
    assert one.refused_rows == 2 and {unpack_remark(kept).column for kept in one.remarks} == {"C", "D"}
    mapping = Mapping.from_json(one.mapping)
    one = desk.examine(one, mapping.changed(mapping.columns, True))
    assert one.refused_rows == 1 and one.state == ImportState.CHECKED
    one = desk.examine(one, mapping.overridden({"amount": ""}, HEADINGS))
    assert "Amount awarded" in str(unpack_remark(one.remarks[0]).text)


def test_if_the_fund_moved_meanwhile_nothing_is_imported(desk: Desk) -> None:
    one, _ = desk.receive("a.xlsx", workbook(["A1", "A", 10, "2020-01-02", "x"]))
    rows = ["A1", "A", 11, "2020-01-02", "x"], ["A2", "B", 5, "2020-01-02", "y"]
    other, _ = desk.receive("b.xlsx", workbook(*rows))
    for promise_id in [desk.confirm(one), desk.confirm(other)]:
        outbox.attempt(promise_id)
    other = again(other)
    assert other.state == ImportState.REFUSED and other.refused_rows == 1 and desk.counts[0] == 1
    assert desk.examine(other, Mapping.from_json(other.mapping)).state == ImportState.CHECKED


def test_who_may(desk: Desk) -> None:
    with transaction():
        fund = db.session.get_one(Fund, desk.fund_id, options=[joinedload(Fund.cluster)])
        others = [PersonFactory(), with_role(Role.FUND_MANAGER, fund=fund)]
    for id in [person.id for person in others]:
        with pytest.raises(Forbidden):
            desk.receive("a.xlsx", workbook(["A1", "A", 10, "2020-01-02", "x"]), Desk(desk.fund_id, id).officer)
    with pytest.raises(UnreadableFile):
        desk.receive("a.xlsx", b"MZ\x90\x00\x00")
    assert not db.session.scalars(select(AwardImport)).all()


def test_confirming_twice_is_confirming_once(desk: Desk) -> None:
    one, _ = desk.receive("a.xlsx", workbook(["A1", "A", 10, "2020-01-02", "x"]))
    assert desk.confirm(one) == desk.confirm(one)
    assert db.session.scalar(select(func.count()).select_from(Promise)) == 1
    for _ in range(2):
        outbox.attempt(desk.confirm(one)) if again(one).state == ImportState.QUEUED else None
    assert again(one).state == ImportState.DONE and desk.counts == (1, 1, 5)
    with pytest.raises(WrongState):
        desk.examine(one, None)


def test_known_organisations_are_used(desk: Desk) -> None:
    with transaction():
        mine = OrganisationFactory(
            name="Atlas Numérique SARL", matching_key="atlas numerique", ice="001561191000066"
        ).id
    content = workbook(["A1", "ATLAS  NUMERIQUE", 10, "2020-01-02", "x"], ["A2", "Other", 10, "2020-01-02", "y"])
    desk.carry(desk.receive("a.xlsx", content)[0])
    assert mine in set(db.session.scalars(select(Award.organisation_id)))
    assert desk.counts[1] == 2


def test_the_ledger_being_busy_only_delays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = desk.receive("a.xlsx", workbook(["A1", "A", 10, "2020-01-02", "x"]))
    promise_id = desk.confirm(one)

    def busy(*_: object, **__: object) -> None:
        raise WrongState(N_("Too many operations."))

    monkeypatch.setattr(imports, "post", busy)
    outbox.attempt(promise_id)
    db.session.expire_all()
    assert db.session.get_one(Promise, promise_id).status == Status.WAITING and desk.counts == (0, 0, 0)


def test_a_large_file_is_read_by_the_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "SMALL", 1000)
    one, _ = desk.receive("a.xlsx", workbook(["A1", "A", 10, "2020-01-02", "x"]))
    assert one.state == ImportState.UPLOADED and one.promise_id
    outbox.attempt(one.promise_id)
    assert again(one).state == ImportState.CHECKED and again(one).rows == 1
    bad, _ = desk.receive("b.xlsx", b"PK" + bytes(5000))
    assert bad.promise_id
    outbox.attempt(bad.promise_id)
    assert again(bad).refused_rows == 1 and "damaged" in str(unpack_remark(again(bad).remarks[0]).text)


WORKER = """
import sys
from pathlib import Path
from uuid import UUID
from config.settings import Settings
from grants.app import create_app
from workflows import imports, outbox
database, redis, promise, instance = sys.argv[1:]
app = create_app(Settings(database_url=database, redis_url=redis, instance=Path(instance), secret_key="for tests"))
with app.app_context():
    outbox.attempt(UUID(promise))
"""


def waits_for(truth: Callable[[], bool], seconds: float = 40) -> bool:
    until = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_does_it_once(app: Flask, desk: Desk) -> None:
    one, _ = desk.receive("past-grants.xlsx", REAL.read_bytes())
    promise_id = desk.confirm(one)
    settings = app.extensions["settings"]
    words = [settings.database_url, settings.redis_url, str(promise_id), str(settings.instance)]
    worker = subprocess.Popen([sys.executable, "-c", WORKER, *words])

    def half_way() -> bool:
        db.session.rollback()
        done = db.session.scalar(select(Progress.done).where(Progress.promise_id == promise_id))
        return done is not None and 20 < done < 475

    assert waits_for(half_way) and worker.poll() is None
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert desk.counts == (0, 0, 0) and again(one).state == ImportState.QUEUED
    with transaction():
        promise = db.session.get_one(Promise, promise_id)
        promise.lease_until = promise.created_at
    outbox.attempt(UUID(str(promise_id)))
    assert again(one).state == ImportState.DONE and desk.counts == (475, 286, 980)
    assert desk.standing.engaged == AWARDED
