"""What a claim pays: the rules with numbers a person can follow, and what holds whatever the numbers are."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from grants.awards.payable import SUMS, Before, Cost, Kind, Limit, Place, Spender, Step, Terms, reckon
from grants.core.i18n import Words

LEAD, PARTNER = UUID(int=1), UUID(int=2)
STAFF, TOOLS = UUID(int=11), UUID(int=12)
TERMS = Terms(
    award=54_000,
    vat=False,
    spenders={LEAD: Spender("Lead", 9_000)},
    lines={STAFF: Limit("Staff", 44_000), TOOLS: Limit("Tools", 22_000)},
    categories={"SUB": Limit(Words(fr="Sous-traitance"), 18_000)},
)
ADVANCE = Before(advance=21_600)
SECOND, LAST = Place(43_200, False), Place(54_000, True)


def cost(net: int, line: UUID = STAFF, **more: object) -> Cost:
    return Cost(LEAD, net, line=line, **more)  # type: ignore[arg-type]


def amount(found, kind):
    return sum(one.minor for one in found.steps if one.kind is kind)


def test_the_advance_is_cleared_as_its_share_of_the_grant_is_earned():
    found = reckon(TERMS, [cost(20_000)], ADVANCE, SECOND)
    assert amount(found, Kind.GRANT) == 18_000
    assert found.cleared == 7_200  # 40 %, as the advance is 40 % of the award
    assert found.minor == 10_800


def test_retention_is_kept_from_the_interim_and_released_with_the_balance():
    held = replace(SECOND, retention=1_000)
    interim = reckon(TERMS, [cost(40_000)], ADVANCE, held)
    assert (interim.cleared, interim.retained, interim.minor) == (14_400, 2_160, 19_440)
    then = Before((cost(40_000),), 21_600, interim.minor, interim.cleared, interim.retained)
    balance = reckon(TERMS, [cost(20_000, TOOLS)], then, replace(LAST, retention=1_000))
    assert balance.released == 2_160 and balance.retained == 0 and balance.unearned == 0
    assert 21_600 + interim.minor + balance.minor == 54_000


def test_vat_counts_where_the_call_says_so():
    with_vat = [Cost(LEAD, 10_000, 2_000, STAFF)]
    assert amount(reckon(TERMS, with_vat, Before(), SECOND), Kind.ELIGIBLE) == 10_000
    assert amount(reckon(replace(TERMS, vat=True), with_vat, Before(), SECOND), Kind.ELIGIBLE) == 12_000


def test_a_full_line_takes_no_more_and_says_by_how_much():
    before = Before((cost(30_000),), 21_600)
    found = reckon(TERMS, [cost(20_000)], before, SECOND)
    assert found.overruns == {STAFF: 6_000}
    assert amount(found, Kind.LINE) == -6_000 and amount(found, Kind.ELIGIBLE) == 44_000


def test_a_category_has_its_cap():
    found = reckon(TERMS, [cost(20_000, TOOLS, category="SUB")], Before(), SECOND)
    assert amount(found, Kind.CATEGORY) == -2_000 and amount(found, Kind.ELIGIBLE) == 18_000


def test_what_the_balance_leaves_of_the_advance_is_named():
    found = reckon(TERMS, [cost(10_000)], ADVANCE, LAST)
    assert (found.minor, found.cleared, found.unearned) == (0, 9_000, 12_600)


def test_an_invoice_of_9_999_999_on_a_project_of_107_352_pays_no_more_than_the_project():
    terms = Terms(10_735_200, False, {LEAD: Spender("Lead", 10_000)})
    found = reckon(terms, [Cost(LEAD, 999_999_900)], Before(), Place(10_735_200, True))
    assert found.minor == 10_735_200
    again = reckon(terms, [Cost(LEAD, 999_999_900)], Before((Cost(LEAD, 999_999_900),), paid=found.minor), LAST)
    assert again.minor == 0


def test_a_step_is_kept_and_read_again():
    for one in (Step(Kind.CATEGORY, -5, Words(fr="Essais")), Step(Kind.RATE, 9, "Lead", 9_000)):
        assert Step.of(one.as_json()) == one


# --- whatever the numbers -------------------------------------------------------------------------------------

amounts = st.integers(0, 10**12)
rates = st.integers(1, 10_000)
costs = st.lists(
    st.builds(
        Cost,
        st.sampled_from([LEAD, PARTNER]),
        st.integers(1, 10**12),
        amounts,
        st.sampled_from([STAFF, TOOLS, None]),
        st.sampled_from(["SUB", "", "STAFF"]),
    ),
    max_size=6,
)
terms = st.builds(
    Terms,
    st.integers(1, 10**12),
    st.booleans(),
    st.fixed_dictionaries(
        {
            LEAD: st.builds(Spender, st.just("Lead"), rates, st.none() | amounts),
            PARTNER: st.builds(Spender, st.just("Partner"), rates),
        }
    ),
    st.fixed_dictionaries({STAFF: st.builds(Limit, st.just("Staff"), amounts)}),
    st.fixed_dictionaries({"SUB": st.builds(Limit, st.just("Sub"), amounts)}),
)


@given(terms, st.lists(costs, min_size=1, max_size=4), st.lists(st.integers(0, 100), min_size=4), rates, st.booleans())
def test_all_claims_of_a_grant_are_never_more_than_the_grant(on, claims, shares, retention, advanced):
    """A whole grant: an advance or not, then claim after claim, the last one the balance."""
    planned = [on.award * sum(shares[: n + 1]) // max(1, sum(shares)) for n in range(len(claims))]
    planned[-1] = on.award
    before = Before(advance=on.award * 30 // 100 if advanced else 0)
    for n, given_costs in enumerate(claims):
        final = n == len(claims) - 1
        found = reckon(on, given_costs, before, Place(planned[n], final, 0 if final else retention // 2))
        assert found.minor >= 0 and found.cleared >= 0 and found.retained >= 0
        assert before.advance + before.paid + found.minor <= on.award
        assert before.paid + found.minor == 0 or before.advance + before.paid + found.minor <= max(
            planned[n], before.advance + before.paid
        )
        before = Before(
            (*before.costs, *given_costs),
            before.advance,
            before.paid + found.minor,
            before.cleared + found.cleared,
            before.retained + found.retained,
            before.released + found.released,
        )
        assert before.cleared <= before.advance
    earned = next(one.minor for one in found.steps if one.kind is Kind.GRANT)
    assert before.paid <= min(earned, on.award)
    assert found.unearned == before.advance - before.cleared


@given(terms, costs, st.booleans(), rates, st.none() | amounts)
def test_the_steps_add_up_to_what_is_paid(on, given_costs, final, retention, claimed):
    before = Before(advance=on.award * 3 // 10)
    found = reckon(on, given_costs, before, Place(on.award, final, retention // 2, claimed))
    kinds = [one.kind for one in found.steps]
    start = kinds.index(Kind.GRANT)
    inside = [one.minor for one in found.steps[start:] if one.kind is Kind.GRANT or one.kind not in SUMS]
    assert sum(inside) == found.minor == found.steps[-1].minor
    opening = [one.minor for one in found.steps[: kinds.index(Kind.ELIGIBLE)]]
    assert sum(opening) == found.steps[kinds.index(Kind.ELIGIBLE)].minor


@given(terms, costs, st.lists(st.integers(0, 100), min_size=6, max_size=6))
def test_accepting_less_never_pays_more(on, given_costs, parts):
    less = [replace(one, net=one.net * part // 100 or 1) for one, part in zip(given_costs, parts, strict=False)]
    place = Place(on.award, True)
    assert reckon(on, less, Before(), place).minor <= reckon(on, given_costs, Before(), place).minor
