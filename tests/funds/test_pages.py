"""Opening a fund and credit through their pages, and who sees which fund."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from grants.core.db import db
from grants.funds import policy
from grants.funds.models import Appropriation, Fund
from grants.funds.queries import visible_to
from grants.ledger.queries import balances
from grants.people.models import Role
from tests.calls.ground import set_ground
from tests.factories import ClusterFactory, FundFactory, PersonFactory, with_role


@pytest.fixture
def cluster(app):
    return ClusterFactory()


def typed(**changes):
    return {
        "key": str(uuid4()),
        "code": "finc",
        "name": "Innovation fund",
        "currency_code": "MAD",
        "amount": "100 000 000",
        "fiscal_year": "2026",
        "document": "DEC-2026-01",
        "value_date": "2026-01-05",
        **changes,
    }


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_form_answers_in_three_languages(client, cluster, language):
    client.login(with_role(Role.FUND_MANAGER, cluster=cluster))
    page = client.get(f"/finance/clusters/{cluster.id}/funds/new", headers={"Accept-Language": language})
    assert page.status_code == 200


def test_a_fund_opens_with_its_first_credit_once(client, cluster):
    client.login(with_role(Role.FUND_MANAGER, cluster=cluster))
    url, form = f"/finance/clusters/{cluster.id}/funds/new", typed()
    first = client.post(url, data=form)
    again = client.post(url, data=form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    fund = db.session.scalars(select(Fund)).one()
    assert fund.code == "FINC"
    assert balances([fund.id])[fund.id].endowed.minor == 10_000_000_000


def test_the_amount_is_read_in_the_currency_chosen(client, cluster):
    client.login(with_role(Role.FUND_MANAGER, cluster=cluster))
    client.post(f"/finance/clusters/{cluster.id}/funds/new", data=typed(currency_code="XOF", amount="5 000"))
    fund = db.session.scalars(select(Fund)).one()
    assert (fund.currency, balances([fund.id])[fund.id].endowed.minor) == ("XOF", 5_000)


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", "1.500"), ("amount", "-5"), ("code", "a b"), ("fiscal_year", "soon"), ("value_date", "2026-02-30")],
)
def test_what_is_wrong_is_said_and_kept(client, cluster, field, value):
    client.login(with_role(Role.FUND_MANAGER, cluster=cluster))
    page = client.post(f"/finance/clusters/{cluster.id}/funds/new", data=typed(**{field: value}))
    assert page.status_code == 200
    assert f'value="{value}"' in page.text
    assert "errsum" in page.text
    assert db.session.scalar(select(func.count()).select_from(Fund)) == 0


def test_a_document_serves_once(client, app):
    ground = set_ground()
    url = f"/finance/funds/{ground.fund.id}/credit"
    client.login(ground.manager)
    page = client.post(url, data=typed(document="dec-1"))
    assert page.status_code == 200
    assert "already opened" in page.text
    assert client.post(url, data=typed(document="DEC-2")).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Appropriation)) == 2


def test_a_manager_of_one_fund_opens_no_other(client, app):
    fund = FundFactory()
    client.login(with_role(Role.FUND_MANAGER, fund=fund))
    assert client.get(f"/finance/clusters/{fund.cluster_id}/funds/new").status_code == 404


def test_policy_and_query_agree(app):
    funds = [FundFactory(), FundFactory()]
    people = [
        PersonFactory(),
        with_role(Role.AUDITOR, fund=funds[0]),
        with_role(Role.OFFICER, cluster=funds[1].cluster),
    ]
    for person in people:
        listed = set(db.session.scalars(visible_to(person)))
        assert listed == {one for one in funds if policy.view.allows(person, one)}


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_costs_the_same_however_long(client, cluster, queries, rows):
    FundFactory.create_batch(rows, cluster=cluster)
    client.login(with_role(Role.AUDITOR, cluster=cluster))
    client.get("/finance/funds")
    with queries() as seen:
        page = client.get("/finance/funds")
    assert page.status_code == 200
    assert len(seen) <= 8, seen
