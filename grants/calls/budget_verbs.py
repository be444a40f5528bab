"""Changing what a draft call asks of a budget."""

from grants.calls import policy
from grants.calls.budget_rules import BudgetRules
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.db import expect, lock, transaction
from grants.core.errors import Refused
from grants.people.models import Person


def keep_budget(call: Call, rules: BudgetRules, version: int | None, *, actor: Person) -> None:
    """Raises Refused when they make no sense, Forbidden once the call is no draft, LostUpdate when somebody wrote."""
    with transaction():
        if problems := rules.problems():
            raise Refused(problems[0])
        lock(call, "state", "budget")
        policy.edit.require(actor, call)
        expect(call, version)
        call.budget = rules.as_json()
        record("call.budget_kept", call, actor, after={"budget": rules.as_json()})
