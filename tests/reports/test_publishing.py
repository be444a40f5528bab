"""Open data: what is published of a fund's awards, in the 360Giving standard, and what never is."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from sqlalchemy import update

from grants.awards import queries as awards
from grants.awards.models import Agreement, AgreementState, Award
from grants.calls.models import CallState
from grants.core.db import db, transaction
from grants.core.errors import Forbidden
from grants.core.i18n import Reader
from grants.messages.models import Promise, Status
from grants.people.models import Role
from grants.reports.publishing import queries, threesixty
from grants.reports.publishing.models import Licence, Publication
from tests.awards.committee import ground
from tests.factories import with_role
from workflows import decision, publishing
from workflows.outbox import JOBS, Due, Gone

SCHEMAS = Path(__file__).parent / "360giving"
PREFIX = "360G-MNC"


def standard() -> jsonschema.Draft202012Validator:
    package, grant = (
        json.loads((SCHEMAS / f"360-giving-{name}.json").read_text()) for name in ("package-schema", "schema")
    )
    address = package["properties"]["grants"]["items"]["$ref"]
    registry = Registry().with_resource(address, DRAFT202012.create_resource(grant))
    return jsonschema.Draft202012Validator(
        package, registry=registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.fixture
def case(app):
    """Two awards of a call whose results are not out: A and D."""
    made = ground()
    for name in ("A", "D"):
        decision.fund(awards.decision(made.member, made.rows[name]), actor=made.member)
    db.session.commit()
    return made


@pytest.fixture
def manager(case):
    person = with_role(Role.FUND_MANAGER, fund=case.stage.fund)
    db.session.commit()
    return person


def results_out(case) -> None:
    case.stage.call.state = CallState.DECIDED
    db.session.commit()


def made(one: Publication) -> Publication:
    """Run the job that writes the files, as the worker does."""
    asked = db.session.query(Promise).filter_by(kind="publish_awards", subject_id=one.id, status=Status.WAITING).first()
    due = Due(asked.id, asked.kind, one.id, None, asked.slot, {}, asked.due_at, 1, asked.id)
    with transaction():
        JOBS["publish_awards"].body(due)
        db.session.delete(asked)
    return db.session.get_one(Publication, one.id)


def publish(case, manager, licence=Licence.CC_BY) -> Publication:
    one = publishing.publish(case.stage.fund, PREFIX, licence, actor=manager)
    db.session.commit()
    return made(one)


def package(client, case) -> dict:
    answer = client.get(f"/open-data/{case.stage.fund.code}/grants.json")
    assert answer.status_code == 200
    return json.loads(answer.data)


def test_the_package_is_valid_against_the_standard(client, case, manager):
    results_out(case)
    publish(case, manager)
    found = package(client, case)
    assert list(standard().iter_errors(found)) == []
    assert found["license"] == Licence.CC_BY.url
    assert {one["id"] for one in found["grants"]} == {
        f"{PREFIX}-{award.number}" for award in db.session.query(Award).filter_by(call_id=case.call_id)
    }
    assert {one["amountAwarded"] for one in found["grants"]} == {600_000}
    assert {one["amountDisbursed"] for one in found["grants"]} == {0}


def test_the_validator_would_find_a_fault(client, case, manager):
    results_out(case)
    publish(case, manager)
    found = package(client, case)
    found["grants"][0]["awardDate"] = "yesterday"
    del found["grants"][1]["title"]
    assert len(list(standard().iter_errors(found))) == 2


def test_the_table_says_the_same(client, case, manager):
    results_out(case)
    publish(case, manager)
    answer = client.get(f"/open-data/{case.stage.fund.code}/grants.csv")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    grants = package(client, case)["grants"]
    assert [row["Identifier"] for row in rows] == [one["id"] for one in grants]
    assert [row["Recipient Org:Name"] for row in rows] == [one["recipientOrganization"][0]["name"] for one in grants]


def test_a_title_never_becomes_a_formula(case, manager):
    results_out(case)
    award = db.session.query(Award).filter_by(call_id=case.call_id).first()
    award.title = "=HYPERLINK(1)"
    db.session.flush()
    one = publish(case, manager)
    grants = [threesixty.grant(one, *found, Reader("fr")) for found in queries.public_awards(case.stage.fund.id)]
    assert "=HYPERLINK" in str(grants)
    cells = [cell for row in csv.reader(io.StringIO(threesixty.table(grants).decode("utf-8-sig"))) for cell in row]
    assert "'=HYPERLINK(1)" in cells and "=HYPERLINK(1)" not in cells


def test_nothing_is_published_before_the_results_are_out(client, case, manager):
    one = publish(case, manager)
    assert (one.grants, one.json_sha256) == (0, None)
    assert client.get(f"/open-data/{case.stage.fund.code}/grants.json").status_code == 404
    assert client.get("/open-data").status_code == 200


def test_an_agreement_in_force_is_public_before_the_other_results(case, manager):
    award = db.session.query(Award).filter_by(call_id=case.call_id).first()
    agreement = db.session.query(Agreement).filter_by(award_id=award.id).one()
    db.session.execute(
        update(Agreement)
        .where(Agreement.id == agreement.id)
        .values(state=AgreementState.ACTIVE, visa_by_id=case.other.id, starts_on=award.awarded_on)
    )
    db.session.commit()
    assert [found.id for found, _ in queries.public_awards(case.stage.fund.id)] == [award.id]


def test_a_grant_given_up_unpaid_is_left_out(case, manager):
    results_out(case)
    award = db.session.query(Award).filter_by(call_id=case.call_id).first()
    agreement = db.session.query(Agreement).filter_by(award_id=award.id).one()
    agreement.state = AgreementState.TERMINATED
    db.session.commit()
    assert award.id not in {found.id for found, _ in queries.public_awards(case.stage.fund.id)}


def test_what_is_withdrawn_is_gone_and_its_job_with_it(client, case, manager):
    results_out(case)
    one = publish(case, manager)
    publishing.withdraw_publication(case.stage.fund, actor=manager)
    db.session.commit()
    assert client.get(f"/open-data/{case.stage.fund.code}/grants.json").status_code == 404
    due = Due(one.id, "publish_awards", one.id, None, "late", {}, one.created_at, 1, one.id)
    with pytest.raises(Gone):
        JOBS["publish_awards"].body(due)


def test_the_files_are_made_anew_each_day_and_when_the_licence_changes(client, case, manager):
    results_out(case)
    one = publish(case, manager)
    first = one.json_sha256
    publishing.refresh_publications()
    assert db.session.query(Promise).filter_by(subject_id=one.id, status=Status.WAITING).count() == 0
    one = publish(case, manager, Licence.ODC_BY)
    assert one.json_sha256 != first
    assert package(client, case)["license"] == Licence.ODC_BY.url
    one.made_at -= publishing.FRESH
    db.session.commit()
    publishing.refresh_publications()
    assert db.session.query(Promise).filter_by(subject_id=one.id, status=Status.WAITING).count() == 1


def test_only_the_fund_manager_publishes(case):
    with pytest.raises(Forbidden):
        publishing.publish(case.stage.fund, PREFIX, Licence.CC_BY, actor=case.member)


def test_the_page_keeps_what_was_typed_and_says_what_a_prefix_is(client, case, manager):
    client.login(manager)
    address = f"/finance/funds/{case.stage.fund.id}/open-data"
    answer = client.post(address, data={"prefix": "mnc", "licence": "cc0-1.0"}, headers={"Accept-Language": "en"})
    assert answer.status_code in {200, 400, 422}
    assert "360G-MNC" in answer.text and 'value="mnc"' in answer.text
    answer = client.post(address, data={"prefix": PREFIX, "licence": "cc0-1.0"})
    assert answer.status_code == 303
    assert queries.of_fund(case.stage.fund.id).licence == Licence.CC_ZERO


def test_the_export_costs_the_same_at_one_award_and_at_two(case, manager, request):
    """Two statements: the awards whole, and what stands of them in the ledger."""
    results_out(case)
    fund_id = case.stage.fund.id
    count = request.getfixturevalue("queries")
    db.session.expire_all()
    with count() as statements:
        assert len(list(queries.public_awards(fund_id))) == 2
    assert len(statements) == 2
