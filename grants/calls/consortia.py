"""The rule about who makes up a consortium: how many members, which kinds, which kind leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from grants.calls.eligibility import (
    Answer,
    Facts,
    Member,
    Rule,
    RuleKind,
    Terms,
    Verdict,
    either,
    fails,
    passes,
    unknown,
)
from grants.core.i18n import N_, N_n, Text
from grants.people.models import ORGANISATION_LABELS, OrganisationKind

MOST_MEMBERS = 21  # the lead and as many partners as it may invite

Kinds = tuple[OrganisationKind, ...]


@dataclass(frozen=True)
class Composition(Rule):
    """Members, the lead included; one of `one_of` and one of `another_of`, two different members; led by `led_by`.

    Whoever applies alone is a consortium of one: `least` 1 lets them, `least` 2 asks for a partner.
    """

    kind: ClassVar[RuleKind] = RuleKind.COMPOSITION
    title: ClassVar[Text] = N_("Composition of the consortium")
    asks: ClassVar[tuple[str, ...]] = ()
    looks_at: ClassVar[tuple[str, ...]] = ("members", "kind")

    least: int | None = None
    most: int | None = None
    one_of: tuple[OrganisationKind, ...] = ()
    another_of: tuple[OrganisationKind, ...] = ()
    led_by: tuple[OrganisationKind, ...] = ()

    def problems(self) -> Mapping[str, Text]:
        if not any(vars(self).values()):
            return {"least": N_("Ask for something: a number of members, a kind, or who leads.")}
        if self.least is not None and self.most is not None and self.most < self.least:
            return {"most": N_("The upper limit must not be below the lower one.")}
        if self.most == 1 and self.one_of and self.another_of:
            return {"most": N_("Two kinds are asked for: that takes at least two members.")}
        return {}

    def questions(self) -> tuple[str, ...]:
        return ("kind",) if self._only_the_lead() else ()

    def _only_the_lead(self) -> bool:
        """Whether it can be judged before anybody is invited."""
        return bool(self.led_by) and self == Composition(led_by=self.led_by)

    def sentence(self, terms: Terms) -> Text:
        parts = [*self._numbers(), *self._kinds()]
        whole = parts[0]
        for one in parts[1:]:
            whole = N_("%(first)s %(then)s", first=whole, then=one)
        return whole

    def _numbers(self) -> Sequence[Text]:
        least, most = self.least, self.most
        if least is not None and most is not None:
            return [N_("Members of the consortium, the lead included: from %(least)s to %(most)s.",
                       least=least, most=most)]  # fmt: skip
        if least is not None:
            return [N_("Members of the consortium, the lead included: at least %(least)s.", least=least)]
        if most is not None:
            return [N_("Members of the consortium, the lead included: at most %(most)s.", most=most)]
        return []

    def _kinds(self) -> Sequence[Text]:
        found = []
        if self.one_of:
            found.append(N_("At least one of: %(kinds)s.", kinds=_names(self.one_of)))
        if self.another_of:
            found.append(N_("At least one other of: %(kinds)s.", kinds=_names(self.another_of)) if self.one_of
                         else N_("At least one of: %(kinds)s.", kinds=_names(self.another_of)))  # fmt: skip
        if self.led_by:
            found.append(N_("Led by: %(kinds)s.", kinds=_names(self.led_by)))
        return found

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.members is None:
            return self._before_any(facts)
        members, lead = facts.members, facts.members[0]
        if self.led_by and lead.kind not in self.led_by:
            return fails(_leads(lead.kind))
        if not self._within(len(members)):
            return fails(_count(members))
        if lacking := self._lacking(members):
            return fails(N_("%(members)s Missing: one of %(kinds)s.", members=_count(members), kinds=_names(lacking)))
        return passes(_count(members))

    def _before_any(self, facts: Facts) -> Verdict:
        """In the self-test nobody is invited yet: only who leads can be judged."""
        if self.led_by and facts.kind is not None and facts.kind not in self.led_by:
            return fails(_leads(facts.kind))
        if self._only_the_lead():
            return unknown("kind") if facts.kind is None else passes(_leads(facts.kind))
        return Verdict(Answer.UNKNOWN, N_("It is checked as you invite your partners, and when you submit."))

    def _within(self, n: int) -> bool:
        return (self.least is None or self.least <= n) and (self.most is None or n <= self.most)

    def _lacking(self, members: Sequence[Member]) -> Kinds:
        """The kinds that nobody stands for. One member stands for one of the two groups, never for both."""
        first = [n for n, one in enumerate(members) if one.kind in self.one_of]
        second = [n for n, one in enumerate(members) if one.kind in self.another_of]
        if self.one_of and not first:
            return self.one_of
        if self.another_of and not second:
            return self.another_of
        if first == second and len(first) == 1:
            return self.another_of
        return ()


def _names(kinds: Kinds) -> Text:
    return either([ORGANISATION_LABELS[one] for one in kinds])


def _leads(kind: OrganisationKind) -> Text:
    return N_("The lead here is of this kind: %(kind)s.", kind=ORGANISATION_LABELS[kind])


def _count(members: Sequence[Any]) -> Text:
    if len(members) == 1:
        return N_("You apply alone.")
    return N_n("%(n)s member takes part.", "%(n)s members take part.", len(members))
