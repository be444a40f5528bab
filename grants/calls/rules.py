"""Rules about the organisation itself, and every kind by its name. Each limit counts its own value and says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from grants.calls.consortia import Composition
from grants.calls.eligibility import (
    Facts,
    Rule,
    RuleKind,
    Terms,
    Verdict,
    country,
    either,
    fails,
    months,
    passes,
    unknown,
)
from grants.calls.months import age, earliest, latest
from grants.calls.ties import AidCeiling, Membership, OneApplication
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.countries import COUNTRIES
from grants.people.models import ORGANISATION_LABELS, OrganisationKind, Sector

CHOOSE = N_("Choose at least one.")
GIVE_A_LIMIT = N_("Give a lower limit, an upper limit, or both.")
IN_ORDER = N_("The upper limit must not be below the lower one.")


def _kinds(kinds: tuple[OrganisationKind, ...]) -> Text:
    return either([ORGANISATION_LABELS[one] for one in kinds])


def _range(least: Any, most: Any) -> dict[str, Text]:
    if least is None and most is None:
        return {"least": GIVE_A_LIMIT}
    if least is not None and most is not None and most < least:
        return {"most": IN_ORDER}
    return {}


@dataclass(frozen=True)
class Kinds(Rule):
    """Only these kinds of organisation."""

    kind: ClassVar[RuleKind] = RuleKind.KINDS
    title: ClassVar[Text] = N_("Kinds of organisation")
    asks: ClassVar[tuple[str, ...]] = ("kind",)

    kinds: tuple[OrganisationKind, ...] = ()

    def problems(self) -> Mapping[str, Text]:
        return {} if self.kinds else {"kinds": CHOOSE}

    def sentence(self, terms: Terms) -> Text:
        return N_("Open to these kinds of organisation: %(kinds)s.", kinds=_kinds(self.kinds))

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.kind is None:
            return unknown("kind")
        why = N_("Kind of organisation here: %(kind)s.", kind=ORGANISATION_LABELS[facts.kind])
        return passes(why) if facts.kind in self.kinds else fails(why)


@dataclass(frozen=True)
class Countries(Rule):
    """Only organisations of these countries (ISO 3166)."""

    kind: ClassVar[RuleKind] = RuleKind.COUNTRIES
    title: ClassVar[Text] = N_("Countries")
    asks: ClassVar[tuple[str, ...]] = ("country",)

    countries: tuple[str, ...] = ()

    def problems(self) -> Mapping[str, Text]:
        return {} if self.countries and set(self.countries) <= COUNTRIES.keys() else {"countries": CHOOSE}

    def sentence(self, terms: Terms) -> Text:
        names = either([country(one) for one in self.countries])
        return N_("Open to organisations registered in: %(countries)s.", countries=names)

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.country is None:
            return unknown("country")
        why = N_("Registered in: %(country)s.", country=country(facts.country))
        return passes(why) if facts.country in self.countries else fails(why)


@dataclass(frozen=True)
class Age(Rule):
    """Months completed on the closing date; `only_for` leaves out every other kind of organisation."""

    kind: ClassVar[RuleKind] = RuleKind.AGE
    title: ClassVar[Text] = N_("Age of the company")
    asks: ClassVar[tuple[str, ...]] = ("founded_on",)
    looks_at: ClassVar[tuple[str, ...]] = ("kind",)

    least: int | None = None
    most: int | None = None
    only_for: tuple[OrganisationKind, ...] = ()

    def problems(self) -> Mapping[str, Text]:
        return _range(self.least, self.most)

    def questions(self) -> tuple[str, ...]:
        return ("kind", *self.asks) if self.only_for else self.asks

    def sentence(self, terms: Terms) -> Text:
        limits = self._limits(terms)
        if not self.only_for:
            return limits
        return N_("%(rule)s This counts only for: %(kinds)s.", rule=limits, kinds=_kinds(self.only_for))

    def _limits(self, terms: Terms) -> Text:
        on, least, most = terms.closes_on, self.least, self.most
        if on is None:
            return self._undated()
        if most is None:
            return N_(
                "At least %(least)s old on the closing date, %(day)s: founded on %(last)s or earlier, that day"
                " included.",
                least=months(least or 0),
                day=on,
                last=latest(on, least or 0),
            )
        if least is None:
            return N_(
                "At most %(most)s old on the closing date, %(day)s: founded on %(first)s or later, that day included.",
                most=months(most),
                day=on,
                first=earliest(on, most),
            )
        return N_(
            "Between %(least)s and %(most)s old on the closing date, %(day)s: founded from %(first)s to %(last)s,"
            " both days included.",
            least=months(least),
            most=months(most),
            day=on,
            first=earliest(on, most),
            last=latest(on, least),
        )

    def _undated(self) -> Text:
        if self.most is None:
            return N_("At least %(least)s old on the closing date.", least=months(self.least or 0))
        if self.least is None:
            return N_("At most %(most)s old on the closing date.", most=months(self.most))
        return N_(
            "Between %(least)s and %(most)s old on the closing date.", least=months(self.least), most=months(self.most)
        )

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if self.only_for:
            if facts.kind is None:
                return unknown("kind")
            if facts.kind not in self.only_for:
                return passes(
                    N_(
                        "It does not count for this kind of organisation: %(kind)s.",
                        kind=ORGANISATION_LABELS[facts.kind],
                    )
                )
        if facts.founded_on is None or terms.closes_on is None:
            return unknown("founded_on")
        born, on = facts.founded_on, terms.closes_on
        if self.most is not None and born < (first := earliest(on, self.most)):
            return fails(
                N_(
                    "Founded on %(founded)s, before %(first)s: too old for this call.",
                    founded=born,
                    first=first,
                )
            )
        if self.least is not None and born > (last := latest(on, self.least)):
            return fails(
                N_(
                    "Founded on %(founded)s, after %(last)s: too young for this call.",
                    founded=born,
                    last=last,
                )
            )
        old = months(max(0, age(born, on)))
        return passes(N_("Founded on %(founded)s: %(age)s old that day.", founded=born, age=old))


@dataclass(frozen=True)
class Staff(Rule):
    """How many people work for it."""

    kind: ClassVar[RuleKind] = RuleKind.STAFF
    title: ClassVar[Text] = N_("Number of people employed")
    asks: ClassVar[tuple[str, ...]] = ("staff",)

    least: int | None = None
    most: int | None = None

    def problems(self) -> Mapping[str, Text]:
        return _range(self.least, self.most)

    def sentence(self, terms: Terms) -> Text:
        if self.most is None:
            return N_("People employed: at least %(least)s, that number included.", least=self.least)
        if self.least is None:
            return N_("People employed: at most %(most)s, that number included.", most=self.most)
        return N_("People employed: from %(least)s to %(most)s, both included.", least=self.least, most=self.most)

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.staff is None:
            return unknown("staff")
        why = N_("People employed: %(n)s.", n=facts.staff)
        return passes(why) if _within(facts.staff, self.least, self.most) else fails(why)


@dataclass(frozen=True)
class Turnover(Rule):
    """Of the last closed year, without VAT; the limits are in one currency, and another one cannot be judged."""

    kind: ClassVar[RuleKind] = RuleKind.TURNOVER
    title: ClassVar[Text] = N_("Annual turnover")
    asks: ClassVar[tuple[str, ...]] = ("turnover", "turnover_year")

    least: Money | None = None
    most: Money | None = None

    def problems(self) -> Mapping[str, Text]:
        return _range(self.least, self.most)

    @property
    def currency(self) -> str:
        return self.limit.currency if self.limit is not None else ""

    @property
    def limit(self) -> Money | None:
        return self.most if self.most is not None else self.least

    def sentence(self, terms: Terms) -> Text:
        if self.most is None:
            return N_("Annual turnover without VAT: at least %(least)s, that amount included.", least=self.least)
        if self.least is None:
            return N_("Annual turnover without VAT: at most %(most)s, that amount included.", most=self.most)
        return N_(
            "Annual turnover without VAT: from %(least)s to %(most)s, both included.", least=self.least, most=self.most
        )

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.turnover is None:
            return unknown("turnover")
        if facts.turnover.currency != self.currency:
            missing = unknown("turnover")
            why = N_("It is given as %(turnover)s, the limit as %(limit)s: give it in the same currency.",
                     turnover=facts.turnover, limit=self.limit)  # fmt: skip
            return Verdict(missing.answer, why, missing.missing)
        why = N_("Turnover: %(turnover)s.", turnover=facts.turnover)
        if facts.turnover_year is not None:
            why = N_("Turnover: %(turnover)s in %(year)s.", turnover=facts.turnover, year=str(facts.turnover_year))
        return passes(why) if _within(facts.turnover, self.least, self.most) else fails(why)


@dataclass(frozen=True)
class Sectors(Rule):
    """Mainly active in one of these."""

    kind: ClassVar[RuleKind] = RuleKind.SECTORS
    title: ClassVar[Text] = N_("Sectors")
    asks: ClassVar[tuple[str, ...]] = ("sector",)

    sectors: tuple[Sector, ...] = ()

    def problems(self) -> Mapping[str, Text]:
        return {} if self.sectors else {"sectors": CHOOSE}

    def sentence(self, terms: Terms) -> Text:
        return N_("Mainly active in: %(sectors)s.", sectors=either([one.label for one in self.sectors]))

    def judge(self, facts: Facts, terms: Terms) -> Verdict:
        if facts.sector is None:
            return unknown("sector")
        why = N_("Sector: %(sector)s.", sector=facts.sector.label)
        return passes(why) if facts.sector in self.sectors else fails(why)


def _within(value: Any, least: Any, most: Any) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)


RULES: dict[RuleKind, type[Rule]] = {
    one.kind: one
    for one in (Kinds, Countries, Age, Staff, Turnover, Sectors, Membership, AidCeiling, OneApplication, Composition)
}


def rule_of(kind: RuleKind | str, parameters: Any) -> Rule:
    """Raises ValueError when these are no parameters of that kind."""
    return RULES[RuleKind(kind)].of_json(parameters)
