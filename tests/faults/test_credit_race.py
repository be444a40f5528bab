"""Credit in several hands at once: a year closes once and whole, a transfer moves once, what lapsed returns once."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.calls.credit_moves import CreditMove, CreditMoveState, End
from grants.calls.credit_moves import move as one_move
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.funds import queries
from grants.funds.models import Appropriation, FiscalYear, Fund, Uncommitted, YearState
from grants.ledger.queries import Standing, balances
from grants.ledger.service import Stage, verify
from grants.people.models import Person, Role
from tests.factories import with_role
from tests.faults.test_members_race import race
from tests.story import Stage as Story
from tests.story import set_stage
from workflows import credit_move, fiscal_year
from workflows import fund as funds

MILLION = 100_000_000
LAST = now().year - 1


@pytest.fixture
def stage(own_app: Flask) -> Story:
    made = set_stage()
    made.others["manager"] = with_role(Role.FUND_MANAGER, fund=made.fund)
    made.others["second"] = with_role(Role.FUND_MANAGER, fund=made.fund)
    made.others["member"] = with_role(Role.COMMITTEE, fund=made.fund)
    db.session.commit()
    return made


def by(stage: Story, key: str, act: Callable[[Fund, Person], object]) -> Callable[[], object]:
    """What this person does with the fund, on a connection of their own."""
    person_id, fund_id = stage.others[key].id, stage.fund.id

    def run() -> object:
        person = db.session.get_one(Person, person_id)
        return act(queries.fund(person, fund_id), person)

    return run


def endow(document: str, amount: int) -> Callable[[Fund, Person], object]:
    credit = funds.Credit(Money(amount, "MAD"), LAST, document, date(LAST, 6, 1))
    return lambda fund, person: funds.open_credit(fund, credit, actor=person)


def close(fund: Fund, person: Person) -> object:
    return fiscal_year.close(fund, LAST, actor=person)


def recycle(document: str) -> Callable[[Fund, Person], object]:
    return lambda fund, person: fiscal_year.recycle(fund, Stage.LAPSED, document, actor=person)


def ends_with(stage: Story, rule: Uncommitted) -> None:
    """Last year holds a million that nobody reserved, and ends by this rule."""
    endow("Y-0", MILLION)(stage.fund, stage.others["manager"])
    fiscal_year.settle(stage.fund, LAST, rule, None, None, actor=stage.others["manager"])
    db.session.commit()


def standing(fund_id: UUID) -> Standing:
    """Where the money stands, once everybody is done; the chain holds."""
    db.session.rollback()
    assert verify([fund_id]).broken is None
    return balances([fund_id])[fund_id]


def test_a_year_closes_against_postings(own_app: Flask, stage: Story) -> None:
    """Each posting is before the close, and lapses with it, or after, and is refused: none stays between."""
    fund_id = stage.fund.id
    ends_with(stage, Uncommitted.LAPSE)
    acts = [by(stage, "second", endow(f"Y-{n}", 1_000)) for n in range(1, 6)]
    ended = race(own_app, [*acts[:3], by(stage, "manager", close), *acts[3:]])
    assert set(ended) <= {"done", "Refused"} and ended.total() == 6
    found = standing(fund_id)
    year = db.session.scalars(select(FiscalYear)).one()
    entered = db.session.scalar(
        select(func.count()).select_from(Appropriation).where(
            Appropriation.fund_id == fund_id, Appropriation.fiscal_year == LAST
        )
    )  # fmt: skip
    accepted = ended["done"] - 1
    assert (year.state, entered) == (YearState.CLOSED, accepted + 1)
    assert found[Stage.LAPSED].minor == year.lapsed_minor == MILLION + 1_000 * accepted
    assert found[Stage.AVAILABLE].minor == 0


@pytest.mark.parametrize("rule", Uncommitted)
def test_a_year_is_closed_twice_at_once(own_app: Flask, stage: Story, rule: Uncommitted) -> None:
    fund_id = stage.fund.id
    ends_with(stage, rule)
    assert race(own_app, [by(stage, key, close) for key in ("manager", "second") * 2]) == {"done": 4}
    found = standing(fund_id)
    year = db.session.scalars(select(FiscalYear)).one()
    lapsed = MILLION if rule is Uncommitted.LAPSE else 0
    assert (year.lapsed_minor, year.carried_minor) == (lapsed, MILLION - lapsed)
    assert (found[Stage.LAPSED].minor, found[Stage.AVAILABLE].minor) == (lapsed, MILLION - lapsed)


def test_what_lapsed_returns_once(own_app: Flask, stage: Story) -> None:
    fund_id = stage.fund.id
    ends_with(stage, Uncommitted.LAPSE)
    close(stage.fund, stage.others["manager"])
    db.session.commit()
    acts = [by(stage, key, recycle(f"REP-{key}")) for key in ("manager", "second")]
    assert race(own_app, acts) == {"done": 1, "Refused": 1}
    found = standing(fund_id)
    assert (found[Stage.LAPSED].minor, found[Stage.AVAILABLE].minor) == (0, MILLION)


def test_two_members_confirm_one_transfer(own_app: Flask, stage: Story) -> None:
    stage.others["committee"] = stage.committee
    fund_id = stage.fund.id
    source = End(stage.call.id, stage.commission.id)
    made = credit_move.propose(
        stage.fund, source, End(), Money(MILLION, "MAD"), "Too much there", actor=stage.others["manager"]
    )
    move_id = made.id
    db.session.commit()

    def confirm(fund: Fund, person: Person) -> None:
        credit_move.confirm(one_move(person, fund.id, move_id), actor=person)

    ended = race(own_app, [by(stage, key, confirm) for key in ("committee", "member") * 2])
    assert ended["done"] >= 1 and set(ended) <= {"done", "WrongState"}
    found = standing(fund_id)
    assert found[Stage.AVAILABLE].minor == MILLION
    assert db.session.get_one(CreditMove, move_id).state is CreditMoveState.CONFIRMED
