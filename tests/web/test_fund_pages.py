"""The pages of a fund: every figure leads to its lines, a day in the past, transfers, the close of a year, rates."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy import select

from grants.calls.credit_moves import CreditMove, CreditMoveState, End
from grants.calls.models import CallState
from grants.calls.transfers import envelope_of
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, Refused
from grants.core.types import Money
from grants.funds.models import ExchangeRate, FiscalYear, Uncommitted, YearState
from grants.ledger import journal
from grants.ledger.journal import Filter
from grants.ledger.queries import Figure, balances, by_call_and_commission
from grants.ledger.service import Kind, Stage, verify
from grants.people.models import Role
from tests.factories import PersonFactory, with_role
from tests.ledger.test_queries import counted
from tests.people.test_letters import letters
from tests.story import set_stage
from workflows import credit_move, fiscal_year, fund

PAGES = ["", "/journal", "/balances", "/forecast", "/moves", "/years", "/rates", "/proof", "/journal/1"]
MILLION = 100_000_000


@pytest.fixture
def stage(app):
    made = set_stage()
    made.others["manager"] = with_role(Role.FUND_MANAGER, fund=made.fund)
    made.others["auditor"] = with_role(Role.AUDITOR, fund=made.fund)
    db.session.commit()
    return made


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_in_three_languages(client, stage, page, language):
    client.login(stage.others["auditor"])
    answer = client.get(f"/finance/funds/{stage.fund.id}{page}", headers={"Accept-Language": language})
    assert answer.status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "/years/2020"])
def test_strangers_see_nothing(client, stage, page):
    client.login(PersonFactory())
    assert client.get(f"/finance/funds/{stage.fund.id}{page}").status_code in (403, 404)


def figures_of(page):
    """(address, text) of every figure that leads to the journal."""
    return [
        (unescape(href), re.sub(r"<[^>]+>|\s", "", text))
        for href, text in re.findall(r'href="(/finance/funds/[^"]+/journal\?[^"]*figure=[^"]*)">(.*?)</a>', page, re.S)
    ]


@pytest.mark.parametrize("page", ["", "/balances?level=commission", "/balances?level=call"])
def test_the_lines_behind_a_figure_add_up_to_it(client, stage, page):
    client.login(stage.others["auditor"])
    shown = figures_of(client.get(f"/finance/funds/{stage.fund.id}{page}").text)
    assert len(shown) > 5
    for address, text in shown:
        behind = client.get(address).text
        facts = behind.partition('<dl class="facts')[2].partition("</dd>")[0]
        total = re.sub(r"<[^>]+>|\s|\xa0|\u202f", "", facts.rpartition("<dd>")[2])
        digits = "".join(re.findall(r"[\d]+", text)) or "0"
        assert "".join(re.findall(r"\d+", total)).startswith(digits), (address, text, total)


def test_the_journal_keeps_what_its_filters_say(client, stage):
    client.login(stage.others["auditor"])
    url = f"/finance/funds/{stage.fund.id}/journal"
    assert client.get(url).text.count('data-head="From"') <= 3
    assert "No line here" in client.get(f"{url}?document=nowhere", headers={"Accept-Language": "en"}).text
    assert client.get(f"{url}?call=nonsense&kind=%22&since=x&page=-4").status_code == 200
    assert client.get(f"{url}/99").status_code == 404


def test_as_many_queries_for_a_line_as_for_fifty(client, stage):
    client.login(stage.others["auditor"])
    url = f"/finance/funds/{stage.fund.id}/journal"
    with counted() as few:
        client.get(url)
    for n in range(50):
        fund.open_credit(
            stage.fund,
            fund.Credit(Money(100, "MAD"), 2026, f"D-{n}", date(2026, 1, 5)),
            actor=stage.others["manager"],
        )
    with counted() as many:
        client.get(url)
    assert len(many) == len(few)


# --- donors ---------------------------------------------------------------------------------------------------


def test_credit_is_kept_by_donor_and_year(client, stage):
    manager = stage.others["manager"]
    for n in (1, 2):
        credit = fund.Credit(Money(100, "MAD"), 2026, f"D-{n}", date(2026, 1, 5), "World Fund", "CV-7")
        fund.open_credit(stage.fund, credit, actor=manager)
    db.session.commit()
    with pytest.raises(Refused, match="CV-7"):
        fund.open_credit(
            stage.fund,
            fund.Credit(Money(100, "MAD"), 2026, "D-3", date(2026, 1, 5), "Another", "cv-7"),
            actor=manager,
        )
    client.login(manager)
    page = client.get(f"/finance/funds/{stage.fund.id}/years").text
    assert page.count("World Fund") == 2


# --- transfers ------------------------------------------------------------------------------------------------


def proposed(stage, amount=MILLION, source=None, target=None):
    here = End(stage.call.id, stage.commission.id)
    return credit_move.propose(
        stage.fund,
        source or here,
        target or End(),
        Money(amount, "MAD"),
        "Too much there",
        actor=stage.others["manager"],
    )


def test_credit_goes_back_to_the_fund_once_the_committee_confirms(stage):
    move = proposed(stage)
    assert balances([stage.fund.id])[stage.fund.id].unallocated.minor == 0
    before = envelope_of(stage.call, stage.commission.id)
    credit_move.confirm(move, actor=stage.committee)
    assert move.state is CreditMoveState.CONFIRMED
    assert balances([stage.fund.id])[stage.fund.id].unallocated.minor == MILLION
    assert (before - envelope_of(stage.call, stage.commission.id)).minor == MILLION
    back = proposed(stage, MILLION // 2, End(), End(stage.call.id, stage.commission.id))
    credit_move.confirm(back, actor=stage.committee)
    own = proposed(stage, 1_000, End(), End(stage.call.id))
    credit_move.confirm(own, actor=stage.committee)
    down = proposed(stage, 1_000, End(stage.call.id), End(stage.call.id, stage.commission.id))
    credit_move.confirm(down, actor=stage.committee)
    free = by_call_and_commission(stage.fund.id)[stage.call.id, stage.commission.id][Stage.COMMISSION]
    assert free.minor == 2 * MILLION - MILLION // 2 + 1_000
    assert verify([stage.fund.id]).broken is None


def test_the_committee_is_written_to_and_the_manager_reads_its_answer(stage):
    stage.committee.locale = stage.others["manager"].locale = "en"
    move = proposed(stage)
    db.session.commit()
    written = [one for one in letters() if "waits for the committee" in one[1]]
    assert len(written) == 1 and stage.committee.email in written[0][0]
    assert "Too much there" not in written[0][2], "a linked member reads on the page what they may"
    credit_move.refuse(move, "Not now", actor=stage.committee)
    db.session.commit()
    assert not [one for one in letters() if "waits for the committee" in one[1]], "it waits no more"
    (told,) = [one for one in letters() if "the transfer is refused" in one[1]]
    assert stage.others["manager"].email in told[0] and "Not now" in told[2]


def test_who_proposes_does_not_confirm(stage):
    both = with_role(Role.COMMITTEE, cluster=stage.fund.cluster)
    move = proposed(stage)
    db.session.commit()
    for person in (stage.others["manager"], stage.officer):
        with pytest.raises(Forbidden):
            credit_move.confirm(move, actor=person)
    credit_move.refuse(move, "Not now", actor=both)
    assert (move.state, move.answer) == (CreditMoveState.REFUSED, "Not now")


@pytest.mark.parametrize("target", ["same", "archived"])
def test_ends_that_cannot_take(stage, target):
    here = End(stage.call.id, stage.commission.id)
    if target == "archived":
        stage.call.state = CallState.ARCHIVED
        db.session.commit()
    with pytest.raises(Refused):
        proposed(stage, source=here if target == "same" else End(), target=here)


def test_a_transfer_is_proposed_and_confirmed_on_its_page(client, stage):
    url = f"/finance/funds/{stage.fund.id}/moves"
    form = {
        "key": str(uuid4()),
        "source": f"{stage.call.id}/{stage.commission.id}",
        "target": "/",
        "amount": "1000",
        "reason": "Too much there",
    }
    client.login(stage.others["manager"])
    assert client.post(url, data={**form, "amount": "900000000"}).status_code == 200
    assert client.post(url, data=form).status_code == 303
    assert client.post(url, data=form).status_code == 303, "sent twice is proposed once"
    [move] = db.session.scalars(select(CreditMove)).all()
    assert client.post(f"{url}/{move.id}/confirm").status_code == 403
    client.login(stage.committee)
    assert client.post(f"{url}/{move.id}/confirm").status_code == 303
    assert client.post(f"{url}/{move.id}/refuse", data={"reason": "x"}).status_code == 409


# --- fiscal years ---------------------------------------------------------------------------------------------

LAST = now().year - 1


def opened(stage, amount=MILLION, year=LAST):
    fund.open_credit(
        stage.fund,
        fund.Credit(Money(amount, "MAD"), year, f"Y-{year}-{amount}", date(year, 6, 1)),
        actor=stage.others["manager"],
    )


@pytest.mark.parametrize("rule", Uncommitted)
def test_closing_a_year_lapses_or_carries(client, stage, rule):
    manager = stage.others["manager"]
    opened(stage)
    opened(stage, 5, now().year)
    fiscal_year.settle(stage.fund, LAST, rule, None, None, actor=manager)
    db.session.commit()
    client.login(manager)
    assert client.get(f"/finance/funds/{stage.fund.id}/years/{LAST}").status_code == 200
    assert client.post(f"/finance/funds/{stage.fund.id}/years/{LAST}/close").status_code == 303
    kept = db.session.scalars(select(FiscalYear)).one()
    standing = balances([stage.fund.id])[stage.fund.id]
    lapses = rule is Uncommitted.LAPSE
    assert kept.state is YearState.CLOSED
    assert standing[Stage.LAPSED].minor == (MILLION if lapses else 0)
    assert (kept.lapsed_minor, kept.carried_minor) == ((MILLION, 0) if lapses else (0, MILLION))
    db.session.commit()
    with pytest.raises(Refused, match="closed"):
        opened(stage, 7)
    if lapses:
        back = f"/finance/funds/{stage.fund.id}/recycle"
        assert client.post(back, data={"stage": "lapsed", "document": "REP-1"}).status_code == 303
        assert client.post(back, data={"stage": "lapsed", "document": "REP-2"}).status_code == 200
        assert balances([stage.fund.id])[stage.fund.id][Stage.AVAILABLE].minor == MILLION + 5
    assert verify([stage.fund.id]).broken is None


def test_years_close_in_order_and_once_over(stage):
    manager = stage.others["manager"]
    opened(stage, year=LAST - 1)
    db.session.commit()
    for year in (LAST, now().year):
        with pytest.raises(Refused):
            fiscal_year.close(stage.fund, year, actor=manager)
    fiscal_year.close(stage.fund, LAST - 1, actor=manager)
    fiscal_year.close(stage.fund, LAST, actor=manager)
    fiscal_year.close(stage.fund, LAST, actor=manager)


def test_nobody_commits_after_the_cut_off(stage):
    today = now().astimezone(stage.fund.cluster.zone).date()
    if today == date(today.year, 1, 1):
        return
    fiscal_year.settle(
        stage.fund, today.year, Uncommitted.CARRY, today - timedelta(days=1), None, actor=stage.others["manager"]
    )
    db.session.commit()
    with pytest.raises(Refused, match="ended"):
        fiscal_year.may_still_commit(stage.fund)
    fiscal_year.settle(stage.fund, today.year, Uncommitted.CARRY, today, None, actor=stage.others["manager"])
    fiscal_year.may_still_commit(stage.fund)


# --- rates ----------------------------------------------------------------------------------------------------


def test_rates_are_exact_and_for_information(client, stage):
    client.login(stage.others["manager"])
    url = f"/finance/funds/{stage.fund.id}/rates"
    form = {"base": "XOF", "on_date": "2026-01-05", "rate": "60.12345678", "source": "Central bank"}
    assert client.post(url, data=form).status_code == 303
    assert client.post(url, data=form).status_code == 303
    assert client.post(url, data={**form, "rate": "61"}).status_code == 200
    [kept] = db.session.scalars(select(ExchangeRate)).all()
    assert kept.rate == Decimal("60.12345678")
    assert kept.worth(Money(100, "MAD")) == Money(60, "XOF")
    with pytest.raises(ValueError, match="not MAD"):
        kept.worth(Money(100, "XOF"))


def test_a_line_and_its_reversal_both_show(stage, client):
    assert journal.lines(
        stage.fund.id, "MAD", Filter(figure=Figure.CREDIT, kind=Kind.ENDOW), stage.fund.cluster.zone
    ).sum == Money(2 * MILLION, "MAD")
