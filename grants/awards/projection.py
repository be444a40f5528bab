"""What a draft would do: to whom, with which reason, and what each envelope would then hold. Pure reckoning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from grants.awards import policy
from grants.awards.drafts import Choice, Draft, Passage
from grants.awards.models import Decision, DecisionState, Outcome
from grants.awards.picture import Picture, Theme, awaits_funding, is_open
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.models import Person

TARGETS = {
    Outcome.FUNDED: DecisionState.FUNDED,
    Outcome.RESERVE: DecisionState.RESERVE,
    Outcome.REJECTED: DecisionState.REJECTED,
}


@dataclass(frozen=True)
class Step:
    """What happens to one project: an outcome, a new amount, or both. `problem` says why it cannot."""

    decision: Decision
    outcome: Outcome | None
    amount: Money
    reason: str
    problem: Text | None = None

    @property
    def revised(self) -> bool:
        return self.amount.minor != self.decision.amount_minor


@dataclass(frozen=True)
class After:
    """One commission as it would stand. `ahead`: proposals still to decide, which the free credit must pay for."""

    theme: Theme
    envelope: Money
    decided: Money
    free: Money
    ahead: Money
    steps: Sequence[Step]
    problem: Text | None = None

    @property
    def left(self) -> Money:
        return self.free - self.ahead

    @property
    def share(self) -> int:
        """Decided, in whole percent of the envelope, at most a hundred."""
        return min(100, self.decided.minor * 100 // self.envelope.minor) if self.envelope else 0


@dataclass(frozen=True)
class Projection:
    """The whole of it; `problems` is empty when it may be confirmed."""

    picture: Picture
    draft: Draft
    themes: Sequence[After]
    astray: Sequence[Text] = ()

    @cached_property
    def steps(self) -> Sequence[Step]:
        return [step for theme in self.themes for step in theme.steps]

    @cached_property
    def problems(self) -> Sequence[Text]:
        of_steps = [one.problem for one in self.steps if one.problem]
        return [*self.astray, *of_steps, *(one.problem for one in self.themes if one.problem)]

    @property
    def empty(self) -> bool:
        return not self.steps and not self.draft.passages

    def of(self, decision_id: UUID) -> Step | None:
        return next((one for one in self.steps if one.decision.id == decision_id), None)

    def total(self, name: str) -> Money:
        return Money(sum(getattr(one, name).minor for one in self.themes), self.picture.call.currency)


def project(picture: Picture, draft: Draft, user: Person) -> Projection:
    """Reckon the draft over the picture, as this member would confirm it."""
    passages = [one for one in draft.passages if one.minor > 0]
    known = {one.commission.id for one in picture.themes}
    astray = [_astray(one, known) for one in passages]
    themes = [_after(picture, theme, draft, passages, user) for theme in picture.themes]
    lost = draft.choices.keys() - picture.rows.keys()
    gone = [N_("A project of your draft is no longer among those you decide on.")] if lost else []
    return Projection(picture, draft, themes, [*gone, *(one for one in astray if one is not None)])


def _astray(one: Passage, known: set[UUID]) -> Text | None:
    if one.source == one.target or not {one.source, one.target} <= known:
        return N_("A transfer goes from one envelope of this call to another.")
    if not one.reason:
        return N_("Give the reason of each transfer: it is kept and shown in the picture.")
    return None


def _after(picture: Picture, theme: Theme, draft: Draft, passages: Sequence[Passage], user: Person) -> After:
    steps = list(_steps(theme, draft, user))
    currency, own = picture.call.currency, theme.commission.id
    brought = sum(one.minor for one in passages if one.target == own)
    taken = sum(one.minor for one in passages if one.source == own)
    funded = sum(one.amount.minor for one in steps if one.outcome is Outcome.FUNDED)
    amounts = {one.decision.id: one.amount.minor for one in steps}
    settled = {one.decision.id for one in steps if one.outcome is not None}
    ahead = sum(
        amounts.get(one.id, one.amount_minor) for one in theme.rows if awaits_funding(one) and one.id not in settled
    )
    free = theme.free.minor + brought - taken - funded
    promoted = any(one.outcome is Outcome.FUNDED and one.decision.state == DecisionState.RESERVE for one in steps)
    after = After(
        theme,
        Money(theme.envelope.minor + brought - taken, currency),
        Money(theme.decided.minor + funded, currency),
        Money(free, currency),
        Money(ahead, currency),
        steps,
    )
    return _judged(after, careful=bool(taken or promoted))


def _judged(after: After, careful: bool) -> After:
    """With what its money forbids; `careful` where it may not touch what pending proposals need."""
    name = after.theme.commission.name
    if after.free.minor < 0:
        lack = Money(-after.free.minor, after.free.currency)
        why = N_("%(commission)s: the envelope lacks %(missing)s.", commission=name, missing=lack)
    elif careful and after.left.minor < 0:
        why = N_(
            "%(commission)s: proposals still to decide need %(ahead)s, and %(free)s would be left.",
            commission=name,
            ahead=after.ahead,
            free=after.free,
        )
    else:
        return after
    return After(after.theme, after.envelope, after.decided, after.free, after.ahead, after.steps, why)


def _steps(theme: Theme, draft: Draft, user: Person) -> Iterator[Step]:
    line = draft.places.get(theme.commission.id)
    chosen = [(one, *_wanted(one, at, line, draft)) for at, one in enumerate(theme.rows, 1) if is_open(one)]
    passed: Decision | None = None  # the first of the reserve list that stays there
    for decision, outcome, choice in chosen:
        amount = Money(decision.amount_minor if choice.minor is None else choice.minor, decision.currency)
        kept_back = passed if decision.state == DecisionState.RESERVE and outcome is Outcome.FUNDED else None
        if outcome is not None or amount.minor != decision.amount_minor:
            reason = choice.reason or draft.reason
            if outcome is Outcome.REJECTED:
                reason = reason or decision.note
            yield Step(decision, outcome, amount, reason, _forbids(decision, outcome, amount, reason, kept_back, user))
        stays = decision.state == DecisionState.RESERVE and outcome is None
        if passed is None and (stays or outcome is Outcome.RESERVE):
            passed = decision


def _wanted(decision: Decision, place: int, line: int | None, draft: Draft) -> tuple[Outcome | None, Choice]:
    """What becomes of a project: what was chosen for it, else what the line says; None leaves it as it is."""
    choice = draft.choices.get(decision.id, Choice())
    outcome = choice.outcome
    if outcome is None and line is not None:
        fundable = decision.proposal != Outcome.REJECTED or decision.reopened_at is not None
        if place <= line:
            outcome = Outcome.FUNDED if fundable else None
        elif decision.state == DecisionState.PROPOSED:
            outcome = Outcome.RESERVE if fundable else Outcome.REJECTED
    if outcome is not None and TARGETS[outcome] == decision.state:
        outcome = None
    return outcome, choice


def _forbids(
    decision: Decision, outcome: Outcome | None, amount: Money, reason: str, passed: Decision | None, user: Person
) -> Text | None:
    reference = decision.application.reference or ""
    rule = policy.fund if outcome is Outcome.FUNDED else policy.decide
    if (why_not := rule.why_not(user, decision)) is not None:
        return N_("%(reference)s: %(reason)s", reference=reference, reason=why_not)
    requested: Money = decision.application.requested
    if outcome is not Outcome.REJECTED and not 0 < amount.minor <= requested.minor:
        return N_(
            "%(reference)s: the amount must be between 1 and the %(requested)s requested.",
            reference=reference,
            requested=requested,
        )
    if outcome is Outcome.REJECTED and not reason:
        return N_("%(reference)s: say why the project is not selected, the applicant reads it.", reference=reference)
    if outcome is not Outcome.REJECTED and amount.minor != decision.amount_minor and not reason:
        return N_("%(reference)s: say why the amount changes.", reference=reference)
    if passed is not None and not reason:
        return N_(
            "%(reference)s: %(before)s comes before it on the reserve list. Give the reason for passing over it.",
            reference=reference,
            before=passed.application.reference or "",
        )
    return None
