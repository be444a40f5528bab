"""Two people act on one agreement at the same moment: one signature for an organisation, one effect of an amendment."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.awards import queries
from grants.awards.models import Signature
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.queries import balances, by_grant
from grants.ledger.service import verify
from grants.people.models import Person, Role
from tests.awards.test_agreements import terms_of, to_sign
from tests.awards.test_award_story import active
from tests.factories import MembershipFactory, with_role
from tests.faults.test_members_race import race
from tests.story import set_stage
from workflows import amendment as amendments
from workflows import award as workflow
from workflows import closeout


def test_two_owners_sign_at_once(own_app: Flask) -> None:
    stage = set_stage()
    agreement, _ = to_sign(stage)
    found = queries.agreement(stage.officer, agreement.id)
    other = MembershipFactory(organisation=found.award.organisation).person_id
    people, id = [stage.owner().id, other], agreement.id
    db.session.commit()

    def signing(who: Any) -> Any:
        def sign() -> None:
            person = db.session.get_one(Person, who)
            workflow.sign(queries.agreement(person, id), actor=person)

        return sign

    assert race(own_app, [signing(one) for one in people]) == {"done": 1, "WrongState": 1}
    db.session.rollback()
    assert db.session.scalar(select(func.count(Signature.id))) == 1


@pytest.mark.parametrize("closing", [False, True])
def test_an_amendment_takes_effect_once(own_app: Flask, closing: bool) -> None:
    """By two accountants, or while the authorising officer terminates: the credit is committed once or not at all."""
    stage = set_stage()
    award = active(stage)
    agreement, owner = award.agreement, stage.owner()
    after = terms_of(stage, agreement, amount=Money(63_000_000, "MAD"), last=Money(15_000_000, "MAD"))
    made = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Plus.", actor=owner)
    found = queries.amendment(stage.officer, made.id)
    amendments.assess_amendment(found, after, "Oui.", found.version, actor=stage.officer)
    amendments.approve_amendment(queries.amendment(stage.authorising, made.id), actor=stage.authorising)
    amendments.sign_amendment(queries.amendment(stage.owner(), made.id), actor=stage.owner())
    second = with_role(Role.ACCOUNTANT, fund=stage.fund).id
    ids, amendment, id = (stage.accountant.id, stage.authorising.id), made.id, agreement.id
    fund, grant = stage.fund.id, award.id
    db.session.commit()

    def effective(who: Any) -> Any:
        def make() -> None:
            person = db.session.get_one(Person, who)
            amendments.make_effective(queries.amendment(person, amendment), actor=person)

        return make

    def terminate() -> None:
        person = db.session.get_one(Person, ids[1])
        closeout.terminate(queries.agreement(person, id), "Fraude.", actor=person)

    ended = race(own_app, [effective(ids[0]), terminate if closing else effective(second)])
    db.session.rollback()
    engaged, free = by_grant(fund)[grant].engaged, balances([fund])[fund].free
    if closing:
        assert ended["done"] >= 1 and engaged == Money(0, "MAD")
    else:
        assert ended == {"done": 1, "WrongState": 1} and engaged == Money(63_000_000, "MAD")
    assert engaged + free == Money(200_000_000, "MAD")
    assert verify([fund]).broken is None
