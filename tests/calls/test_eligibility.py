"""Rules judge facts: passes, fails with the figures, or which fact is missing. Every limit counts its own value."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.calls.consortia import Composition
from grants.calls.eligibility import Aid, Answer, Facts, Finding, Member, RuleKind, Terms, judge, shown
from grants.calls.months import age, birthday, earliest, latest
from grants.calls.rules import RULES, Age, Countries, Kinds, Sectors, Staff, Turnover, rule_of
from grants.calls.ties import AidCeiling, Membership, OneApplication
from grants.clusters.models import MembershipState
from grants.core.i18n import plain
from grants.core.types import Money
from grants.people.models import OrganisationKind, Sector

PASSES, FAILS, UNKNOWN = Answer.PASSES, Answer.FAILS, Answer.UNKNOWN
CLOSING = date(2026, 12, 6)
TERMS = Terms("MNC", "MAD", CLOSING)
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
MONTHS = st.integers(0, 600)


def mad(n: int) -> Money:
    return Money.of(n, "MAD")


def answer(rule, terms=TERMS, **facts):
    return rule.judge(Facts(**facts), terms).answer


# --- months ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "months", "on"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -13, date(2024, 12, 15)),
    ],
)
def test_birthdays_at_the_end_of_months(born, months, on):
    assert birthday(born, months) == on


@given(DAYS, DAYS)
def test_an_age_is_the_last_birthday_reached(born, on):
    months = age(born, on)
    assert birthday(born, months) <= on < birthday(born, months + 1)


@given(DAYS, MONTHS, DAYS)
def test_the_dates_in_the_sentence_are_the_limits_of_the_judgement(on, months, born):
    assert (birthday(born, months) >= on) == (born >= earliest(on, months))
    assert (birthday(born, months) <= on) == (born <= latest(on, months))


@given(DAYS, MONTHS)
def test_nobody_falls_between_two_calls(on, months):
    """At most two years and at least two years: everybody is in one of them, and the birthday is in both."""
    assert earliest(on, months) - timedelta(days=1) <= latest(on, months)


# --- age ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("founded", "young", "old"),
    [
        (date(2024, 12, 5), FAILS, PASSES),
        (date(2024, 12, 6), PASSES, PASSES),  # two years old that very day: both limits count their own day
        (date(2024, 12, 7), PASSES, FAILS),
    ],
)
def test_age_at_the_edge_of_a_birthday(founded, young, old):
    assert answer(Age(most=24), founded_on=founded) == young
    assert answer(Age(least=24), founded_on=founded) == old


@pytest.mark.parametrize(
    ("founded", "closing", "young", "old"),
    [
        (date(2024, 2, 29), date(2026, 2, 27), PASSES, FAILS),
        (date(2024, 2, 29), date(2026, 2, 28), PASSES, PASSES),  # born on a leap day, the last of February counts
        (date(2024, 2, 29), date(2026, 3, 1), FAILS, PASSES),
        (date(2024, 2, 28), date(2026, 2, 28), PASSES, PASSES),
    ],
)
def test_age_of_those_founded_on_a_leap_day(founded, closing, young, old):
    terms = Terms("MNC", "MAD", closing)
    assert answer(Age(most=24), terms, founded_on=founded) == young
    assert answer(Age(least=24), terms, founded_on=founded) == old


def test_age_says_its_dates_and_that_they_count():
    assert "6 December 2024 or later, that day included" in plain_spaces(Age(most=24).sentence(TERMS))
    assert "24 months" in plain_spaces(Age(least=24).sentence(TERMS))
    assert "before 6 December 2024" in plain_spaces(Age(most=24).judge(Facts(founded_on=date(2020, 1, 1)), TERMS).why)
    undated = Terms("MNC", "MAD")
    assert "on the closing date." in plain_spaces(Age(3, 6).sentence(undated))


def test_age_counts_only_for_the_kinds_named():
    rule = Age(least=24, only_for=(OrganisationKind.STARTUP, OrganisationKind.COMPANY))
    assert rule.questions() == ("kind", "founded_on")
    assert answer(rule, kind=OrganisationKind.ASSOCIATION) == PASSES
    assert answer(rule, kind=OrganisationKind.STARTUP, founded_on=date(2026, 1, 1)) == FAILS
    assert rule.judge(Facts(founded_on=date(2026, 1, 1)), TERMS).missing == ("kind",)


# --- the others -----------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_ranges_hold_their_limits(a, b, n):
    least, most = sorted((a, b))
    assert (answer(Staff(least, most), staff=n) == PASSES) == (least <= n <= most)
    assert (answer(Turnover(mad(least), mad(most)), turnover=mad(n)) == PASSES) == (least <= n <= most)
    assert answer(Staff(most=most), staff=most) == answer(Staff(least=most), staff=most) == PASSES


def test_a_turnover_in_another_currency_cannot_be_judged():
    verdict = Turnover(most=mad(10)).judge(Facts(turnover=Money(5, "XOF")), TERMS)
    assert verdict.answer == UNKNOWN and verdict.missing == ("turnover",)


def test_choices():
    assert answer(Kinds((OrganisationKind.STARTUP,)), kind=OrganisationKind.STARTUP) == PASSES
    assert answer(Kinds((OrganisationKind.STARTUP,)), kind=OrganisationKind.UNIVERSITY) == FAILS
    assert answer(Countries(("MA",)), country="DZ") == FAILS
    assert answer(Sectors((Sector.HEALTH,)), sector=Sector.HEALTH) == PASSES


@pytest.mark.parametrize(
    ("state", "declared", "confirmed"),
    [
        (None, UNKNOWN, UNKNOWN),
        (MembershipState.DECLARED, PASSES, UNKNOWN),
        (MembershipState.CONFIRMED, PASSES, PASSES),
        (MembershipState.REFUSED, FAILS, FAILS),
        (MembershipState.ABSENT, FAILS, FAILS),
    ],
)
def test_membership(state, declared, confirmed):
    assert answer(Membership(), membership=state) == declared
    assert answer(Membership(confirmed=True), membership=state) == confirmed


def test_who_waits_for_the_cluster_has_nothing_to_fill_in():
    rule = Membership(confirmed=True)
    (finding,) = judge([(rule, False)], Facts(membership=MembershipState.DECLARED), TERMS)
    assert finding.answer == UNKNOWN and not finding.stops
    assert judge([(rule, True)], Facts(membership=MembershipState.DECLARED), TERMS)[0].stops


AID = AidCeiling(mad(1_000), 36)


def test_aid_adds_up_what_is_here_elsewhere_and_asked():
    here = (Aid(date(2025, 1, 1), mad(300)),)
    known = {"aid_here": here, "aid_elsewhere": mad(200)}
    assert answer(AID, **known, requested=mad(500)) == PASSES  # exactly the ceiling
    assert answer(AID, **known, requested=Money(50_001, "MAD")) == FAILS
    assert AID.judge(Facts(aid_here=here), TERMS).missing == ("aid_elsewhere",)
    assert answer(AID, aid_elsewhere=mad(1_000)) == PASSES  # the self-test knows neither grants nor request


@pytest.mark.parametrize(
    "other", [Aid(date(2025, 1, 1), mad(9_999), to="Atlas"), Aid(date(2025, 1, 1), Money(9_999, "XOF"))]
)
def test_a_grant_to_others_or_in_another_currency_is_the_funds_to_count(other):
    known = Facts(aid_here=(Aid(date(2025, 1, 1), mad(300)), other), aid_elsewhere=mad(0), requested=mad(100))
    (finding,) = judge([(AID, True)], known, TERMS)
    assert finding.answer == UNKNOWN and not finding.stops
    said, used = (plain(one, "en").replace("\u00a0", " ") for one in (finding.verdict.why, shown(finding.facts)[0][1]))
    assert "9 999" not in said and "In all 400 MAD" in said and "9 999" in used
    assert judge([(AID, True)], replace(known, requested=mad(701)), TERMS)[0].stops, "its own sum is over the ceiling"
    old = replace(known, aid_here=(replace(other, on=date(2020, 1, 1)),))
    assert judge([(AID, True)], old, TERMS)[0].answer == PASSES


@pytest.mark.parametrize(
    ("on", "counts"), [(date(2023, 12, 5), False), (date(2023, 12, 6), True), (date(2026, 12, 6), True)]
)
def test_the_first_day_of_the_window_counts(on, counts):
    known = {"aid_here": (Aid(on, mad(1_000)),), "aid_elsewhere": mad(0), "requested": mad(1)}
    assert answer(AID, **known) == (FAILS if counts else PASSES)


@given(st.lists(st.tuples(DAYS, st.integers(1, 10**9)), max_size=8), st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_aid_never_helps(grants, elsewhere, asked):
    rule = AidCeiling(Money(10**9, "MAD"), 24)
    before = None
    for n in range(len(grants) + 1):
        here = tuple(Aid(on, Money(minor, "MAD")) for on, minor in grants[:n])
        known = Facts(aid_here=here, aid_elsewhere=Money(elsewhere, "MAD"), requested=Money(asked, "MAD"))
        now = rule.judge(known, TERMS).answer
        assert not (before == FAILS and now == PASSES)
        before = now


def test_one_application():
    assert answer(OneApplication(), others=0) == PASSES
    assert answer(OneApplication(), others=1) == FAILS
    assert OneApplication().questions() == ()


# --- every kind -----------------------------------------------------------------------------------------------

SAMPLES = [
    Kinds((OrganisationKind.STARTUP, OrganisationKind.COMPANY)),
    Countries(("MA", "CI")),
    Age(most=24),
    Age(12, 60, (OrganisationKind.STARTUP,)),
    Staff(1, 50),
    Staff(least=2),
    Staff(most=250),
    Turnover(most=mad(20_000_000)),
    Turnover(least=mad(1)),
    Turnover(mad(1), mad(2)),
    Sectors((Sector.HEALTH, Sector.ENERGY)),
    Membership(),
    Membership(confirmed=True),
    AID,
    OneApplication(),
    Composition(least=2),
    Composition(1, 5, (OrganisationKind.STARTUP,), (OrganisationKind.UNIVERSITY,), (OrganisationKind.STARTUP,)),
]
WHOLE = Facts(
    OrganisationKind.STARTUP,
    "MA",
    date(2025, 5, 5),
    7,
    mad(900_000),
    2025,
    Sector.HEALTH,
    MembershipState.DECLARED,
    (Aid(date(2025, 1, 1), mad(10), "C-2025-0001"),),
    mad(0),
    mad(100),
    0,
    (Member(OrganisationKind.STARTUP, "A"), Member(OrganisationKind.UNIVERSITY, "B")),
)


def test_every_kind_has_a_sample_a_title_and_known_facts():
    assert {type(one) for one in SAMPLES} == set(RULES.values()) and set(RULES) == set(RuleKind)
    for one in RULES.values():
        assert one.title and {*one.asks, *one.looks_at} <= set(Facts.__dataclass_fields__)


@pytest.mark.parametrize("rule", SAMPLES, ids=lambda one: one.kind)
def test_a_rule_is_kept_and_read_back(rule):
    assert rule_of(rule.kind, rule.as_json()) == rule
    assert not rule.problems()
    assert str(rule.sentence(TERMS)).endswith(".") and "%(" not in str(rule.sentence(TERMS))


@pytest.mark.parametrize("rule", SAMPLES, ids=lambda one: one.kind)
def test_nothing_known_never_fails_and_everything_known_is_judged_by_the_facts_it_names(rule):
    assert rule.judge(Facts(), TERMS).answer != FAILS
    (finding,) = judge([(rule, True)], WHOLE, TERMS)
    assert rule.judge(finding.facts, TERMS) == finding.verdict, "the facts kept as evidence are enough to judge again"
    assert shown(finding.facts)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("age", {"most": "24"}),
        ("age", {"most": True}),
        ("age", {"mots": 24}),
        ("kinds", {"kinds": ["bakery"]}),
        ("kinds", ["startup"]),
        ("turnover", {"most": [1]}),
        ("nonsense", {}),
    ],
)
def test_parameters_that_are_none_are_refused(kind, wrong):
    with pytest.raises(ValueError):
        rule_of(kind, wrong)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Kinds(), "kinds"),
        (Countries(("XX",)), "countries"),
        (Age(), "least"),
        (Age(5, 4), "most"),
        (Staff(5, 4), "most"),
        (Turnover(mad(2), mad(1)), "most"),
        (Sectors(), "sectors"),
        (AidCeiling(), "ceiling"),
        (AidCeiling(mad(1), 0), "window"),
    ],
)
def test_parameters_that_make_no_sense_are_named(rule, field):
    assert list(rule.problems()) == [field]


def test_a_rule_that_warns_does_not_stop_but_a_missing_fact_does():
    failing, missing = Facts(staff=99), Facts()
    stops = [judge([(Staff(most=50), blocks)], facts, TERMS)[0].stops for blocks in (True, False)
             for facts in (failing, missing)]  # fmt: skip
    assert stops == [True, True, False, True]


def test_a_finding_explains_itself_in_one_paragraph():
    finding: Finding = judge([(Staff(most=50), True)], Facts(staff=99), TERMS)[0]
    assert plain_spaces(finding.message) == "People employed: at most 50, that number included. People employed: 99."


def plain_spaces(text):
    return str(text).replace("\u00a0", " ")
