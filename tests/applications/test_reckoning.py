"""What a budget adds up to, whatever its lines."""

from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grants.applications.models import Certainty, Source
from grants.applications.reckoning import Conditions, Funding, Line, Spender, reckon
from grants.calls.budget_rules import BudgetRules, Category
from grants.core.i18n import Words
from grants.core.types import Money
from grants.people.models import OrganisationKind

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
LEAD, PARTNER = UUID(int=1), UUID(int=2)
CODES = ("A", "B", "C")
amounts = st.integers(1, 10**14)
shares = st.integers(1, 10_000)


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


lines = st.lists(
    st.builds(
        Line,
        category=st.sampled_from([*CODES, "", "GONE"]),
        year=st.none() | st.integers(1, 10),
        label=st.just("x"),
        net=st.none() | st.builds(mad, amounts),
        vat=st.integers(0, 10_000),
        organisation_id=st.sampled_from([None, LEAD, PARTNER]),
    ),
    max_size=12,
)
funding = st.lists(
    st.builds(
        Funding,
        source=st.sampled_from(Source),
        amount=st.none() | st.builds(mad, amounts),
        certainty=st.sampled_from(Certainty),
    ),
    max_size=4,
)


@st.composite
def conditions(draw: st.DrawFn) -> Conditions:
    caps = [draw(st.none() | shares) for _ in CODES]
    kinds = (OrganisationKind.STARTUP, OrganisationKind.UNIVERSITY)
    rules = BudgetRules(
        tuple(Category(code, Words(fr=code), cap) for code, cap in zip(CODES, caps, strict=True)),
        {kind: draw(shares) for kind in kinds if draw(st.booleans())},
        {kind: draw(amounts) for kind in kinds if draw(st.booleans())},
        draw(st.booleans()),
    )
    spenders = {LEAD: Spender("Lead", kinds[0]), PARTNER: Spender("Partner", kinds[1])}
    return Conditions("MAD", rules, draw(shares), mad(draw(amounts)), spenders)


@calmly
@given(lines, funding, conditions())
def test_never_more_than_ceiling_rate_or_cost(lines: list[Line], funding: list[Funding], on: Conditions) -> None:
    found = reckon(lines, funding, None, on)
    assert found.most <= on.ceiling and found.most <= found.cost
    for share in found.shares:
        assert share.most.minor * 10_000 <= share.cost.minor * share.rate
        assert share.ceiling is None or share.most <= share.ceiling
    assert found.most == min(sum((one.most for one in found.shares), mad(0)), on.ceiling)
    assert found.granted + found.rest == found.cost
    assert (found.short or mad(0)).minor == max(0, found.rest.minor - found.covered.minor)


@calmly
@given(lines, funding, conditions(), st.randoms())
def test_the_order_of_lines_does_not_matter(lines, funding, on, random) -> None:
    mixed = random.sample(lines, len(lines))
    assert reckon(mixed, funding[::-1], None, on) == reckon(lines, funding, None, on)


@calmly
@given(lines, conditions())
def test_sums_are_exact(lines: list[Line], on: Conditions) -> None:
    found = reckon(lines, [], None, on)
    counted = [one for one in lines if one.net and one.category in CODES]
    eligible = [one.gross if on.rules.vat else one.net for one in counted]
    assert found.cost == sum(eligible, mad(0)) == sum(found.years.values(), mad(0))
    assert found.cost == sum((one.amount for one in found.categories), mad(0))
    assert found.cost == sum((one.cost for one in found.shares), mad(0))
    assert found.gross == sum((one.gross for one in counted), mad(0)) == found.net + found.tax


@calmly
@given(lines, conditions())
def test_a_category_within_its_room_keeps_its_cap(lines: list[Line], on: Conditions) -> None:
    for one in reckon(lines, [], None, on).categories:
        if one.room is None:
            assert one.over is None
            continue
        others = reckon([line for line in lines if line.category != one.category.code], [], None, on)
        assert (one.over is None) == (one.amount <= one.room or one.amount == mad(0))
        if one.room and not on.rules.vat:
            fits = [
                *(line for line in lines if line.category != one.category.code),
                Line(one.category.code, net=one.room),
            ]
            mended = next(x for x in reckon(fits, [], None, on).categories if x.category == one.category)
            assert mended.over is None and mended.amount + others.cost == one.room + others.cost


@calmly
@given(lines, st.builds(mad, amounts), conditions())
def test_what_is_asked_is_kept_as_asked(lines: list[Line], asked: Money, on: Conditions) -> None:
    found = reckon(lines, [], asked, on)
    assert found.requested == asked and found.granted == min(asked, found.most)


def test_why_not_more_is_said_in_numbers() -> None:
    rules = BudgetRules(
        (Category("A", Words(fr="A")),), {OrganisationKind.UNIVERSITY: 10_000}, {OrganisationKind.STARTUP: 50_000_00}
    )
    spenders = {LEAD: Spender("Sahel", OrganisationKind.STARTUP), PARTNER: Spender("UM6P", OrganisationKind.UNIVERSITY)}
    on = Conditions("MAD", rules, 9_000, mad(60_000_00), spenders)
    found = reckon([Line("A", 1, "x", mad(100_000_00)), Line("A", 1, "y", mad(20_000_00), 0, PARTNER)], [], None, on)
    assert found.most == mad(60_000_00)
    said = [str(one).replace("\u00a0", " ") for one in found.why]
    assert said == [
        "Sahel (Start-up): 90% of 100 000 MAD is 90 000 MAD.",
        "An organisation of the kind of Sahel receives at most 50 000 MAD.",
        "UM6P (University): 100% of 20 000 MAD is 20 000 MAD.",
        "The ceiling of this call is 60 000 MAD: that is less than 70 000 MAD.",
    ]


def test_vat_counts_only_where_the_call_says_so() -> None:
    line = [Line("A", 1, "x", mad(10_01), 2_000)]
    spenders = {LEAD: Spender("Lead", OrganisationKind.STARTUP)}
    for vat, cost in ((False, 10_01), (True, 12_01)):
        on = Conditions("MAD", BudgetRules((Category("A", Words(fr="A")),), vat=vat), 10_000, mad(10**9), spenders)
        assert reckon(line, [], None, on).cost == mad(cost)
