"""The demo's fund as its manager keeps it: the rules of the year, a rate, a transfer that waits for the committee."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from grants.calls.credit_moves import End
from grants.calls.models import Call, CallState
from grants.cli.demo_people import MAD, days_ago, met
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.funds import queries as funds
from grants.funds.models import Uncommitted
from workflows import credit_move, fiscal_year, fund

REASON = "Trois candidatures de plus que prévu sont annoncées : l’enveloppe de l’appel est à compléter."


def keep_credit(who: dict[str, Any], fund_id: Any) -> None:
    with days_ago(3):
        year = now().year
        manager = met(who["manager"])
        main = funds.fund(manager, fund_id)
        fiscal_year.settle(main, year, Uncommitted.CARRY, date(year, 12, 31), None, actor=manager)
        today, source = now().date(), "Exemple, à remplacer par le cours de votre banque centrale"
        manager = met(who["manager"])
        fund.record_rate(funds.fund(manager, fund_id), "EUR", today, Decimal("0.0924"), source, actor=manager)
        manager = met(who["manager"])
        opened = select(Call.id).where(Call.fund_id == fund_id, Call.state == CallState.OPEN).order_by(Call.created_at)
        call_id = db.session.scalars(opened.limit(1)).one()
        target, amount = End(call_id), Money.of(1_000_000, MAD)
        credit_move.propose(funds.fund(manager, fund_id), End(), target, amount, REASON, actor=manager)
