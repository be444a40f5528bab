"""The rule about consortia: numbers, kinds, who leads; each limit by its own value."""

import pytest

from grants.calls.consortia import Composition
from grants.calls.eligibility import Answer, Facts, Member, Terms
from grants.people.models import OrganisationKind as Kind

TERMS = Terms("Cluster", "MAD")
COMPANIES, RESEARCH = (Kind.STARTUP, Kind.COMPANY), (Kind.UNIVERSITY, Kind.LABORATORY)


def of(*kinds: Kind) -> Facts:
    return Facts(members=tuple(Member(kind, f"Member {n}") for n, kind in enumerate(kinds)))


@pytest.mark.parametrize(
    ("rule", "kinds", "answer", "why"),
    [
        (Composition(least=2), (Kind.STARTUP,), "fails", "You apply alone."),
        (Composition(least=2), (Kind.STARTUP, Kind.OTHER), "passes", "2 members take part."),
        (Composition(most=2), (Kind.STARTUP, Kind.OTHER), "passes", "2 members"),
        (Composition(most=2), (Kind.STARTUP, Kind.OTHER, Kind.OTHER), "fails", "3 members"),
        (Composition(1, 3), (Kind.STARTUP,), "passes", "alone"),
        (Composition(one_of=RESEARCH), (Kind.STARTUP, Kind.LABORATORY), "passes", ""),
        (
            Composition(one_of=RESEARCH),
            (Kind.STARTUP, Kind.TRAINING),
            "fails",
            "one of University, Research laboratory",
        ),
        (Composition(one_of=COMPANIES, another_of=RESEARCH), (Kind.UNIVERSITY, Kind.STARTUP), "passes", ""),
        (Composition(one_of=COMPANIES, another_of=RESEARCH), (Kind.STARTUP, Kind.COMPANY), "fails", "University"),
        (Composition(one_of=COMPANIES, another_of=RESEARCH), (Kind.UNIVERSITY,), "fails", "Start-up, Company"),
        (Composition(one_of=COMPANIES, another_of=COMPANIES), (Kind.STARTUP,), "fails", "Start-up, Company"),
        (Composition(one_of=COMPANIES, another_of=COMPANIES), (Kind.STARTUP, Kind.COMPANY), "passes", ""),
        (Composition(one_of=COMPANIES, another_of=COMPANIES), (Kind.STARTUP, Kind.OTHER), "fails", "Missing"),
        (Composition(led_by=COMPANIES), (Kind.STARTUP, Kind.UNIVERSITY), "passes", ""),
        (Composition(led_by=COMPANIES), (Kind.UNIVERSITY, Kind.STARTUP), "fails", "The lead here is of this kind"),
    ],
)
def test_the_consortium_is_judged(rule, kinds, answer, why):
    verdict = rule.judge(of(*kinds), TERMS)
    assert verdict.answer == answer and why in str(verdict.why)
    assert not verdict.missing


def test_in_the_self_test_only_the_lead_is_judged():
    lead, rule = Composition(led_by=COMPANIES), Composition(2, led_by=COMPANIES)
    assert lead.questions() == ("kind",) and rule.questions() == ()
    assert lead.judge(Facts(), TERMS).missing == ("kind",)
    assert lead.judge(Facts(kind=Kind.STARTUP), TERMS).answer == Answer.PASSES
    assert rule.judge(Facts(kind=Kind.UNIVERSITY), TERMS).answer == Answer.FAILS
    verdict = rule.judge(Facts(kind=Kind.STARTUP), TERMS)
    assert verdict.answer == Answer.UNKNOWN and "as you invite your partners" in str(verdict.why)


def test_it_says_itself():
    rule = Composition(2, 5, COMPANIES, RESEARCH, COMPANIES)
    assert str(rule.sentence(TERMS)) == (
        "Members of the consortium, the lead included: from 2 to 5. At least one of: Start-up, Company."
        " At least one other of: University, Research laboratory. Led by: Start-up, Company."
    )
    assert "At least one of: University" in str(Composition(another_of=RESEARCH).sentence(TERMS))


@pytest.mark.parametrize(
    ("rule", "field"),
    [(Composition(), "least"), (Composition(3, 2), "most"), (Composition(None, 1, COMPANIES, RESEARCH), "most")],
)
def test_parameters_that_make_no_sense_are_named(rule, field):
    assert list(rule.problems()) == [field]
