"""Questions about calls: what everybody reads, what their authors and the fund see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from grants.calls.models import Call, CallQuestion, QuestionState
from grants.calls.queries import published
from grants.core.db import db
from grants.funds.models import Fund
from grants.funds.policy import READERS
from grants.people.models import Person, Role
from grants.people.scope import covered


def visible_to(user: Person) -> Select[CallQuestion]:
    """The SQL twin of question_policy.view_question; a test holds the two together."""
    seen = and_(CallQuestion.state == QuestionState.ANSWERED, published())
    if user.is_authenticated:
        followed = covered(user, *READERS, cluster=Fund.cluster_id, fund=Fund.id)
        seen = or_(seen, CallQuestion.asker_id == user.id, followed)
    return select(CallQuestion).join(CallQuestion.call).join(Call.fund).where(seen)


@dataclass(frozen=True)
class Exchange:
    """What the public page of a call shows: answered questions, oldest first, and the reader's own others."""

    answered: Sequence[CallQuestion]
    own: Sequence[CallQuestion]

    @property
    def changed_at(self) -> datetime | None:
        """When an answer was last given or corrected."""
        return max((one.corrected_at or one.answered_at for one in self.answered if one.answered_at), default=None)


def exchange(user: Person, call: Call) -> Exchange:
    """One query."""
    found = visible_to(user).where(CallQuestion.call_id == call.id)
    rows = db.session.scalars(found.order_by(CallQuestion.answered_at, CallQuestion.created_at, CallQuestion.id)).all()
    mine = user.id if user.is_authenticated else None
    return Exchange(
        [one for one in rows if one.state == QuestionState.ANSWERED],
        [one for one in rows if one.state != QuestionState.ANSWERED and one.asker_id == mine],
    )


def of_call(user: Person, call: Call) -> Sequence[CallQuestion]:
    """Everything the person sees of a call's questions, oldest first; one query."""
    found = visible_to(user).where(CallQuestion.call_id == call.id)
    return db.session.scalars(found.order_by(CallQuestion.created_at, CallQuestion.id)).all()


def question(user: Person, id: UUID) -> CallQuestion:
    """One visible question with its call, fund and cluster; raises NoResultFound."""
    found = visible_to(user).where(CallQuestion.id == id).join(Fund.cluster)
    whole = contains_eager(CallQuestion.call).contains_eager(Call.fund).contains_eager(Fund.cluster)
    return db.session.scalars(found.options(whole)).one()


def waiting(user: Person) -> dict[UUID, int]:
    """How many questions wait for an answer, by call, in the funds the person is a programme officer of."""
    theirs = covered(user, Role.OFFICER, cluster=Fund.cluster_id, fund=Fund.id)
    counted = visible_to(user).where(CallQuestion.state == QuestionState.WAITING, theirs)
    rows = counted.with_only_columns(CallQuestion.call_id, func.count()).group_by(CallQuestion.call_id)
    return {call_id: n for call_id, n in db.session.execute(rows)}  # noqa: C416 - a Row is a tuple only at run time


def waiting_of(asker: Person, call: Call) -> int:
    """How many of this person's questions on the call wait for an answer."""
    mine = select(func.count()).where(
        CallQuestion.call_id == call.id, CallQuestion.asker_id == asker.id, CallQuestion.state == QuestionState.WAITING
    )
    return db.session.scalar(mine) or 0


def asked_since(asker: Person, moment: datetime) -> int:
    """How many questions this person has asked since, on any call."""
    mine = select(func.count()).where(CallQuestion.asker_id == asker.id, CallQuestion.created_at > moment)
    return db.session.scalar(mine) or 0
