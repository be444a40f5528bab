"""Changing the eligibility rules of a draft call. Every change is a change of the call: its version counts."""

from collections.abc import Sequence

from sqlalchemy.orm.attributes import flag_modified

from grants.calls import policy
from grants.calls.eligibility import Rule, RuleKind
from grants.calls.models import Call, EligibilityRule
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.people.models import Person


def keep_rule(call: Call, rule: Rule, blocks: bool, version: int | None, *, actor: Person) -> None:
    """Add it, or put it in the place of the one of its kind.

    Raises Refused when it makes no sense, Forbidden once the call is no draft, LostUpdate when somebody wrote
    meanwhile.
    """
    with transaction():
        if problems := rule.problems():
            raise Refused(next(iter(problems.values())))
        opened(call, version, actor)
        known = next((one for one in call.rules if one.kind == rule.kind), None)
        if known is None:
            position = 1 + max((one.position for one in call.rules), default=0)
            call.rules.append(
                EligibilityRule(kind=rule.kind, position=position, parameters=rule.as_json(), blocks=blocks)
            )
        else:
            known.parameters, known.blocks = rule.as_json(), blocks
        noted(call, actor, "call.rule_kept", kind=rule.kind, parameters=rule.as_json(), blocks=blocks)


def remove_rule(call: Call, kind: RuleKind, version: int | None, *, actor: Person) -> None:
    """Removing what is not there changes nothing."""
    with transaction():
        opened(call, version, actor)
        known = next((one for one in call.rules if one.kind == kind), None)
        if known is not None:
            call.rules.remove(known)
            noted(call, actor, "call.rule_removed", kind=kind)


def move_rule(call: Call, kind: RuleKind, up: bool, version: int | None, *, actor: Person) -> None:
    """One place up or down; at the end of the list it stays."""
    with transaction():
        opened(call, version, actor)
        order = sorted(call.rules, key=lambda one: one.position)
        here = next((n for n, one in enumerate(order) if one.kind == kind), None)
        there = None if here is None else here - 1 if up else here + 1
        if here is None or there is None or not 0 <= there < len(order):
            return
        order[here].position, order[there].position = order[there].position, order[here].position
        noted(call, actor, "call.rules_ordered", kind=kind)


def begin_with(call: Call, rules: Sequence[tuple[Rule, bool]]) -> None:
    """In a running transaction: the rules a new draft starts from."""
    call.rules = [
        EligibilityRule(kind=rule.kind, position=n, parameters=rule.as_json(), blocks=blocks)
        for n, (rule, blocks) in enumerate(rules, 1)
    ]


def opened(call: Call, version: int | None, actor: Person) -> None:
    """In a transaction: take a draft to be changed. Raises Forbidden, LostUpdate."""
    lock(call, "state")
    policy.edit.require(actor, call)
    expect(call, version)


def noted(call: Call, actor: Person, name: str, /, **after: object) -> None:
    """Append the event and move the version of the call on: what belongs to it in rows of their own changed."""
    flag_modified(call, "instalments")
    db.session.flush()
    record(name, call, actor, after=dict(after))
