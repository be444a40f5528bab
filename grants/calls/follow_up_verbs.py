"""Changing how the grants of a draft call will be followed."""

from grants.calls import policy
from grants.calls.follow_up import FollowUp
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.db import expect, lock, transaction
from grants.core.errors import Refused
from grants.people.models import Person


def keep_follow_up(call: Call, rules: FollowUp, version: int | None, *, actor: Person) -> None:
    """Raises Refused when they make no sense, Forbidden once the call is no draft, LostUpdate when somebody wrote."""
    with transaction():
        if problems := rules.problems(len(call.instalments)):
            raise Refused(problems[0])
        lock(call, "state", "follow_up")
        policy.edit.require(actor, call)
        expect(call, version)
        call.follow_up = rules.as_json()
        record("call.follow_up_kept", call, actor, after={"follow_up": rules.as_json()})
