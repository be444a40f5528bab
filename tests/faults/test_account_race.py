"""Two accountants at once on one bank account: one decision, and never two verified accounts of one number."""

from collections.abc import Callable

from flask import Flask

from grants.core.db import db
from grants.people.models import Person, Role
from grants.profiles import queries
from grants.profiles.models import AccountState, BankAccount
from tests.factories import with_role
from tests.faults.test_members_race import race
from tests.profiles.ground import OTHER_RIB, RIB, give, scene
from workflows import bank_account as workflow


def test_verified_and_refused_at_once(own_app: Flask) -> None:
    at = scene()
    second = with_role(Role.ACCOUNTANT, fund=at.call.fund)
    first = give(at)
    workflow.verify(queries.account_to_verify(at.accountant, first.id), actor=at.accountant)
    newer = give(at, OTHER_RIB, queries.account(at.owner, first.id))
    first_id, newer_id, organisation_id = first.id, newer.id, at.organisation.id
    accountants = [at.accountant.id, second.id]
    db.session.commit()

    def act(who: int, refuse: bool) -> Callable[[], object]:
        def run() -> None:
            actor = db.session.get_one(Person, accountants[who])
            account = queries.account_to_verify(actor, newer_id)
            if refuse:
                workflow.refuse(account, "No", actor=actor)
            else:
                workflow.verify(account, actor=actor)

        return run

    assert race(own_app, [act(0, False), act(1, True), act(1, False)])["done"] == 1
    db.session.rollback()
    states = [db.session.get_one(BankAccount, one).state for one in (first_id, newer_id)]
    assert states in (
        [AccountState.REPLACED, AccountState.VERIFIED],
        [AccountState.VERIFIED, AccountState.REFUSED],
    )
    assert len(queries.verified_accounts([organisation_id])) == 1


def test_given_twice_at_once(own_app: Flask) -> None:
    at = scene()
    owner_id, organisation_id = at.owner.id, at.organisation.id

    def run() -> None:
        owner = db.session.get_one(Person, owner_id)
        give(at._replace(owner=owner, organisation=queries.db.session.get_one(type(at.organisation), organisation_id)))

    assert race(own_app, [run] * 4) == {"done": 4}
    db.session.rollback()
    [kept] = queries.accounts(db.session.get_one(type(at.organisation), organisation_id))
    assert kept.ending == RIB[-4:]
