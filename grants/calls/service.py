"""Drafting a call. Moves are in workflows/call.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from grants.calls import policy
from grants.calls.blindness import align
from grants.calls.copies import begin_like
from grants.calls.eligibility import Rule
from grants.calls.models import (
    APPEAL_DAYS,
    Blindness,
    Call,
    Criterion,
    Envelope,
    Feedback,
    Instrument,
    Questionnaire,
)
from grants.calls.questionnaire import Outline
from grants.calls.rule_verbs import begin_with
from grants.clusters.models import Commission
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text, Words
from grants.core.types import Money, new_id
from grants.funds.models import Fund
from grants.people.models import Person

MOST_KEPT_BACK = 5_000  # half of a payment, in hundredths of a percent


@dataclass(frozen=True)
class CriterionDraft:
    """One line of the rubric. `weight` is a percentage."""

    label: Words
    guidance: Words
    weight: int


@dataclass(frozen=True)
class CallDraft:
    """What the designer's form holds: `funding_rate` and `retention` in hundredths of a percent, `instalments` in
    percent."""

    code: str
    title: Words
    summary: Words
    opens_at: datetime
    closes_at: datetime
    reviews_due_at: datetime
    ceiling: Money
    funding_rate: int
    instalments: Sequence[int]
    reviewers_per_application: int
    envelopes: Mapping[UUID, Money]
    criteria: Sequence[CriterionDraft]
    questions_until: datetime | None = None
    appeal_days: int = APPEAL_DAYS
    feedback: Feedback = Feedback.CRITERIA
    blindness: Blindness = Blindness.SINGLE
    instrument: Instrument = Instrument.GRANT
    prefinancing: bool = True
    retention: int = 0


def problems_with(draft: CallDraft) -> list[tuple[str, Text]]:
    """What keeps the draft from being kept: (field, or envelopes or criteria as a whole; sentence)."""
    found: list[tuple[str, Text]] = []
    if draft.closes_at <= draft.opens_at:
        found.append(("closes_at", N_("The call must close after it opens.")))
    if draft.reviews_due_at <= draft.closes_at:
        found.append(("reviews_due_at", N_("Reviews must be due after the call closes.")))
    if draft.questions_until and draft.questions_until > draft.closes_at:
        found.append(("questions_until", N_("Questions must end when the call closes, or before.")))
    if not draft.envelopes:
        found.append(("envelopes", N_("Give an envelope to at least one commission.")))
    if any(one < 1 for one in draft.instalments) or sum(draft.instalments) != 100:
        found.append(
            ("instalments", N_("The instalments must add up to 100; yours add up to %(n)s.", n=sum(draft.instalments)))
        )
    if not 0 <= draft.retention <= MOST_KEPT_BACK:
        found.append(("retention", N_("At most half of a payment is kept back.")))
    total = sum(one.weight for one in draft.criteria)
    if not draft.criteria:
        found.append(("criteria", N_("Give the rubric at least one criterion.")))
    elif total != 100:
        found.append(("criteria", N_("The weights must add up to 100; yours add up to %(n)s.", n=total)))
    return found


def code_taken(code: str) -> Text:
    return N_("This fund already has a call with the code “%(code)s”.", code=code)


def draft_call(
    fund: Fund,
    draft: CallDraft,
    *,
    actor: Person,
    id: UUID | None = None,
    rules: Sequence[tuple[Rule, bool]] = (),
    asks: Outline | None = None,
    like: Call | None = None,
) -> Call:
    """A new draft, with eligibility rules (each with whether it blocks) and questions to start from; or with all that
    an earlier call asks, `like` it.

    Raises Refused when the fund has a call of that code. The same `id` again is the same draft.
    """
    with transaction():
        policy.draft.require(actor, fund)
        lock(fund)
        if id and (made := db.session.scalars(select(Call).where(Call.id == id, Call.fund_id == fund.id)).first()):
            return made
        call = Call(id=id or new_id(), fund_id=fund.id, currency=fund.currency, envelopes=[], criteria=[])
        _write(call, fund, draft)
        begin_with(call, rules)
        if like is not None:
            asks = begin_like(call, like)
            align(call)
        db.session.add(call)
        db.session.flush()
        if asks:
            db.session.add(Questionnaire(call_id=call.id, number=1, definition=asks.json(), change=Words()))
        record("call.drafted", call, actor, after={"code": call.code, **({"like": str(like.id)} if like else {})})
        return call


def revise(call: Call, draft: CallDraft, version: int | None, *, actor: Person) -> None:
    """Change a draft. Raises Forbidden once it is no draft any more, LostUpdate when somebody wrote meanwhile."""
    with transaction():
        lock(call, "state")
        policy.edit.require(actor, call)
        expect(call, version)
        _write(call, call.fund, draft)
        align(call)
        flag_modified(call, "instalments")  # a change of the rubric alone is a change of the call: its version counts
        record("call.revised", call, actor)


def _write(call: Call, fund: Fund, draft: CallDraft) -> None:
    taken = select(Call.id).where(Call.fund_id == fund.id, Call.code == draft.code)
    if db.session.scalar(taken.where(Call.id != call.id)):
        raise Refused(code_taken(draft.code))
    if problems := problems_with(draft):
        raise Refused(problems[0][1])
    own = db.session.scalars(select(Commission.id).where(Commission.cluster_id == fund.cluster_id))
    if draft.envelopes.keys() - set(own):
        raise Refused(N_("An envelope goes to a commission of the fund’s own cluster."))
    call.code, call.title, call.summary = draft.code, draft.title, draft.summary
    call.opens_at, call.closes_at, call.reviews_due_at = draft.opens_at, draft.closes_at, draft.reviews_due_at
    call.questions_until = draft.questions_until
    call.appeal_days, call.feedback, call.blindness = draft.appeal_days, draft.feedback, draft.blindness
    call.ceiling, call.funding_rate = draft.ceiling, draft.funding_rate
    call.instrument, call.prefinancing, call.retention = draft.instrument, draft.prefinancing, draft.retention
    call.instalments, call.reviewers_per_application = list(draft.instalments), draft.reviewers_per_application
    known = {one.commission_id: one for one in call.envelopes}
    for commission_id, amount in draft.envelopes.items():
        if commission_id in known:
            known[commission_id].amount = amount
        else:
            call.envelopes.append(
                Envelope(commission_id=commission_id, currency=amount.currency, amount_minor=amount.minor)
            )
    for commission_id, envelope in known.items():
        if commission_id not in draft.envelopes:
            call.envelopes.remove(envelope)
    call.criteria[:] = [
        Criterion(position=n, label=one.label, guidance=one.guidance, weight=one.weight)
        for n, one in enumerate(draft.criteria, 1)
    ]
