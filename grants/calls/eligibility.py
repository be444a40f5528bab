"""What an eligibility rule is: it says itself in a sentence, and judges facts with three answers.

Nothing here reads a database or a clock: the same facts and terms give the same verdict for ever.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Self

from grants.clusters.models import MembershipState
from grants.core.i18n import N_, N_n, Text
from grants.core.shapes import from_json, to_json
from grants.core.types import Money
from grants.people.countries import COUNTRIES
from grants.people.models import ORGANISATION_LABELS, OrganisationKind, Sector

MOST_MONTHS = 1_200


class RuleKind(StrEnum):
    KINDS = "kinds"
    COUNTRIES = "countries"
    AGE = "age"
    STAFF = "staff"
    TURNOVER = "turnover"
    SECTORS = "sectors"
    MEMBERSHIP = "membership"
    AID = "aid"
    ONE = "one"
    COMPOSITION = "composition"


class Answer(StrEnum):
    PASSES = "passes"
    FAILS = "fails"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Text:
        return ANSWER_LABELS[self]


ANSWER_LABELS = {
    Answer.PASSES: N_("Met"),
    Answer.FAILS: N_("Not met"),
    Answer.UNKNOWN: N_("Cannot be judged yet"),
}


@dataclass(frozen=True)
class Aid:
    """A grant of this installation to the group of the applicant.

    `to` names another organisation of the group, none of whose people is the applicant's; empty: to the applicant.
    Anybody may claim a group, so such a grant is the fund's to count, and no applicant is told its amount.
    """

    on: date
    amount: Money
    number: str = ""
    to: str = ""


@dataclass(frozen=True)
class Member:
    """An organisation of a consortium, by the name it had then."""

    kind: OrganisationKind
    name: str = ""


@dataclass(frozen=True)
class Receiver:
    """A group of companies that receives a part of the grant: `name` those of the project that belong to it.

    `requested` is its part, `here` the grants recorded in this installation, `elsewhere` what it declares; None: it has
    not said.
    """

    name: str
    requested: Money
    here: tuple[Aid, ...] = ()
    elsewhere: Money | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of an applicant; None: not known.

    `aid_here` are grants recorded in this installation, `aid_elsewhere` what the applicant declares for the window of
    the call's rule, `requested` what it asks now, `others` how many more applications it has handed in to the call,
    `members` its consortium, itself first, `receivers` those of them that share the grant: None when one has it all.
    """

    kind: OrganisationKind | None = None
    country: str | None = None
    founded_on: date | None = None
    staff: int | None = None
    turnover: Money | None = None
    turnover_year: int | None = None
    sector: Sector | None = None
    membership: MembershipState | None = None
    aid_here: tuple[Aid, ...] | None = None
    aid_elsewhere: Money | None = None
    requested: Money | None = None
    others: int | None = None
    members: tuple[Member, ...] | None = None
    receivers: tuple[Receiver, ...] | None = None

    def only(self, names: Sequence[str]) -> Self:
        """These facts alone, for the record."""
        return replace(type(self)(), **{name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class Terms:
    """The call as far as rules look at it: its closing date in the cluster's zone, None while it has none."""

    cluster: str
    currency: str
    closes_on: date | None = None


@dataclass(frozen=True)
class Verdict:
    """`why` gives the figures; `missing` names the facts that somebody must still give.

    `referred`: the fund judges it after the submission, which it does not stop.
    """

    answer: Answer
    why: Text
    missing: tuple[str, ...] = ()
    referred: bool = False


def passes(why: Text) -> Verdict:
    return Verdict(Answer.PASSES, why)


def fails(why: Text) -> Verdict:
    return Verdict(Answer.FAILS, why)


def unknown(*missing: str) -> Verdict:
    """For want of these facts."""
    return Verdict(Answer.UNKNOWN, N_("To be judged, it needs: %(facts)s.", facts=listed(missing)), missing)


class Rule(ABC):
    """One kind of rule; its dataclass fields are its parameters."""

    kind: ClassVar[RuleKind]
    title: ClassVar[Text]
    asks: ClassVar[tuple[str, ...]]  # facts somebody is asked for
    looks_at: ClassVar[tuple[str, ...]] = ()  # facts found out without asking

    @abstractmethod
    def sentence(self, terms: Terms) -> Text:
        """The rule for whoever reads it."""

    @abstractmethod
    def judge(self, facts: Facts, terms: Terms) -> Verdict: ...

    def problems(self) -> Mapping[str, Text]:
        """What is wrong with the parameters, by name."""
        return {}

    def questions(self) -> tuple[str, ...]:
        """The facts this very rule asks for."""
        return self.asks

    def as_json(self) -> dict[str, Any]:
        return to_json(self)  # type: ignore[no-any-return]

    @classmethod
    def of_json(cls, data: Any) -> Self:
        """Raises ValueError when these are no parameters of this kind."""
        return from_json(cls, data)  # type: ignore[no-any-return]


FACT_LABELS: dict[str, Text] = {
    "kind": N_("Kind of organisation"),
    "country": N_("Country"),
    "founded_on": N_("Founded on"),
    "staff": N_("People employed"),
    "turnover": N_("Annual turnover, without VAT"),
    "turnover_year": N_("Year of the turnover"),
    "sector": N_("Sector"),
    "membership": N_("Membership of the cluster"),
    "aid_here": N_("Grants recorded here"),
    "aid_elsewhere": N_("Public aid received elsewhere"),
    "requested": N_("Amount requested"),
    "others": N_("Other applications in this call"),
    "members": N_("Members of the consortium"),
    "receivers": N_("Public aid, organisation by organisation"),
}


def shown(facts: Facts) -> list[tuple[Text, Any]]:
    """The known facts as label and value, for a page."""
    found = []
    for name, label in FACT_LABELS.items():
        value = getattr(facts, name)
        if value is None:
            continue
        if name == "kind":
            value = ORGANISATION_LABELS[value]
        elif name in {"sector", "membership"}:
            value = value.label
        elif name == "country":
            value = country(value)
        elif name == "turnover_year":
            value = str(value)
        elif name == "aid_here":
            each = [_granted(one) for one in value]
            value = either(each) if each else N_("None")
        elif name == "members":
            value = either(
                [N_("%(name)s (%(kind)s)", name=one.name, kind=ORGANISATION_LABELS[one.kind]) for one in value]
            )
        elif name == "receivers":
            value = either([_received(one) for one in value])
        found.append((label, value))
    return found


def _granted(one: Aid) -> Text:
    if not one.to:
        return N_("%(amount)s on %(day)s", amount=one.amount, day=one.on)
    return N_("%(amount)s on %(day)s to %(name)s, of its group", amount=one.amount, day=one.on, name=one.to)


def _received(one: Receiver) -> Text:
    """What a receiver asks and declares, for a page."""
    if one.elsewhere is None:
        return N_("%(name)s: %(asked)s requested", name=one.name, asked=one.requested)
    return N_(
        "%(name)s: %(asked)s requested, %(elsewhere)s declared elsewhere",
        name=one.name,
        asked=one.requested,
        elsewhere=one.elsewhere,
    )


def country(code: str) -> Text:
    return COUNTRIES.get(code, Text(code))


def months(n: int) -> Text:
    return N_n("%(n)s month", "%(n)s months", n)


def listed(names: Sequence[str]) -> Text:
    return either([FACT_LABELS[one] for one in names])


def either(several: Sequence[Text]) -> Text:
    """A, B, C."""
    if len(several) < 2:
        return several[0] if several else Text("")
    return N_("%(first)s, %(rest)s", first=several[0], rest=either(several[1:]))


@dataclass(frozen=True)
class Finding:
    """What one rule of a call says about one applicant; `facts` are those it used. Kept as evidence."""

    rule: Rule
    blocks: bool
    verdict: Verdict
    terms: Terms
    facts: Facts = field(default_factory=Facts)

    @property
    def answer(self) -> Answer:
        return self.verdict.answer

    @property
    def sentence(self) -> Text:
        return self.rule.sentence(self.terms)

    @property
    def stops(self) -> bool:
        """Whether it keeps an application from being submitted: a fact not given always does."""
        stands = self.answer == Answer.PASSES or self.verdict.referred
        return bool(self.verdict.missing) or (self.blocks and not stands)

    @property
    def message(self) -> Text:
        """Why it stops, in one paragraph."""
        return N_("%(rule)s %(why)s", rule=self.sentence, why=self.verdict.why)


def judge(rules: Sequence[tuple[Rule, bool]], facts: Facts, terms: Terms) -> list[Finding]:
    """Each rule, with whether it blocks, on these facts."""
    return [
        Finding(rule, blocks, rule.judge(facts, terms), terms, facts.only((*rule.asks, *rule.looks_at)))
        for rule, blocks in rules
    ]
