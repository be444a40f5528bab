"""Rules about what ties an applicant to others: the cluster, public aid to its group, its other applications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from grants.calls.eligibility import (
    MOST_MONTHS,
    Aid,
    Answer,
    Facts,
    Receiver,
    Rule,
    RuleKind,
    Terms,
    Verdict,
    fails,
    months,
    passes,
    unknown,
)
from grants.calls.months import birthday
from grants.clusters.models import MembershipState
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money


@dataclass(frozen=True)
class Membership(Rule):
    """Member of the cluster that runs the fund; `confirmed`: its own word is not enough."""

    kind: ClassVar[RuleKind] = RuleKind.MEMBERSHIP
    title: ClassVar[Text] = N_("Membership of the cluster")
    asks: ClassVar[tuple[str, ...]] = ("membership",)

    confirmed: bool = False

    def sentence(self, terms: Terms) -> Text:
        if self.confirmed:
            return N_(
                "Members of %(cluster)s, confirmed by it when the application is submitted.", cluster=terms.cluster
            )
        return N_("Members of %(cluster)s; it checks what is declared.", cluster=terms.cluster)

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        match facts.membership:
            case None:
                return unknown("membership")
            case MembershipState.CONFIRMED:
                return passes(N_("%(cluster)s has confirmed the membership.", cluster=terms.cluster))
            case MembershipState.DECLARED if not self.confirmed:
                return passes(N_("The membership is declared; %(cluster)s checks it.", cluster=terms.cluster))
            case MembershipState.DECLARED:
                waiting = N_("The membership is declared; %(cluster)s has not confirmed it yet.",
                             cluster=terms.cluster)  # fmt: skip
                return Verdict(Answer.UNKNOWN, waiting)
            case MembershipState.REFUSED:
                return fails(N_("%(cluster)s has not confirmed the membership.", cluster=terms.cluster))
        return fails(N_("Not a member."))


@dataclass(frozen=True)
class AidCeiling(Rule):
    """Public aid to the group over a rolling window that ends on the closing date, this request included.

    In a consortium every group of companies that receives a part of the grant is judged, each with its part.
    """

    kind: ClassVar[RuleKind] = RuleKind.AID
    title: ClassVar[Text] = N_("Ceiling of public aid over several years")
    asks: ClassVar[tuple[str, ...]] = ("aid_elsewhere",)
    looks_at: ClassVar[tuple[str, ...]] = ("aid_here", "requested", "receivers")

    ceiling: Money | None = None
    window: int = 36

    def problems(self) -> Mapping[str, Text]:
        found = {}
        if self.ceiling is None or self.ceiling.minor <= 0:
            found["ceiling"] = N_("Give the ceiling.")
        if not 1 <= self.window <= MOST_MONTHS:
            found["window"] = N_("Give the number of months.")
        return found

    def sentence(self, terms: Terms) -> Text:
        return N_(
            "At most %(ceiling)s of public aid to one group of companies over %(window)s up to the closing date, this"
            " request included.",
            ceiling=self.ceiling,
            window=months(self.window),
        )

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if self.ceiling is None:
            return unknown("aid_elsewhere")
        if facts.receivers is not None:
            return self._each(facts.receivers, self.ceiling, terms)
        if facts.aid_elsewhere is None or facts.aid_elsewhere.currency != self.ceiling.currency:
            return unknown("aid_elsewhere")
        asked = facts.requested if facts.requested is not None else Money(0, self.ceiling.currency)
        return self._one(facts.aid_here or (), facts.aid_elsewhere, asked, terms)

    def _one(self, here: Sequence[Aid], elsewhere: Money, asked: Money, terms: Terms) -> Verdict:
        """One group on its own figures."""
        assert self.ceiling is not None  # noqa: S101 - looked at before
        currency = self.ceiling.currency
        counted, aside = self._counted(here, terms)
        known = sum((one.amount.minor for one in counted), 0)
        total = Money(known + elsewhere.minor + asked.minor, currency)
        why = N_(
            "In all %(total)s: %(here)s recorded here, %(elsewhere)s declared elsewhere, %(asked)s requested now.",
            total=total,
            here=Money(known, currency),
            elsewhere=elsewhere,
            asked=asked,
        )
        if total > self.ceiling:
            return fails(why)
        if aside:
            more = N_(
                "Grants to other organisations of the group, or in another currency, are not in this sum: the fund"
                " looks at them when it examines the application."
            )
            return Verdict(Answer.UNKNOWN, _one_after_the_other([why, more]), referred=True)
        return passes(why)

    def _each(self, receivers: Sequence[Receiver], ceiling: Money, terms: Terms) -> Verdict:
        """Whoever is over the ceiling first, then whoever has not said, then all of them."""
        silent = [one for one in receivers if one.elsewhere is None or one.elsewhere.currency != ceiling.currency]
        judged = [
            (one, self._one(one.here, one.elsewhere, one.requested, terms))
            for one in receivers
            if one.elsewhere is not None and one not in silent
        ]
        over = [(one, verdict) for one, verdict in judged if verdict.answer == Answer.FAILS]
        if over:
            return fails(_told(over))
        if silent:
            asked = [
                N_("%(name)s must say how much public aid it received elsewhere.", name=one.name) for one in silent
            ]
            return Verdict(Answer.UNKNOWN, _one_after_the_other(asked), ("receivers",))
        if any(verdict.referred for _, verdict in judged):
            return Verdict(Answer.UNKNOWN, _told(judged), referred=True)
        return passes(_told(judged))

    def _counted(self, here: Sequence[Aid], terms: Terms) -> tuple[list[Aid], list[Aid]]:
        """Grants in the window, whose first day counts: those to add up, and those left to the fund."""
        assert self.ceiling is not None  # noqa: S101 - looked at before
        currency, on = self.ceiling.currency, terms.closes_on
        recent = [one for one in here if on is None or birthday(one.on, self.window) >= on]
        aside = [one for one in recent if one.to or one.amount.currency != currency]
        return [one for one in recent if one not in aside], aside


def _told(judged: Sequence[tuple[Receiver, Verdict]]) -> Text:
    """Each receiver with its figures, one sentence after the other."""
    return _one_after_the_other([N_("%(name)s: %(why)s", name=one.name, why=verdict.why) for one, verdict in judged])


def _one_after_the_other(sentences: Sequence[Text]) -> Text:
    whole = sentences[0]
    for one in sentences[1:]:
        whole = N_("%(first)s %(then)s", first=whole, then=one)
    return whole


@dataclass(frozen=True)
class OneApplication(Rule):
    """One application of an organisation in the call."""

    kind: ClassVar[RuleKind] = RuleKind.ONE
    title: ClassVar[Text] = N_("One application for each organisation")
    asks: ClassVar[tuple[str, ...]] = ()
    looks_at: ClassVar[tuple[str, ...]] = ("others",)

    def sentence(self, terms: Terms) -> Text:
        return N_("One application for each organisation in this call.")

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.others is None:
            return Verdict(Answer.UNKNOWN, N_("It is checked when you submit."))
        if facts.others == 0:
            return passes(N_("No other application was handed in."))
        return fails(
            N_n(
                "%(n)s other application was already handed in. Withdraw it first, or do not submit this one.",
                "%(n)s other applications were already handed in. Withdraw them first, or do not submit this one.",
                facts.others,
            )
        )
